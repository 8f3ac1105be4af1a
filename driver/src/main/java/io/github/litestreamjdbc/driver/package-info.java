/** The JDBC driver: URLs and their parameters, connections that tell the engine of their commits. */
package io.github.litestreamjdbc.driver;
