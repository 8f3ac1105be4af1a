/** The quickstart: an application that loses its machine and gets its database back. */
package io.github.litestreamjdbc.quickstart;
