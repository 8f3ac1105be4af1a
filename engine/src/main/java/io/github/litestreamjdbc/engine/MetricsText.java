package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.api.ReplicationMXBean;
import io.github.litestreamjdbc.api.ReplicationState;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** The readings of all databases in Prometheus' text format, version 0.0.4. Pure. */
final class MetricsText {
    private record Metric(
            String name, String type, String help, String label, ToDoubleFunction<ReplicationMXBean> reading) {}

    private static final List<Metric> METRICS = List.of(
            gauge(
                    "replication_lag_seconds",
                    "Age of the oldest commit that is not safe in the replica; 0 if all are, -1 where another process"
                            + " replicates",
                    bean -> bean.getReplicationLagMillis() < 0 ? -1 : bean.getReplicationLagMillis() / 1e3),
            gauge(
                    "unreplicated_commits",
                    "Commits that would be lost with this machine",
                    bean -> bean.getUnreplicatedCommits()),
            gauge(
                    "unreplicated_bytes",
                    "Bytes of files that the replica does not have",
                    bean -> bean.getUnreplicatedBytes()),
            gauge(
                    "replica_up",
                    "1 if the replica answered when it was last asked",
                    bean -> bean.getReplicaError().isEmpty() ? 1 : 0),
            gauge(
                    "last_sync_timestamp_seconds",
                    "When a file last reached the replica, in Unix time; 0 if none has since the start",
                    bean -> bean.getLastSync().isEmpty()
                            ? 0
                            : Instant.parse(bean.getLastSync()).toEpochMilli() / 1e3),
            gauge("wal_bytes", "Bytes of the WAL that count", bean -> bean.getWalBytes()),
            gauge("local_bytes", "Bytes of level-0 files on this machine", bean -> bean.getLocalBytes()),
            gauge("local_files", "Level-0 files on this machine", bean -> bean.getLocalFiles()),
            gauge(
                    "writer_stall_max_seconds",
                    "Longest wait of a writer for a checkpoint of ours",
                    bean -> bean.getWriterStallMaxMillis() / 1e3),
            counter("captured_commits_total", "Commits captured", "", bean -> bean.getCapturedCommits()),
            counter("captured_pages_total", "Pages captured", "", bean -> bean.getCapturedPages()),
            counter("captured_bytes_total", "Bytes of level-0 files written", "", bean -> bean.getCapturedBytes()),
            counter(
                    "uploaded_bytes_total",
                    "Bytes of level-0 files put into the replica",
                    "",
                    bean -> bean.getUploadedBytes()),
            counter("requests_total", "Requests to the store", ",kind=\"put\"", bean -> bean.getPutRequests()),
            counter("requests_total", "", ",kind=\"get\"", bean -> bean.getGetRequests()),
            counter("requests_total", "", ",kind=\"list\"", bean -> bean.getListRequests()),
            counter("requests_total", "", ",kind=\"head\"", bean -> bean.getHeadRequests()),
            counter("requests_total", "", ",kind=\"delete\"", bean -> bean.getDeleteRequests()),
            counter("request_errors_total", "Requests that failed", "", bean -> bean.getRequestErrors()),
            counter("request_retries_total", "Requests that repeated one", "", bean -> bean.getRequestRetries()),
            counter("checkpoints_total", "Checkpoints", ",kind=\"seal\"", bean -> bean.getSealCheckpoints()),
            counter("checkpoints_total", "", ",kind=\"drain\"", bean -> bean.getDrainCheckpoints()),
            counter("checkpoints_total", "", ",kind=\"copy_back\"", bean -> bean.getCopyBackCheckpoints()),
            counter("snapshots_total", "Snapshots put into the replica", "", bean -> bean.getSnapshots()),
            counter("compactions_total", "Merges of files into a level", "", bean -> bean.getCompactions()));

    private MetricsText() {}

    private static Metric gauge(String name, String help, ToDoubleFunction<ReplicationMXBean> reading) {
        return new Metric(name, "gauge", help, "", reading);
    }

    private static Metric counter(String name, String help, String label, ToDoubleFunction<ReplicationMXBean> reading) {
        return new Metric(name, "counter", help, label, reading);
    }

    /** @param databases the readings by name */
    static String of(Map<String, ? extends ReplicationMXBean> databases) {
        StringBuilder text = new StringBuilder();
        for (Metric metric : METRICS) {
            String name = "litestream_" + metric.name();
            if (!metric.help().isEmpty()) {
                head(text, name, metric.type(), metric.help());
            }
            databases.forEach((database, bean) -> text.append(name)
                    .append(labels(database, bean, metric.label()))
                    .append(number(metric.reading().applyAsDouble(bean)))
                    .append('\n'));
        }
        head(text, "litestream_state", "gauge", "1 for the state that replication is in, 0 for the others");
        databases.forEach((database, bean) -> {
            ReplicationState now = bean.getState();
            for (ReplicationState state : ReplicationState.values()) {
                text.append("litestream_state")
                        .append(labels(database, bean, ",state=\"" + state + "\""))
                        .append(state == now ? "1\n" : "0\n");
            }
        });
        return text.toString();
    }

    private static void head(StringBuilder text, String name, String type, String help) {
        text.append("# HELP ").append(name).append(' ').append(help).append('\n');
        text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    }

    private static String labels(String database, ReplicationMXBean bean, String more) {
        return "{database=\"" + escaped(database) + "\",replica=\"" + escaped(bean.getReplica()) + "\"" + more + "} ";
    }

    private static String escaped(String value) {
        return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }

    private static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value);
    }
}
