package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.api.History;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.api.ReplicationStatus;
import io.github.litestreamjdbc.api.ValidationResult;
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
     * Age of the oldest commit that is not safe in the replica, in milliseconds, from when it was noticed; 0 if all are, -1
     * where this process does not replicate. Does no I/O.
     */
    public long lagMillis() {
        return owner.lagMillis();
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
     * Restores the replica beside the database and compares the two, as {@code validation-interval} does by itself. Takes as
     * long as a restore no faster than {@code validation-bandwidth}; the application's statements go on meanwhile.
     *
     * @throws ReplicationException.Transient if that takes longer than {@code timeout}; it goes on in the background
     * @throws ReplicationException.Stopped if replication has ended
     */
    public ValidationResult validate(Duration timeout) throws ReplicationException {
        return owner.validate(timeout);
    }

    /**
     * Waits until everything committed before the call is in the replica: for a transaction that matters, where commits
     * do not wait by themselves. Several who wait share one upload.
     *
     * @return the TXID that the replica has
     * @throws ReplicationException.Transient if that takes longer than {@code timeout}; it goes on in the background
     * @throws ReplicationException.Stopped at once if replication has ended, or commits cannot be captured at present
     */
    public long awaitReplicated(Duration timeout) throws ReplicationException {
        return owner.awaitReplicated(timeout);
    }

    /**
     * The TXID that holds everything committed before the call. Writes it to the local files first, for before that a
     * commit has no TXID; does not wait for the network. A replica that has this TXID, or a later one, has the commits.
     *
     * @throws ReplicationException.Transient if that takes longer than {@code timeout}
     * @throws ReplicationException.Stopped at once if replication has ended, or commits cannot be captured at present
     */
    public long committed(Duration timeout) throws ReplicationException {
        return owner.committedTxid(timeout);
    }

    /** Whether nobody has to act, as {@link Databases#isWell} says; false once all connections are closed. Does no I/O. */
    public boolean isWell() {
        return owner.readings().filter(Databases::isWell).isPresent();
    }

    /**
     * The newest TXID that the replica is known to have; 0 before the first. Does no I/O.
     *
     * @throws ReplicationException.Stopped if replication has ended
     */
    public long replicated() throws ReplicationException {
        return owner.replicatedTxid();
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
