package io.github.litestreamjdbc.api;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** What is published as metrics; those of one name follow one another. Their names are part of what users rely on. */
public final class Metrics {
    private static final List<Metric<ReplicationMXBean>> DATABASE = Stream.of(
                    readings(),
                    oneOf(
                            "state",
                            "1 for the state that replication is in, 0 for the others",
                            "state",
                            ReplicationState.values(),
                            bean -> bean.getState().name()),
                    oneOf(
                            "validation.last",
                            "1 for how the replica last compared with the database, 0 for the rest",
                            "verdict",
                            ValidationResult.Verdict.values(),
                            ReplicationMXBean::getLastValidationVerdict))
            .flatMap(List::stream)
            .toList();

    private static final List<Metric<RuntimeMXBean>> RUNTIME = List.of(
            gauge(
                    "databases",
                    "databases",
                    "Databases that this JVM has open through the driver",
                    RuntimeMXBean::getDatabases),
            gauge("capture.threads", "threads", "Threads that capture", RuntimeMXBean::getCaptureThreads),
            gauge("upload.threads", "threads", "Threads that talk to replicas", RuntimeMXBean::getUploadThreads),
            gauge(
                    "validation.threads",
                    "threads",
                    "Threads that compare replicas with their databases",
                    RuntimeMXBean::getValidationThreads),
            gauge("lease.threads", "threads", "Threads that renew leases", RuntimeMXBean::getLeaseThreads),
            gauge(
                    "capture.queue",
                    "steps",
                    "Steps of capture that are due and wait for a thread",
                    RuntimeMXBean::getCaptureQueue),
            gauge(
                    "upload.queue",
                    "steps",
                    "Steps of upload and maintenance that are due and wait for a thread",
                    RuntimeMXBean::getUploadQueue),
            gauge(
                    "buffer",
                    "bytes",
                    "Bytes of the buffers that reading WALs and restoring hold",
                    RuntimeMXBean::getBufferBytes));

    private Metrics() {}

    /** Those of each database. */
    public static List<Metric<ReplicationMXBean>> ofDatabase() {
        return DATABASE;
    }

    /** Those that all databases of this JVM share. */
    public static List<Metric<RuntimeMXBean>> ofRuntime() {
        return RUNTIME;
    }

    private static List<Metric<ReplicationMXBean>> readings() {
        return List.of(
                gauge(
                        "replication.lag",
                        "seconds",
                        "Age of the oldest commit that is not safe in the replica, before its first answer the time since the"
                                + " opening; 0 if all are safe, -1 while this process does not replicate",
                        bean -> bean.getReplicationLagMillis() < 0 ? -1 : seconds(bean.getReplicationLagMillis())),
                gauge(
                        "lag.threshold",
                        "seconds",
                        "Age of a commit that is not safe from which on replication counts as lagging; 0 if none does",
                        bean -> seconds(bean.getLagThresholdMillis())),
                gauge(
                        "replication.time.p50",
                        "seconds",
                        "Time within which half of the level-0 files of the last 5 minutes were safe",
                        bean -> seconds(bean.getReplicationLagP50Millis())),
                gauge(
                        "replication.time.p99",
                        "seconds",
                        "Time within which 99 of 100 level-0 files of the last 5 minutes were safe",
                        bean -> seconds(bean.getReplicationLagP99Millis())),
                gauge(
                        "unreplicated.commits",
                        "commits",
                        "Captured commits that would be lost with this machine",
                        ReplicationMXBean::getUnreplicatedCommits),
                gauge(
                        "unreplicated.bytes",
                        "bytes",
                        "Bytes of level-0 files that the replica does not have, and of pages that wait for the next one",
                        ReplicationMXBean::getUnreplicatedBytes),
                gauge(
                        "replica.up",
                        "",
                        "1 if the replica answered when it was last asked, else 0",
                        bean -> bean.getReplicaError().isEmpty() ? 1 : 0),
                gauge(
                        "replica.refused",
                        "",
                        "1 if somebody has to change something before the replica can be used, else 0",
                        bean -> bean.isReplicaRefused() ? 1 : 0),
                gauge(
                        "last.sync.timestamp",
                        "seconds",
                        "When a level-0 file last reached the replica, in Unix time; 0 if none has since the start",
                        bean -> timestamp(bean.getLastSync())),
                gauge(
                        "state.since.timestamp",
                        "seconds",
                        "Since when replication is in its state, in Unix time",
                        bean -> timestamp(bean.getStateSince())),
                gauge("local.txid", "", "Newest TXID in the local level-0 files", bean -> txid(bean.getLocalTxid())),
                gauge(
                        "replicated.txid",
                        "",
                        "Newest TXID that is safe in the replica",
                        bean -> txid(bean.getReplicatedTxid())),
                gauge("wal", "bytes", "Bytes of the WAL that count", ReplicationMXBean::getWalBytes),
                gauge(
                        "local.bytes",
                        "bytes",
                        "Bytes of level-0 files on this machine",
                        ReplicationMXBean::getLocalBytes),
                gauge("local.files", "files", "Level-0 files on this machine", ReplicationMXBean::getLocalFiles),
                gauge(
                        "writer.stall.max",
                        "seconds",
                        "Longest wait of a writer for a checkpoint of ours",
                        bean -> seconds(bean.getWriterStallMaxMillis())),
                gauge(
                        "writer.stall.p99",
                        "seconds",
                        "What 99 of 100 waits of writers for a checkpoint of ours, in the last 5 minutes, did not exceed",
                        bean -> seconds(bean.getWriterStallP99Millis())),
                counter(
                        "captured.commits",
                        "commits",
                        "Commits captured; a full image counts as one",
                        ReplicationMXBean::getCapturedCommits),
                counter(
                        "captured.pages",
                        "pages",
                        "Pages written to level-0 files",
                        ReplicationMXBean::getCapturedPages),
                counter(
                        "captured.bytes",
                        "bytes",
                        "Bytes of level-0 files written",
                        ReplicationMXBean::getCapturedBytes),
                counter(
                        "uploaded.bytes",
                        "bytes",
                        "Bytes of level-0 files put into the replica",
                        ReplicationMXBean::getUploadedBytes),
                counter(
                        "requests",
                        "requests",
                        "Requests to the store, each attempt counted",
                        Map.of("kind", "put"),
                        ReplicationMXBean::getPutRequests),
                counter(
                        "requests",
                        "requests",
                        "Requests to the store, each attempt counted",
                        Map.of("kind", "get"),
                        ReplicationMXBean::getGetRequests),
                counter(
                        "requests",
                        "requests",
                        "Requests to the store, each attempt counted",
                        Map.of("kind", "list"),
                        ReplicationMXBean::getListRequests),
                counter(
                        "requests",
                        "requests",
                        "Requests to the store, each attempt counted",
                        Map.of("kind", "head"),
                        ReplicationMXBean::getHeadRequests),
                counter(
                        "requests",
                        "requests",
                        "Requests to the store, each attempt counted",
                        Map.of("kind", "delete"),
                        ReplicationMXBean::getDeleteRequests),
                counter(
                        "request.errors",
                        "errors",
                        "Requests to the store that failed",
                        Map.of("kind", "put"),
                        ReplicationMXBean::getPutRequestErrors),
                counter(
                        "request.errors",
                        "errors",
                        "Requests to the store that failed",
                        Map.of("kind", "get"),
                        ReplicationMXBean::getGetRequestErrors),
                counter(
                        "request.errors",
                        "errors",
                        "Requests to the store that failed",
                        Map.of("kind", "list"),
                        ReplicationMXBean::getListRequestErrors),
                counter(
                        "request.errors",
                        "errors",
                        "Requests to the store that failed",
                        Map.of("kind", "head"),
                        ReplicationMXBean::getHeadRequestErrors),
                counter(
                        "request.errors",
                        "errors",
                        "Requests to the store that failed",
                        Map.of("kind", "delete"),
                        ReplicationMXBean::getDeleteRequestErrors),
                counter(
                        "request.retries",
                        "retries",
                        "Requests to the store that repeated one that failed",
                        ReplicationMXBean::getRequestRetries),
                counter(
                        "checkpoints",
                        "checkpoints",
                        "Checkpoints",
                        Map.of("kind", "seal"),
                        ReplicationMXBean::getSealCheckpoints),
                counter(
                        "checkpoints",
                        "checkpoints",
                        "Checkpoints",
                        Map.of("kind", "drain"),
                        ReplicationMXBean::getDrainCheckpoints),
                counter(
                        "checkpoints",
                        "checkpoints",
                        "Checkpoints",
                        Map.of("kind", "copy_back"),
                        ReplicationMXBean::getCopyBackCheckpoints),
                counter(
                        "checkpoint.time",
                        "seconds",
                        "How long checkpoints took together",
                        Map.of("kind", "seal"),
                        bean -> seconds(bean.getSealCheckpointMillis())),
                counter(
                        "checkpoint.time",
                        "seconds",
                        "How long checkpoints took together",
                        Map.of("kind", "drain"),
                        bean -> seconds(bean.getDrainCheckpointMillis())),
                counter(
                        "checkpoint.time",
                        "seconds",
                        "How long checkpoints took together",
                        Map.of("kind", "copy_back"),
                        bean -> seconds(bean.getCopyBackCheckpointMillis())),
                gauge(
                        "checkpoint.last",
                        "seconds",
                        "How long the last checkpoint of its kind took",
                        Map.of("kind", "seal"),
                        bean -> seconds(bean.getLastSealMillis())),
                gauge(
                        "checkpoint.last",
                        "seconds",
                        "How long the last checkpoint of its kind took",
                        Map.of("kind", "drain"),
                        bean -> seconds(bean.getLastDrainMillis())),
                gauge(
                        "checkpoint.last",
                        "seconds",
                        "How long the last checkpoint of its kind took",
                        Map.of("kind", "copy_back"),
                        bean -> seconds(bean.getLastCopyBackMillis())),
                counter("snapshots", "snapshots", "Snapshots put into the replica", ReplicationMXBean::getSnapshots),
                gauge(
                        "snapshot.last",
                        "seconds",
                        "How long the last snapshot took from its first page to the replica",
                        bean -> seconds(bean.getLastSnapshotMillis())),
                gauge(
                        "snapshot.last.bytes",
                        "bytes",
                        "Bytes of the last snapshot",
                        ReplicationMXBean::getLastSnapshotBytes),
                gauge(
                        "snapshot.last.timestamp",
                        "seconds",
                        "When a snapshot last reached the replica, in Unix time",
                        bean -> timestamp(bean.getLastSnapshot())),
                counter(
                        "compactions",
                        "compactions",
                        "Merges of files into a level",
                        ReplicationMXBean::getCompactions),
                counter(
                        "compacted.bytes",
                        "bytes",
                        "Bytes of the files that merges produced",
                        ReplicationMXBean::getCompactionBytes),
                gauge(
                        "compaction.last",
                        "seconds",
                        "How long the last merge took",
                        bean -> seconds(bean.getLastCompactionMillis())),
                gauge(
                        "compaction.last.bytes",
                        "bytes",
                        "Bytes of the file that the last merge produced",
                        ReplicationMXBean::getLastCompactionBytes),
                gauge(
                        "restorable.oldest.timestamp",
                        "seconds",
                        "Oldest state that the replica can give back, in Unix time",
                        bean -> timestamp(bean.getOldestRestorablePoint())),
                gauge(
                        "restorable.newest.timestamp",
                        "seconds",
                        "Newest state that the replica can give back, in Unix time",
                        bean -> timestamp(bean.getNewestRestorablePoint())),
                gauge(
                        "restore.last",
                        "seconds",
                        "How long the restore took that brought the database here",
                        bean -> seconds(bean.getLastRestoreMillis())),
                gauge("restore.last.bytes", "bytes", "Bytes that it read", ReplicationMXBean::getLastRestoreBytes),
                gauge(
                        "validation.last.timestamp",
                        "seconds",
                        "When the replica was last compared with the database, in Unix time",
                        bean -> timestamp(bean.getLastValidation())),
                gauge(
                        "restore.proven.timestamp",
                        "seconds",
                        "When what was restored from the replica was last found to be the database, in Unix time",
                        bean -> timestamp(bean.getLastProvenRestore())));
    }

    private static List<Metric<ReplicationMXBean>> oneOf(
            String name,
            String description,
            String tag,
            Enum<?>[] values,
            Function<ReplicationMXBean, String> present) {
        return Arrays.stream(values)
                .map(value -> Metrics.<ReplicationMXBean>gauge(
                        name,
                        "",
                        description,
                        Map.of(tag, value.name()),
                        bean -> present.apply(bean).equals(value.name()) ? 1 : 0))
                .toList();
    }

    private static <B> Metric<B> gauge(String name, String unit, String description, ToDoubleFunction<B> reading) {
        return gauge(name, unit, description, Map.of(), reading);
    }

    private static <B> Metric<B> gauge(
            String name, String unit, String description, Map<String, String> tags, ToDoubleFunction<B> reading) {
        return new Metric<>("litestream." + name, Metric.Type.GAUGE, unit, description, tags, reading);
    }

    private static <B> Metric<B> counter(String name, String unit, String description, ToDoubleFunction<B> reading) {
        return counter(name, unit, description, Map.of(), reading);
    }

    private static <B> Metric<B> counter(
            String name, String unit, String description, Map<String, String> tags, ToDoubleFunction<B> reading) {
        return new Metric<>("litestream." + name, Metric.Type.COUNTER, unit, description, tags, reading);
    }

    private static double seconds(double millis) {
        return millis / 1e3;
    }

    private static double timestamp(String instant) {
        return instant.isEmpty() ? 0 : Instant.parse(instant).toEpochMilli() / 1e3;
    }

    private static double txid(String hexadecimal) {
        return Long.parseUnsignedLong(hexadecimal, 16);
    }
}
