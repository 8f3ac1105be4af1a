/** Background work as small objects that are stepped: by a pool in production, by the test in a simulation. */
package io.github.litestreamjdbc.agent;
