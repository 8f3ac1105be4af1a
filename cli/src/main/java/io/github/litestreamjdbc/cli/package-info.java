/** The command line. */
package io.github.litestreamjdbc.cli;
