/** From the local level-0 files to the replica: upload, and the question whether database and replica belong together. */
package io.github.litestreamjdbc.replica;
