package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.api.History;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.api.ReplicationMXBean;
import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.api.RestoreReport;
import io.github.litestreamjdbc.api.ValidationResult;
import io.github.litestreamjdbc.capture.Counters;
import io.github.litestreamjdbc.capture.Counters.CheckpointKind;
import io.github.litestreamjdbc.capture.Progress;
import io.github.litestreamjdbc.ltx.Txid;
import io.github.litestreamjdbc.spi.StoreCounters;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** What is published about the replication of one database. Safe for use by several threads. */
final class ReplicationReadings implements ReplicationMXBean {
    private final ReplicatedDatabase database;
    private final String name;
    private final Path file;
    private final String replica;
    private final Duration lagThreshold;

    /** What was counted before; nothing is added to it while another process replicates. */
    private final Totals totals;

    private final Progress notRunning;

    /** The last that was read, so that counters do not fall at the end; null before the first. */
    private volatile Running last;

    ReplicationReadings(
            ReplicatedDatabase database, String name, Path file, String replica, Duration lagThreshold, Totals totals) {
        this.database = database;
        this.name = name;
        this.file = file;
        this.replica = replica;
        this.lagThreshold = lagThreshold;
        this.totals = totals;
        this.notRunning = new Progress(lagThreshold, totals.counters());
    }

    /** The database's name, which others may have too. */
    String name() {
        return name;
    }

    Totals totals() {
        return totals;
    }

    private Optional<Running> running() {
        database.runningNow().ifPresent(now -> last = now);
        return Optional.ofNullable(last);
    }

    private Progress progress() {
        return running().map(Running::progress).orElse(notRunning);
    }

    private Counters counters() {
        return progress().counters();
    }

    private StoreCounters requests() {
        return running().map(Running::requests).orElseGet(totals::requests);
    }

    private Optional<RestoreReport> restored() {
        return database.restored();
    }

    private Optional<History> restorable() {
        return running().map(Running::restorable);
    }

    private static String text(Instant instant) {
        return instant == null ? "" : instant.toString();
    }

    private static String text(long epochMillis) {
        return epochMillis == 0 ? "" : Instant.ofEpochMilli(epochMillis).toString();
    }

    @Override
    public String getDatabase() {
        return file.toString();
    }

    @Override
    public String getReplica() {
        return replica;
    }

    @Override
    public ReplicationState getState() {
        return database.status().state();
    }

    @Override
    public String getStateSince() {
        return text(database.status().since());
    }

    @Override
    public String getReason() {
        return database.status().reason();
    }

    @Override
    public String getReplicaError() {
        String error = progress().replicaError();
        return error == null ? "" : error;
    }

    @Override
    public boolean isReplicaRefused() {
        return progress().isReplicaRefused();
    }

    @Override
    public String getLocalTxid() {
        return Txid.format(progress().captured());
    }

    @Override
    public String getReplicatedTxid() {
        return Txid.format(progress().uploaded());
    }

    @Override
    public long getReplicationLagMillis() {
        return database.lagMillis();
    }

    @Override
    public long getLagThresholdMillis() {
        return lagThreshold.toMillis();
    }

    @Override
    public double getReplicationLagP50Millis() {
        return progress().lags().millis(0.5);
    }

    @Override
    public double getReplicationLagP99Millis() {
        return progress().lags().millis(0.99);
    }

    @Override
    public long getUnreplicatedCommits() {
        return progress().unreplicatedCommits();
    }

    @Override
    public long getUnreplicatedBytes() {
        return progress().unreplicatedBytes();
    }

    @Override
    public String getLastSync() {
        return text(progress().lastUploadMillis());
    }

    @Override
    public long getWalBytes() {
        return running().map(Running::walBytes).orElse(0L);
    }

    @Override
    public long getLocalBytes() {
        return counters().localBytes();
    }

    @Override
    public long getLocalFiles() {
        return counters().localFiles();
    }

    @Override
    public long getCapturedCommits() {
        return counters().commits();
    }

    @Override
    public long getCapturedPages() {
        return counters().pages();
    }

    @Override
    public long getCapturedBytes() {
        return counters().bytesCaptured();
    }

    @Override
    public long getUploadedBytes() {
        return counters().bytesUploaded();
    }

    @Override
    public long getPutRequests() {
        return requests().puts();
    }

    @Override
    public long getGetRequests() {
        return requests().gets();
    }

    @Override
    public long getListRequests() {
        return requests().lists();
    }

    @Override
    public long getHeadRequests() {
        return requests().heads();
    }

    @Override
    public long getDeleteRequests() {
        return requests().deletes();
    }

    @Override
    public long getPutRequestErrors() {
        return requests().errors().puts();
    }

    @Override
    public long getGetRequestErrors() {
        return requests().errors().gets();
    }

    @Override
    public long getListRequestErrors() {
        return requests().errors().lists();
    }

    @Override
    public long getHeadRequestErrors() {
        return requests().errors().heads();
    }

    @Override
    public long getDeleteRequestErrors() {
        return requests().errors().deletes();
    }

    @Override
    public long getRequestRetries() {
        return requests().retries();
    }

    @Override
    public long getSealCheckpoints() {
        return counters().checkpoints(CheckpointKind.SEAL).count();
    }

    @Override
    public long getDrainCheckpoints() {
        return counters().checkpoints(CheckpointKind.DRAIN).count();
    }

    @Override
    public long getCopyBackCheckpoints() {
        return counters().checkpoints(CheckpointKind.COPY_BACK).count();
    }

    @Override
    public long getSealCheckpointMillis() {
        return counters().checkpoints(CheckpointKind.SEAL).millis();
    }

    @Override
    public long getDrainCheckpointMillis() {
        return counters().checkpoints(CheckpointKind.DRAIN).millis();
    }

    @Override
    public long getCopyBackCheckpointMillis() {
        return counters().checkpoints(CheckpointKind.COPY_BACK).millis();
    }

    @Override
    public long getLastSealMillis() {
        return counters().checkpoints(CheckpointKind.SEAL).lastMillis();
    }

    @Override
    public long getLastDrainMillis() {
        return counters().checkpoints(CheckpointKind.DRAIN).lastMillis();
    }

    @Override
    public long getLastCopyBackMillis() {
        return counters().checkpoints(CheckpointKind.COPY_BACK).lastMillis();
    }

    @Override
    public double getWriterStallMaxMillis() {
        return database.gate().waits().maxMillis();
    }

    @Override
    public double getWriterStallP99Millis() {
        return database.gate().waits().millis(0.99);
    }

    @Override
    public long getSnapshots() {
        return counters().snapshots().count();
    }

    @Override
    public String getLastSnapshot() {
        return text(counters().snapshots().lastEndMillis());
    }

    @Override
    public long getLastSnapshotMillis() {
        return counters().snapshots().lastMillis();
    }

    @Override
    public long getLastSnapshotBytes() {
        return counters().snapshots().lastBytes();
    }

    @Override
    public long getCompactions() {
        return counters().compactions().count();
    }

    @Override
    public long getCompactionBytes() {
        return counters().compactions().bytes();
    }

    @Override
    public long getLastCompactionMillis() {
        return counters().compactions().lastMillis();
    }

    @Override
    public long getLastCompactionBytes() {
        return counters().compactions().lastBytes();
    }

    @Override
    public String getOldestRestorablePoint() {
        return restorable()
                .flatMap(History::oldest)
                .map(point -> text(point.created()))
                .orElse("");
    }

    @Override
    public String getNewestRestorablePoint() {
        return restorable()
                .flatMap(History::newest)
                .map(point -> text(point.created()))
                .orElse("");
    }

    @Override
    public String getLastRestoreTxid() {
        return restored().map(report -> Txid.format(report.txid())).orElse("");
    }

    @Override
    public String getLastRestoreSource() {
        return restored().map(RestoreReport::replicaUrl).orElse("");
    }

    @Override
    public long getLastRestoreMillis() {
        return restored().map(report -> report.duration().toMillis()).orElse(0L);
    }

    @Override
    public long getLastRestoreBytes() {
        return restored().map(RestoreReport::replicaBytes).orElse(0L);
    }

    private Optional<ValidationResult> validated() {
        return Optional.ofNullable(database.status().lastValidation());
    }

    @Override
    public String getLastValidationVerdict() {
        return validated().map(result -> result.verdict().name()).orElse("");
    }

    @Override
    public String getLastValidation() {
        return validated().map(result -> text(result.at())).orElse("");
    }

    @Override
    public String getLastValidationTxid() {
        return validated().map(result -> Txid.format(result.txid())).orElse("");
    }

    @Override
    public String getLastValidationReason() {
        return validated().map(ValidationResult::reason).orElse("");
    }

    @Override
    public String getLastProvenRestore() {
        return text(running().map(Running::lastProvenRestore).orElse(null));
    }

    @Override
    public String sync(long timeoutMillis) throws Exception {
        if (timeoutMillis < 1) {
            throw new IllegalArgumentException("timeoutMillis must be at least 1, not " + timeoutMillis);
        }
        try {
            return Txid.format(database.sync(Duration.ofMillis(timeoutMillis)));
        } catch (ReplicationException e) {
            throw readable(e);
        }
    }

    @Override
    public String snapshot() throws Exception {
        try {
            return Txid.format(database.snapshot(SNAPSHOT_TIMEOUT));
        } catch (ReplicationException e) {
            throw readable(e);
        }
    }

    @Override
    public String validate() throws Exception {
        try {
            ValidationResult result = database.validate(VALIDATION_TIMEOUT);
            return Txid.format(result.txid()) + " " + result.verdict() + ": " + result.reason();
        } catch (ReplicationException e) {
            throw readable(e);
        }
    }

    /** Only the platform's classes can be read by whoever asks from another JVM. */
    private static Exception readable(ReplicationException e) {
        return new IllegalStateException(e.getMessage());
    }
}
