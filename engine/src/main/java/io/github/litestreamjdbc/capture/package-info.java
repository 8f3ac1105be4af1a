/** From the WAL to level-0 files, and the checkpoints that this takes over from SQLite. */
package io.github.litestreamjdbc.capture;
