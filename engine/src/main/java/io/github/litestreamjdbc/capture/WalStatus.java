package io.github.litestreamjdbc.capture;

/**
 * What SQLite answers to a checkpoint pragma.
 *
 * @param busy whether the call was not able to do or to tell; the numbers mean nothing after a NOOP then
 * @param log the published end of the WAL: frames that count
 * @param checkpointed frames of these that are copied into the database file
 */
record WalStatus(boolean busy, long log, long checkpointed) {
    /** Whether the whole WAL is in the database file. */
    boolean complete() {
        return log == checkpointed;
    }
}
