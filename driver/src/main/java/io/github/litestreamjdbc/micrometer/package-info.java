/** Readings for Micrometer; without it on the class path nothing here is loaded. */
package io.github.litestreamjdbc.micrometer;
