/** What Flyway finds by itself; without Flyway on the class path nothing here is loaded. */
package io.github.litestreamjdbc.flyway;
