/** Values and errors that users, the driver and the engine share. */
package io.github.litestreamjdbc.api;
