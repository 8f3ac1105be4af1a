package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.api.CheckpointResult;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.capture.GatePass;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One application connection's side of replication: where it says that it may have committed, and where it passes the
 * write gate so that a checkpoint of ours never makes it fail.
 *
 * <p>Used by the thread that uses the connection; {@link #close} by any. Every method but {@link #committed},
 * {@link #beforeWrite}, {@link #takeTurn} and {@link #checkpoint} returns at once unless a checkpoint is at this moment about to take SQLite's write lock.
 */
public final class Attachment implements AutoCloseable {
    private final ReplicatedDatabase owner;
    private final Replication replication;
    private final GatePass pass;
    private final AtomicBoolean closed = new AtomicBoolean();

    Attachment(ReplicatedDatabase owner, Replication replication) {
        this.owner = owner;
        this.replication = replication;
        this.pass = owner.gate().newPass();
    }

    /** The replication of this connection's database. */
    public Replication replication() {
        return replication;
    }

    /**
     * A call returned that may have committed. Wakes capture; with {@code durability=replica} waits until the replica has
     * everything committed so far.
     *
     * @throws ReplicationException if that took longer than {@code durability-timeout}, or replication has ended: the
     *     commit is in the database, but not confirmed by the replica
     */
    public void committed() throws ReplicationException {
        owner.committed();
    }

    /**
     * Before what may write or commit. Returns at once but with a lease: then it waits while that is not confirmed.
     *
     * @throws ReplicationException if the lease is lost, or was not confirmed in {@code lease-wait}; nothing is to be
     *     written
     */
    public void beforeWrite() throws ReplicationException {
        owner.beforeWrite();
    }

    /** Before the first statement of an explicit transaction, reading ones too; counted until {@link #leaveTransaction}. */
    public void enterTransaction() {
        pass.enter();
    }

    /** After the end of an explicit transaction. Idempotent. */
    public void leaveTransaction() {
        pass.leave();
    }

    /** Before an auto-commit statement that may write, on a connection with a busy timeout. */
    public void awaitStart() {
        pass.await();
    }

    /**
     * Directly before such a statement. Waits a moment where commits wait for the replica, and many write at once.
     *
     * @return whether {@link #leaveTurn} has to follow
     */
    public boolean takeTurn() {
        return owner.takeTurn();
    }

    /** Directly after that statement. */
    public void leaveTurn() {
        owner.leaveTurn();
    }

    /** Before an auto-commit statement that may write, on a connection whose busy timeout is 0. */
    public void enterCall() {
        pass.enter();
        pass.enterUpgrade();
    }

    /** After that statement. */
    public void leaveCall() {
        pass.leaveUpgrade();
        pass.leave();
    }

    /** Before the first statement that may write in a transaction that began by reading. */
    public void enterUpgrade() {
        pass.enterUpgrade();
    }

    /** After that statement. */
    public void leaveUpgrade() {
        pass.leaveUpgrade();
    }

    /**
     * Runs our own checkpoint in place of the application's {@code PRAGMA wal_checkpoint}.
     *
     * @throws ReplicationException if replication has ended, or SQLite refused
     */
    public CheckpointResult checkpoint() throws ReplicationException {
        return owner.checkpoint();
    }

    /** The connection is closed. Idempotent. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            pass.close();
            owner.detach();
        }
    }
}
