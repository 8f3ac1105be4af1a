package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.capture.Database;
import io.github.litestreamjdbc.capture.LocalLtx;
import io.github.litestreamjdbc.capture.StartCheck;
import io.github.litestreamjdbc.capture.WriteGate;
import io.github.litestreamjdbc.ltx.Txid;
import io.github.litestreamjdbc.replica.LocalState;
import io.github.litestreamjdbc.replica.SeenReplica;
import io.github.litestreamjdbc.store.LtxStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The way from a file name to running replication, which the first connection takes: see to the file, let the connection
 * be opened, look at what is there, begin. Used by one thread.
 */
final class Startup implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Startup.class.getName());

    /** How long a missing file without a restore waits to hear whether there is something to restore. */
    private static final Duration MISSING_LOOK = Duration.ofSeconds(2);

    private final Path path;
    private final ReplicationConfig config;
    private final MetaDirectory meta;
    private final OwnerLock owner;
    private final SeenReplica seen;
    private final LtxStore replica;

    Startup(Path path, ReplicationConfig config) throws ReplicationException {
        Stores.check(path, config);
        this.path = path;
        this.config = config;
        this.meta = new MetaDirectory(config.metaPath(), path);
        this.owner = meta.lock();
        try {
            this.seen = meta.seen(config.replicaUrl());
            this.replica = Stores.open(path, config, seen.seen());
        } catch (ReplicationException | RuntimeException e) {
            release(e);
            throw e;
        }
    }

    /** Restores a missing file, or makes sure that it may begin empty. */
    void prepareFile() throws ReplicationException {
        if (Files.exists(path)) {
            return;
        }
        if (config.restore().ifMissing()) {
            new MissingFile(path, config, meta, replica, seen).restore();
        } else {
            refuseToBeginBesideAReplica();
        }
    }

    /** Begins replication of a file that a connection has opened. */
    Running begin(WriteGate gate) throws ReplicationException, SQLException {
        Database database = null;
        Running running = null;
        try {
            LocalLtx local = meta.localLtx(config.capture().pageEncoding());
            local.deleteTemporaries();
            database = Database.open(path);
            StartCheck.Start start = new StartCheck(database, local, config.metaPath()).check();
            LocalState state = LocalState.read(local, config.metaPath(), start);
            running = new Running(config, database, local, replica, seen, owner, state, start, gate);
            running.awaitFirstAnswer();
            return running;
        } catch (IOException e) {
            abort(e, database, running);
            throw new ReplicationException.Config(
                    path + ": replication cannot begin: " + e + ". Look at " + config.metaPath(), e);
        } catch (ReplicationException | SQLException | RuntimeException e) {
            abort(e, database, running);
            throw e;
        }
    }

    private void abort(Exception cause, Database database, Running running) {
        try {
            if (running != null) {
                running.close();
            } else if (database != null) {
                database.close();
            }
        } catch (SQLException | IOException e) {
            cause.addSuppressed(e);
        }
    }

    private void refuseToBeginBesideAReplica() throws ReplicationException {
        CompletableFuture<Long> newest = new CompletableFuture<>();
        Pools.NETWORK.execute(() -> {
            try {
                newest.complete(replica.maxTxid());
            } catch (IOException | RuntimeException e) {
                newest.completeExceptionally(e);
            }
        });
        try {
            long txid = newest.get(MISSING_LOOK.toMillis(), TimeUnit.MILLISECONDS);
            if (txid != 0) {
                throw new ReplicationException.Config(path + " does not exist, and " + replica + " holds a database up"
                        + " to TXID " + Txid.format(txid) + ". Add restore=if-missing to get it back, or give the new"
                        + " database another replica path");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ReplicationException.Transient("interrupted while asking " + replica, e);
        } catch (ExecutionException | TimeoutException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "{0}: {1} does not answer, so it is not known whether it already holds a database; {2} is created",
                    config.name(),
                    replica,
                    path);
        }
    }

    private void release(Exception cause) {
        try {
            owner.close();
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }

    /** Only where replication did not begin. Idempotent. */
    @Override
    public void close() throws IOException {
        replica.close();
        owner.close();
    }
}
