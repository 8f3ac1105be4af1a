package io.github.litestreamjdbc.api;

import java.time.Instant;

/**
 * An LTX file of a replica, as a listing shows it.
 *
 * @param level 0 as captured, 1 to 8 merged, 9 snapshots
 * @param minTxid first transaction
 * @param maxTxid last transaction
 * @param sizeBytes its length
 * @param created when its newest transaction was captured, as far as the store's listing can tell
 */
public record ReplicaFile(int level, long minTxid, long maxTxid, long sizeBytes, Instant created) {}
