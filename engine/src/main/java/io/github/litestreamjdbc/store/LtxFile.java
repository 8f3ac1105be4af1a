package io.github.litestreamjdbc.store;

import io.github.litestreamjdbc.ltx.TxidRange;
import java.time.Instant;

/**
 * An LTX file as a listing shows it.
 *
 * @param level 0 as captured, 1 to 8 merged, 9 snapshots
 * @param txids the transactions it holds, from its name
 * @param sizeBytes its length in bytes
 * @param created when its newest transaction was captured, as far as the store can tell
 */
public record LtxFile(int level, TxidRange txids, long sizeBytes, Instant created) {}
