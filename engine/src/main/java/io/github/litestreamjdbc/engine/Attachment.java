package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.api.CheckpointResult;
import io.github.litestreamjdbc.api.ReplicationException;

/**
 * One application connection's side of replication: where it says that it may have committed, and where it passes the
 * write gate so that a checkpoint of ours never makes it fail.
 *
 * <p>Used by the thread that uses the connection. Every method returns at once while the database is not replicating.
 */
public final class Attachment implements AutoCloseable {

    Attachment() {}

    /** The replication of this connection's database. */
    public Replication replication() {
        return null;
    }

    /**
     * A call returned that may have committed. Wakes capture; with {@code durability=replica} waits until the replica has
     * everything committed so far.
     *
     * @throws ReplicationException.Transient if that took longer than {@code durability-timeout}: the commit is in the
     *     database, but not confirmed by the replica
     */
    public void committed() throws ReplicationException {}

    /** Before the first statement of an explicit transaction, reading ones too; counted until {@link #leaveTransaction}. */
    public void enterTransaction() {}

    /** After the end of an explicit transaction. Idempotent. */
    public void leaveTransaction() {}

    /** Before an auto-commit statement that may write, on a connection with a busy timeout. */
    public void awaitStart() {}

    /** Before an auto-commit statement that may write, on a connection whose busy timeout is 0. */
    public void enterCall() {}

    /** After that statement. */
    public void leaveCall() {}

    /** Before the first statement that may write in a transaction that began by reading. */
    public void enterUpgrade() {}

    /** After that statement. */
    public void leaveUpgrade() {}

    /** Runs our own checkpoint in place of the application's {@code PRAGMA wal_checkpoint}. */
    public CheckpointResult checkpoint() throws ReplicationException {
        return null;
    }

    /** The connection is closed. Idempotent. */
    @Override
    public void close() {}
}
