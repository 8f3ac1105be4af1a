/** Replicas in directories: {@code file:} URLs. */
package io.github.litestreamjdbc.file;
