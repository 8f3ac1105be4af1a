package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.api.RestoreReport;
import io.github.litestreamjdbc.capture.LocalLtx;
import io.github.litestreamjdbc.capture.RestoreMarker;
import io.github.litestreamjdbc.ltx.Txid;
import io.github.litestreamjdbc.replica.Backlog;
import io.github.litestreamjdbc.replica.Claim;
import io.github.litestreamjdbc.replica.SeenReplica;
import io.github.litestreamjdbc.spi.LogLine;
import io.github.litestreamjdbc.store.LtxFile;
import io.github.litestreamjdbc.store.LtxStore;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What the new holder of a lease does before it opens the database: closes the chain of TXIDs to the holder before it, by
 * taking the next key, and sees that the file is what the replica has. A file that is older, or another branch, is moved
 * aside under a name that the log tells, never deleted, and the replica's state is restored.
 */
final class Takeover {
    private static final System.Logger LOG = System.getLogger(Takeover.class.getName());

    private final Path path;
    private final ReplicationConfig config;
    private final MetaDirectory meta;
    private final LtxStore replica;
    private final SeenReplica seen;
    private final LocalLtx local;
    private final Claim claim;

    Takeover(Path path, ReplicationConfig config, MetaDirectory meta, LtxStore replica, SeenReplica seen) {
        this.path = path;
        this.config = config;
        this.meta = meta;
        this.replica = replica;
        this.seen = seen;
        this.local = meta.localLtx(config.capture().pageEncoding());
        this.claim = new Claim(replica, local, config);
    }

    /** Returns the restore that brought the file; null if it was there, or there is nothing to restore. */
    RestoreReport prepare() throws ReplicationException {
        try {
            local.settle();
            if (Files.exists(path)) {
                Optional<String> stale = goOn();
                if (stale.isEmpty()) {
                    return null;
                }
                setAside(stale.get());
            } else if (!local.list().isEmpty()) {
                uploadOrSetAside();
            }
            long newest = claim.takeNext();
            if (!config.restore().ifMissing() && newest != 0) {
                throw new ReplicationException.Config(path + " does not exist, and " + replica
                        + " holds a database up to TXID " + Txid.format(newest)
                        + ". Add restore=if-missing to get it back, or give the new database another replica path");
            }
            return config.restore().ifMissing() ? new MissingFile(path, config, meta, replica, seen).restore() : null;
        } catch (IOException e) {
            throw new ReplicationException.Transient(path + " cannot be taken over from " + replica + ": " + e, e);
        }
    }

    /** Why the file is not the replica's newest state, if it is known to be an older one of it; else the chain is closed. */
    private Optional<String> goOn() throws IOException, ReplicationException {
        List<LtxFile> files = local.list();
        Optional<RestoreMarker> marker = RestoreMarker.read(config.metaPath());
        long newestLocal =
                files.isEmpty() ? 0 : files.get(files.size() - 1).txids().max();
        long newest = replica.maxTxid();
        if (newest == 0 || (files.isEmpty() && marker.isEmpty()) || !seen.seen()) {
            // Where nothing says that the two belong together, the start decides as without a lease.
            return Optional.empty();
        }
        if (marker.isPresent() && Txid.compare(marker.get().newestTxid(), newestLocal) >= 0) {
            return fromMarker(marker.get(), newest);
        }
        if (Txid.compare(newestLocal, newest) < 0) {
            return Optional.of(
                    "it is at TXID " + Txid.format(newestLocal) + ", and the replica at TXID " + Txid.format(newest));
        }
        try {
            if (newestLocal == newest) {
                claim.restateLocal(newest);
            }
            new Backlog(replica, local, config).upload();
            return Optional.empty();
        } catch (ReplicationException.Fenced other) {
            return Optional.of(other.getMessage());
        }
    }

    private Optional<String> fromMarker(RestoreMarker marker, long newest) throws IOException {
        if (marker.newestTxid() != newest) {
            return Optional.of("it was restored when the replica was at TXID " + Txid.format(marker.newestTxid())
                    + ", which is at TXID " + Txid.format(newest) + " now");
        }
        long claimed = claim.takeNext();
        if (claimed != newest + 1) {
            return Optional.of("another writer came before the chain could be closed");
        }
        boolean latest = marker.txid() == marker.newestTxid();
        meta.write(new RestoreMarker(
                latest ? claimed : marker.txid(), claimed, marker.sizeBytes(), marker.modifiedMillis()));
        return Optional.empty();
    }

    private void uploadOrSetAside() throws IOException, ReplicationException {
        try {
            new Backlog(replica, local, config).upload();
        } catch (ReplicationException.Fenced other) {
            setAside(other.getMessage());
        }
    }

    private void setAside(String reason) throws IOException, ReplicationException {
        if (!config.restore().ifMissing()) {
            throw new ReplicationException.Fenced(path + " is not the newest state of " + replica + ": " + reason
                    + ". With restore=if-missing it would be moved aside, and the replica's state restored");
        }
        Path aside = path.resolveSibling(path.getFileName() + ".aside");
        for (int i = 2; Files.exists(aside); i++) {
            aside = path.resolveSibling(path.getFileName() + ".aside." + i);
        }
        Files.createDirectory(aside);
        // The WAL first: without it a crash in between leaves a database that is older, not one that is mixed up.
        move(path.resolveSibling(path.getFileName() + "-wal"), aside);
        move(path, aside);
        Files.deleteIfExists(path.resolveSibling(path.getFileName() + "-shm"));
        move(config.metaPath().resolve("ltx"), aside);
        move(RestoreMarker.path(config.metaPath()), aside);
        LOG.log(
                Level.WARNING,
                LogLine.of("database", config.name())
                        .with("path", path)
                        .with("replica", replica)
                        .says("moved to " + aside
                                + " with its WAL and its local files, for the state of the replica takes"
                                + " its place: " + reason
                                + ". It may hold commits that the replica does not have; delete it"
                                + " when they are not needed"));
    }

    private static void move(Path file, Path into) throws IOException {
        if (Files.exists(file)) {
            Files.move(file, into.resolve(file.getFileName()));
        }
    }
}
