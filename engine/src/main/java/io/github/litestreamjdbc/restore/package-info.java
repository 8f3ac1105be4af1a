/** From a replica's listing to a database file: which files lead to a state, and what they make together. */
package io.github.litestreamjdbc.restore;
