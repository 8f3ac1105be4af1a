/** Entry points: connections come in, replication of their database begins and ends. */
package io.github.litestreamjdbc.engine;
