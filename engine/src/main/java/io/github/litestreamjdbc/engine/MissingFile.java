package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.api.RestoreOptions;
import io.github.litestreamjdbc.api.RestoreProgress;
import io.github.litestreamjdbc.api.RestoreReport;
import io.github.litestreamjdbc.capture.LocalLtx;
import io.github.litestreamjdbc.capture.RestoreMarker;
import io.github.litestreamjdbc.ltx.Txid;
import io.github.litestreamjdbc.replica.Backlog;
import io.github.litestreamjdbc.replica.SeenReplica;
import io.github.litestreamjdbc.restore.Restorer;
import io.github.litestreamjdbc.spi.LogLine;
import io.github.litestreamjdbc.spi.StoreConfigurationException;
import io.github.litestreamjdbc.store.LtxStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A database file that is not there, and is to be restored. In this order: what still lies beside it is explained or
 * refused; level-0 files that only this machine has go to the replica, so that they are part of what is restored; then the
 * restore. Nothing that exists is overwritten, and a replica that cannot be read leaves no file.
 */
final class MissingFile {
    private static final System.Logger LOG = System.getLogger(MissingFile.class.getName());

    private static final long LOG_EVERY_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** How long the rest takes is told once one of so many bytes was read: the first files say little about the rate. */
    private static final long FORESEEABLE = 20;

    private final Path path;
    private final ReplicationConfig config;
    private final MetaDirectory meta;
    private final LtxStore replica;
    private final SeenReplica seen;
    private long loggedNanos = System.nanoTime();

    MissingFile(Path path, ReplicationConfig config, MetaDirectory meta, LtxStore replica, SeenReplica seen) {
        this.path = path;
        this.config = config;
        this.meta = meta;
        this.replica = replica;
        this.seen = seen;
    }

    /** Restores it; null, and no file is there afterwards, if the replica never held a database. */
    RestoreReport restore() throws ReplicationException {
        LocalLtx local = meta.localLtx(config.capture().pageEncoding());
        Leftovers leftovers = new Leftovers(path, local);
        try {
            leftovers.check();
            new Backlog(replica, local, config).upload();
            Optional<Restorer.Restored> restored = new Restorer(replica, config.replicaUrl())
                    .restore(path, config.restore().options(), this::tellProgress, result -> {
                        requireContinuation(result);
                        leftovers.moveAside();
                        seen.remember();
                        if (result.newestTxid() != 0) {
                            meta.write(new RestoreMarker(
                                    result.report().txid(),
                                    result.newestTxid(),
                                    result.report().databaseBytes(),
                                    result.timestampMillis()));
                        }
                    });
            restored.ifPresent(this::tellRestored);
            return restored.map(Restorer.Restored::report).orElse(null);
        } catch (StoreConfigurationException e) {
            throw new ReplicationException.Config(
                    path + " cannot be restored: " + e.getMessage() + ". Nothing was created", e);
        } catch (IOException e) {
            throw new ReplicationException.Transient(
                    path + " cannot be restored from " + replica + ": " + e + ". Nothing was created", e);
        }
    }

    /** From a replica of Litestream 0.3 alone replication goes on with a first LTX file; behind others it would not fit. */
    private void requireContinuation(Restorer.Restored result) throws ReplicationException {
        if (result.report().format() == RestoreOptions.Format.V03 && result.newestTxid() != 0) {
            throw new ReplicationException.Config(replica + " holds LTX files up to TXID "
                    + Txid.format(result.newestTxid()) + ", and a newer replica of Litestream 0.3, behind which the LTX"
                    + " files cannot go on. Restore the one that you want by the command line (--format), and replicate"
                    + " it to a new path");
        }
    }

    private void tellProgress(RestoreProgress progress) {
        Listeners.tell(listener -> listener.restoring(progress));
        long now = System.nanoTime();
        if (config.restore().logProgress() && now - loggedNanos >= LOG_EVERY_NANOS) {
            loggedNanos = now;
            LOG.log(
                    System.Logger.Level.INFO,
                    about().says("restoring TXID " + Txid.format(progress.txid()) + ": " + progress.files() + " of "
                            + progress.totalFiles() + " files, " + progress.bytes() + " of " + progress.totalBytes()
                            + " bytes, " + progress.bytesPerSecond() + " bytes/s"
                            + (progress.bytes() * FORESEEABLE < progress.totalBytes()
                                    ? ""
                                    : ", " + progress.remaining().toSeconds() + " s left")));
        }
    }

    private LogLine about() {
        return LogLine.of("database", config.name()).with("path", path).with("replica", replica);
    }

    private void tellRestored(Restorer.Restored restored) {
        RestoreReport report = restored.report();
        LOG.log(
                System.Logger.Level.INFO,
                about().says("restored "
                        + (report.format() == RestoreOptions.Format.LTX
                                ? "TXID " + Txid.format(report.txid())
                                : "the state of Litestream 0.3 of " + report.created())
                        + ": " + report.databaseBytes() + " bytes out of " + report.files() + " files with "
                        + report.replicaBytes() + " bytes, in "
                        + report.duration().toMillis() + " ms"));
        if (Txid.compare(report.txid(), restored.newestTxid()) < 0) {
            LOG.log(
                    System.Logger.Level.INFO,
                    about().says("TXIDs " + Txid.format(report.txid() + 1) + " to "
                            + Txid.format(restored.newestTxid())
                            + " are abandoned; they stay in the replica and can be restored by restore-txid."
                            + " Replication goes on with TXID " + Txid.format(restored.newestTxid() + 1)));
        }
        Listeners.tell(listener -> listener.restored(report));
    }
}
