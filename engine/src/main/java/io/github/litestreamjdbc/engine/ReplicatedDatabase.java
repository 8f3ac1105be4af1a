package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.api.CheckpointResult;
import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.api.ReplicationStatus;
import io.github.litestreamjdbc.capture.WriteGate;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/**
 * A database file that this JVM has connections to. Replication begins with the first of them and lingers after the last.
 * Safe for use by several threads; beginning and end are under its monitor, what stands on the path of a commit is not.
 */
final class ReplicatedDatabase {
    private final Path path;
    private final Consumer<ReplicatedDatabase> onRetired;
    private final WriteGate gate = new WriteGate();
    private final Replication handle = new Replication(this);

    /** Null before the first connection and after the end. */
    private volatile Running running;

    /** Guarded by this. */
    private ReplicationConfig config;

    /** Guarded by this. */
    private int connections;

    /** Guarded by this. */
    private boolean retired;

    /** Guarded by this. */
    private Future<?> lingering;

    /** @param onRetired told once, when the last connection is gone and replication has ended */
    ReplicatedDatabase(Path path, Consumer<ReplicatedDatabase> onRetired) {
        this.path = path;
        this.onRetired = onRetired;
    }

    WriteGate gate() {
        return gate;
    }

    /** Opens a connection; empty if the last one was closed meanwhile, so that a new beginning is needed. */
    <C extends Connection> Optional<C> connect(ReplicationConfig wanted, ConnectionOpener<C> opener)
            throws ReplicationException, SQLException {
        Attachment attachment;
        synchronized (this) {
            if (retired) {
                return Optional.empty();
            }
            if (connections == 0 && running == null) {
                return Optional.of(connectFirst(wanted, opener));
            }
            Optional<String> difference = ConfigDifference.between(config, wanted);
            if (difference.isPresent()) {
                throw new ReplicationException.Config(path + " is already open in this JVM with other replication"
                        + " settings: " + difference.get() + ". Use the same settings for every connection to a file");
            }
            connections++;
            attachment = new Attachment(this, handle);
        }
        return Optional.of(open(opener, attachment));
    }

    private <C extends Connection> C connectFirst(ReplicationConfig wanted, ConnectionOpener<C> opener)
            throws ReplicationException, SQLException {
        connections = 1;
        Attachment attachment = new Attachment(this, handle);
        C connection = null;
        Startup startup = null;
        try {
            startup = new Startup(path, wanted);
            startup.prepareFile();
            connection = opener.open(attachment);
            running = startup.begin(gate);
            config = wanted;
            return connection;
        } catch (ReplicationException | SQLException | RuntimeException e) {
            closeAfter(e, connection, startup, attachment);
            throw e;
        }
    }

    private static void closeAfter(Exception failure, AutoCloseable... opened) {
        for (AutoCloseable one : opened) {
            try {
                if (one != null) {
                    one.close();
                }
            } catch (Exception e) {
                failure.addSuppressed(e);
            }
        }
    }

    private static <C extends Connection> C open(ConnectionOpener<C> opener, Attachment attachment)
            throws SQLException {
        try {
            return opener.open(attachment);
        } catch (SQLException | RuntimeException e) {
            attachment.close();
            throw e;
        }
    }

    /** A connection was closed. */
    synchronized void detach() {
        connections--;
        if (connections > 0) {
            return;
        }
        if (running == null) {
            retire();
        } else if (config.lifecycle().flushOnClose()
                || config.lifecycle().linger().isZero()) {
            end();
        } else {
            lingering = Pools.scheduleWaiting(this::lingered, config.lifecycle().linger());
        }
    }

    private synchronized void lingered() {
        if (connections == 0 && !retired) {
            end();
        }
    }

    private void end() {
        if (lingering != null) {
            lingering.cancel(false);
        }
        if (running != null) {
            running.stop();
            running = null;
        }
        retire();
    }

    private void retire() {
        retired = true;
        onRetired.accept(this);
    }

    /** Ends replication while connections may be open; with none, everything ends. */
    synchronized void endReplication() {
        if (running != null) {
            running.leave();
        }
    }

    void committed() throws ReplicationException {
        Running now = running;
        if (now != null) {
            now.committed();
        }
    }

    CheckpointResult checkpoint() throws ReplicationException {
        return running().checkpoint();
    }

    long sync(Duration timeout) throws ReplicationException {
        return running().sync(timeout);
    }

    ReplicationStatus status() {
        Running now = running;
        return now == null ? Running.ended() : now.status();
    }

    private Running running() throws ReplicationException {
        Running now = running;
        if (now == null) {
            throw new ReplicationException.Stopped("replication of " + path + " has ended");
        }
        return now;
    }

    /** First half of the end of the JVM: everything committed is to go to the replica. */
    void beginShutDown() {
        Running now = running;
        if (now != null) {
            now.beginFinalSync();
        }
    }

    /** Second half: waits for it. Nothing is closed, so that the WAL stays and the next start goes on from it. */
    void awaitShutDown() {
        Running now = running;
        if (now != null) {
            now.awaitFinalSync();
        }
    }
}
