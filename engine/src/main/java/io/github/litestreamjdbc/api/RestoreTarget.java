package io.github.litestreamjdbc.api;

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
}
