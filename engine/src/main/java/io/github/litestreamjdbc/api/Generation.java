package io.github.litestreamjdbc.api;

import java.time.Instant;

/**
 * What a replica of Litestream 0.3 has of one generation: a snapshot, and the WAL since then without a break, as its names
 * tell. Any instant between the two can be restored with the format named.
 *
 * @param id 16 hex digits
 * @param oldest when its first snapshot was written
 * @param newest when its last file was written
 * @param files how many files the newest state needs
 * @param bytes their length together
 */
public record Generation(String id, Instant oldest, Instant newest, int files, long bytes) {}
