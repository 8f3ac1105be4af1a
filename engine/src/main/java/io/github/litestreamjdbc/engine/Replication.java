package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.api.ReplicationStatus;
import java.time.Duration;

/** Handle on the replication of one database. Safe for use by several threads. */
public final class Replication implements AutoCloseable {

    Replication() {}

    /** The present reading. Never blocks, does no I/O. */
    public ReplicationStatus status() {
        return null;
    }

    /**
     * Waits until everything committed before the call is in the replica.
     *
     * @return the TXID that the replica has
     * @throws ReplicationException.Transient if that takes longer than {@code timeout}
     */
    public long sync(Duration timeout) throws ReplicationException {
        return 0;
    }

    /** Ends replication now with a bounded final sync; open connections go on unreplicated. Idempotent. */
    @Override
    public void close() {}
}
