/** SQLite's write-ahead log: its format, read and verified. No clock, no SQL. */
package io.github.litestreamjdbc.wal;
