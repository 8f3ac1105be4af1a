/** What Spring Boot finds by itself; without Spring on the class path nothing here is loaded. */
package io.github.litestreamjdbc.spring;
