package io.github.litestreamjdbc.api;

/**
 * What {@code PRAGMA wal_checkpoint} answers, in SQLite's columns.
 *
 * @param busy 1 if readers or writers kept it from completing, else 0
 * @param log frames in the WAL
 * @param checkpointed frames of those that are copied into the database file
 */
public record CheckpointResult(int busy, int log, int checkpointed) {}
