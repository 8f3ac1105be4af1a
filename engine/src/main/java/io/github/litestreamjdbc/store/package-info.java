/** LTX files as objects under keys. */
package io.github.litestreamjdbc.store;
