package io.github.litestreamjdbc.capture;

import io.github.litestreamjdbc.wal.WalCursor;

/**
 * Where the chain of level-0 files stands.
 *
 * @param txid newest TXID; 0 before the first
 * @param cursor how far the WAL is in these files
 * @param sizePages database size in pages after that TXID
 * @param timestampMillis the newest file's timestamp; none after it may be smaller
 */
public record Position(long txid, WalCursor cursor, long sizePages, long timestampMillis) {}
