/** What Liquibase finds by itself; without Liquibase on the class path nothing here is loaded. */
package io.github.litestreamjdbc.liquibase;
