package io.github.litestreamjdbc.replica;

import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.capture.LocalLtx;
import io.github.litestreamjdbc.capture.RestoreMarker;
import io.github.litestreamjdbc.ltx.Txid;
import io.github.litestreamjdbc.restore.Restorer;
import io.github.litestreamjdbc.spi.LogLine;
import io.github.litestreamjdbc.spi.ObjectNotFoundException;
import io.github.litestreamjdbc.store.LtxFile;
import io.github.litestreamjdbc.store.LtxStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Level-0 files that only this machine has, while the database file is gone: they hold commits, so they go to the replica
 * before it is restored from. Where they do not fit its end, a person decides.
 */
public final class Backlog {
    private static final System.Logger LOG = System.getLogger(Backlog.class.getName());

    private final LtxStore replica;
    private final LocalLtx local;
    private final ReplicationConfig config;
    private final LtxCopies copies;

    /** The local files of a database and its replica. */
    public Backlog(LtxStore replica, LocalLtx local, ReplicationConfig config) {
        this.replica = replica;
        this.local = local;
        this.config = config;
        this.copies = new LtxCopies(replica, local, config);
    }

    /**
     * Uploads what the replica lacks.
     *
     * @throws ReplicationException.Fenced if the local files are not of the replica's chain
     * @throws IOException if the replica does not answer
     */
    public void upload() throws IOException, ReplicationException {
        if (config.fencing() == ReplicationConfig.Fencing.REQUIRED && !replica.createsExclusively()) {
            throw new ReplicationException.Fenced(replica + ": " + LtxStore.NO_CONDITIONAL_PUTS);
        }
        List<LtxFile> files = local.list();
        if (files.isEmpty() && RestoreMarker.read(config.metaPath()).isEmpty()) {
            // Nothing that the replica could lack, and nothing that it could contradict.
            return;
        }
        ReplicaLook look =
                ReplicaLook.of(Restorer.list(replica, config.restore().options().parallelism()));
        long replicated = look.newestTxid();
        if (files.isEmpty()) {
            refuseEmptied(replicated);
            return;
        }
        long newest = files.get(files.size() - 1).txids().max();
        if (Txid.compare(newest, replicated) <= 0) {
            refuseOther(newest);
            return;
        }
        if (look.newest().isPresent() && Files.exists(local.path(replicated))) {
            // What another writer put there would go on with our pages otherwise.
            requireSame(look.newest().get());
        }
        for (long txid = replicated + 1; Txid.compare(txid, newest) <= 0; txid++) {
            upload(txid, replicated, newest);
        }
        LOG.log(
                System.Logger.Level.INFO,
                LogLine.of("database", config.name())
                        .with("replica", replica)
                        .says("TXIDs " + Txid.format(replicated + 1) + " to " + Txid.format(newest)
                                + " were on this machine only; the replica has them now"));
    }

    private void upload(long txid, long replicated, long newest) throws IOException, ReplicationException {
        Path file = local.path(txid);
        Optional<String> defect = copies.defect(txid);
        if (defect.isPresent()) {
            throw new ReplicationException.Fenced(replica + " ends at TXID " + Txid.format(replicated) + ", and "
                    + config.metaPath() + " holds commits up to TXID " + Txid.format(newest) + ", but TXID "
                    + Txid.format(txid) + " in between cannot be used: " + defect.get()
                    + ". To restore without them, move that directory away");
        }
        if (!copies.put(txid)) {
            throw new ReplicationException.Fenced(
                    replica + " already has TXID " + Txid.format(txid) + " with other contents than " + file
                            + ": another writer used it. To restore without the local files, move " + config.metaPath()
                            + " away");
        }
    }

    private void refuseEmptied(long replicated) throws IOException, ReplicationException {
        if (replicated == 0 && RestoreMarker.read(config.metaPath()).isPresent()) {
            throw new ReplicationException.Fenced(replica + " is empty, but " + config.metaPath()
                    + " says that this database was restored from it. If it is meant to begin anew, move that directory"
                    + " away");
        }
    }

    private void refuseOther(long newest) throws IOException, ReplicationException {
        try {
            if (copies.isSameFile(newest)) {
                return;
            }
        } catch (ObjectNotFoundException merged) {
            return;
        }
        throw other(newest);
    }

    private void requireSame(LtxFile newest) throws IOException, ReplicationException {
        if (!copies.leadToTheSame(newest)) {
            throw other(newest.txids().max());
        }
    }

    private ReplicationException other(long txid) {
        return new ReplicationException.Fenced(replica + " has TXID " + Txid.format(txid) + " with other contents than "
                + local.path(txid) + ": another writer used it. To restore without the local files, move "
                + config.metaPath() + " away");
    }
}
