package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.api.RestoreReport;
import io.github.litestreamjdbc.capture.Database;
import io.github.litestreamjdbc.capture.LocalLtx;
import io.github.litestreamjdbc.capture.Progress;
import io.github.litestreamjdbc.capture.StartCheck;
import io.github.litestreamjdbc.capture.WriteGate;
import io.github.litestreamjdbc.ltx.Txid;
import io.github.litestreamjdbc.replica.LocalState;
import io.github.litestreamjdbc.replica.SeenReplica;
import io.github.litestreamjdbc.restore.Restorer;
import io.github.litestreamjdbc.spi.LogLine;
import io.github.litestreamjdbc.store.LtxFile;
import io.github.litestreamjdbc.store.LtxStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The way from a file name to running replication, which the first connection takes: see to the file, let the connection
 * be opened, look at what is there, begin. Used by one thread.
 */
final class Startup implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Startup.class.getName());

    /** How long a missing file without a restore waits to hear whether there is something to restore. */
    private static final Duration MISSING_LOOK = Duration.ofSeconds(2);

    /** How long a file may be missing that another process replicates, besides the time for its restore. */
    private static final Duration FILE_WAIT = Duration.ofSeconds(5);

    private static final Duration FILE_LOOK = Duration.ofMillis(20);

    private final Path path;
    private final ReplicationConfig config;
    private final MetaDirectory meta;

    /** All three are null until this process owns the replication of the database. */
    private OwnerLock owner;

    private SeenReplica seen;
    private LtxStore replica;

    /** Null unless only the holder of a lease writes. */
    private Lease lease;

    /** Null unless the file was missing and was restored. */
    private RestoreReport restored;

    Startup(Path path, ReplicationConfig config) throws ReplicationException {
        Stores.check(path, config);
        FileSystemCheck.check(path);
        this.path = path;
        this.config = config;
        this.meta = new MetaDirectory(config.metaPath(), path);
    }

    /** Makes this process the one that replicates the database; false if another process does. */
    boolean own() throws ReplicationException {
        Optional<OwnerLock> lock = meta.tryLock();
        if (lock.isEmpty()) {
            return false;
        }
        own(lock.get());
        return true;
    }

    /**
     * With a lease: waits until no other process replicates the database and nobody else has the lease.
     *
     * @param onWait as {@link Lease#acquire}
     * @return true
     * @throws ReplicationException if that takes longer than {@code lease-wait}
     */
    boolean ownAndLease(Consumer<Supplier<String>> onWait) throws ReplicationException {
        long deadline = System.nanoTime() + config.lease().patience().toNanos();
        boolean told = false;
        while (!own()) {
            String reason = config.metaPath() + " is locked by " + OwnerLock.describeOwner(config.metaPath());
            if (!told) {
                told = true;
                Lease.tellWaiting(config, onWait, () -> reason);
            }
            if (System.nanoTime() - deadline >= 0) {
                throw Lease.notGot(config, reason);
            }
            LockSupport.parkNanos(FILE_LOOK.toNanos());
            if (Thread.currentThread().isInterrupted()) {
                throw new ReplicationException.Transient("interrupted while waiting for " + reason, null);
            }
        }
        lease = Lease.acquire(config, replica, onWait, deadline);
        return true;
    }

    /** Goes on with a lock that was taken. */
    void own(OwnerLock lock) throws ReplicationException {
        owner = lock;
        seen = meta.seen(config.replicaUrl());
        replica = Stores.open(path, config, seen.seen());
    }

    /**
     * Waits a little for the file, which the process that replicates it is about to restore or to create.
     *
     * @return whether it is there
     * @throws ReplicationException if it does not come
     */
    boolean fileAppears() throws ReplicationException {
        long deadline = System.nanoTime() + FILE_WAIT.toNanos();
        try {
            while (!Files.exists(path)) {
                if (Restorer.awaitOthers(path)) {
                    deadline = System.nanoTime() + FILE_WAIT.toNanos();
                }
                if (System.nanoTime() - deadline >= 0) {
                    throw new ReplicationException.Config(path + " does not exist, and " + config.metaPath()
                            + " is locked by a process that replicates it: "
                            + OwnerLock.describeOwner(config.metaPath())
                            + ". End that process, whose file was removed, then connect again");
                }
                LockSupport.parkNanos(FILE_LOOK.toNanos());
                if (Thread.currentThread().isInterrupted()) {
                    throw new ReplicationException.Transient("interrupted while waiting for " + path, null);
                }
            }
            return true;
        } catch (IOException e) {
            throw new ReplicationException.Transient(path + " cannot be waited for: " + e, e);
        }
    }

    /** Restores a missing file, or makes sure that it may begin empty. */
    void prepareFile() throws ReplicationException {
        if (lease != null) {
            restored = new Takeover(path, config, meta, lease.uploads(replica), seen).prepare();
            return;
        }
        if (Files.exists(path)) {
            return;
        }
        if (config.restore().ifMissing()) {
            restored = new MissingFile(path, config, meta, replica, seen).restore();
        } else {
            refuseToBeginBesideAReplica();
        }
    }

    /** The restore that brought the file; empty if it was there, or there was nothing to restore. */
    Optional<RestoreReport> restored() {
        return Optional.ofNullable(restored);
    }

    /** Begins replication of a file that a connection has opened; what this object held is the result's then. */
    Running begin(WriteGate gate, Events events, Totals totals) throws ReplicationException, SQLException {
        Database database = null;
        try {
            LocalLtx local = meta.localLtx(config.capture().pageEncoding());
            local.settle();
            database = Database.open(path, gate);
            StartCheck.Start start = new StartCheck(database, local, config.metaPath()).check();
            LocalState state = LocalState.read(local, config.metaPath(), start);
            Progress progress = new Progress(config.capture().limits().lagThreshold(), totals.counters());
            local.countIn(progress.counters());
            progress.onEvent(events);
            progress.awaitReplica();
            if (start instanceof StartCheck.FullImage) {
                progress.uncaptured();
            }
            for (LtxFile file : local.list()) {
                progress.found(
                        file.txids().max(), file.sizeBytes(), file.created().toEpochMilli());
            }
            return new Running(
                    config, database, local, replica, seen, owner, state, start, gate, progress, totals, lease);
        } catch (IOException e) {
            abort(e, database);
            throw new ReplicationException.Config(
                    path + ": replication cannot begin: " + e + ". Look at " + config.metaPath(), e);
        } catch (SQLException | RuntimeException e) {
            abort(e, database);
            throw e;
        }
    }

    private void abort(Exception cause, Database database) {
        try {
            if (database != null) {
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
                    LogLine.of("database", config.name())
                            .with("path", path)
                            .with("replica", replica)
                            .says("the replica does not answer, so it is not known whether it already holds a database;"
                                    + " a new one is created"));
        }
    }

    /** Only where replication did not begin. Idempotent. */
    @Override
    public void close() throws IOException {
        if (lease != null) {
            lease.close();
        }
        if (replica != null) {
            replica.close();
        }
        if (owner != null) {
            owner.close();
        }
    }
}
