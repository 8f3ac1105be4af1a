package io.github.litestreamjdbc.api;

import java.time.Instant;
import java.util.Objects;

/** Which state to restore. */
public sealed interface RestoreTarget {
    /** The newest state. */
    RestoreTarget LATEST = new Latest();

    /** The newest state the replica holds. */
    record Latest() implements RestoreTarget {}

    /**
     * Exactly the state after one transaction.
     *
     * @param txid unsigned, at least 1
     */
    record AtTxid(long txid) implements RestoreTarget {}

    /**
     * The newest state that was captured strictly before an instant, as finely as the history kept tells states apart. The
     * instant must lie within that history.
     *
     * @param before exclusive
     */
    record AtTime(Instant before) implements RestoreTarget {
        /** Checks that it is there. */
        public AtTime {
            Objects.requireNonNull(before, "before");
        }
    }
}
