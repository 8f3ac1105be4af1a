package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.api.History;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.api.ReplicationStatus;
import java.time.Duration;

/** Handle on the replication of one database. Safe for use by several threads. */
public final class Replication implements AutoCloseable {
    private final ReplicatedDatabase owner;

    Replication(ReplicatedDatabase owner) {
        this.owner = owner;
    }

    /** The present reading. Does no I/O. */
    public ReplicationStatus status() {
        return owner.status();
    }

    /**
     * Waits until everything committed before the call is in the replica.
     *
     * @return the TXID that the replica has
     * @throws ReplicationException.Transient if that takes longer than {@code timeout}
     * @throws ReplicationException.Stopped if replication has ended
     */
    public long sync(Duration timeout) throws ReplicationException {
        return owner.sync(timeout);
    }

    /**
     * The states that the replica can give back. Lists the replica, so it waits for the network.
     *
     * @throws ReplicationException.Transient if the replica cannot be read
     * @throws ReplicationException.Stopped if replication has ended
     */
    public History history() throws ReplicationException {
        return owner.history();
    }

    /**
     * Has the replica hold everything committed before the call in one file, from which a restore can begin. Takes a
     * snapshot unless there is such a file. Writers wait no longer than for a checkpoint.
     *
     * @return the TXID that the file holds
     * @throws ReplicationException.Transient if that takes longer than {@code timeout}; it goes on in the background
     * @throws ReplicationException.Stopped if replication has ended
     */
    public long snapshot(Duration timeout) throws ReplicationException {
        return owner.snapshot(timeout);
    }

    /**
     * Ends replication now with a bounded final sync. Open connections go on unreplicated; when the last of them is
     * closed, the next connection replicates again. Idempotent.
     */
    @Override
    public void close() {
        owner.endReplication();
    }
}
