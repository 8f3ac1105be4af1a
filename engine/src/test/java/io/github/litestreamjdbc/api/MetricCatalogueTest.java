package io.github.litestreamjdbc.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which attribute each metric shows, and in which unit: where every attribute has a number of its own. */
class MetricCatalogueTest {
    /** Written by hand. */
    private static final String DATABASE = """
            litestream_replication_lag_seconds{} ReplicationLagMillis
            litestream_lag_threshold_seconds{} LagThresholdMillis
            litestream_replication_time_p50_seconds{} ReplicationLagP50Millis
            litestream_replication_time_p99_seconds{} ReplicationLagP99Millis
            litestream_unreplicated_commits{} UnreplicatedCommits
            litestream_unreplicated_bytes{} UnreplicatedBytes
            litestream_last_sync_timestamp_seconds{} LastSync
            litestream_state_since_timestamp_seconds{} StateSince
            litestream_local_txid{} LocalTxid
            litestream_replicated_txid{} ReplicatedTxid
            litestream_wal_bytes{} WalBytes
            litestream_local_bytes{} LocalBytes
            litestream_local_files{} LocalFiles
            litestream_writer_stall_max_seconds{} WriterStallMaxMillis
            litestream_writer_stall_p99_seconds{} WriterStallP99Millis
            litestream_captured_commits_total{} CapturedCommits
            litestream_captured_pages_total{} CapturedPages
            litestream_captured_bytes_total{} CapturedBytes
            litestream_uploaded_bytes_total{} UploadedBytes
            litestream_requests_total{kind=put} PutRequests
            litestream_requests_total{kind=get} GetRequests
            litestream_requests_total{kind=list} ListRequests
            litestream_requests_total{kind=head} HeadRequests
            litestream_requests_total{kind=delete} DeleteRequests
            litestream_request_errors_total{kind=put} PutRequestErrors
            litestream_request_errors_total{kind=get} GetRequestErrors
            litestream_request_errors_total{kind=list} ListRequestErrors
            litestream_request_errors_total{kind=head} HeadRequestErrors
            litestream_request_errors_total{kind=delete} DeleteRequestErrors
            litestream_request_retries_total{} RequestRetries
            litestream_checkpoints_total{kind=seal} SealCheckpoints
            litestream_checkpoints_total{kind=drain} DrainCheckpoints
            litestream_checkpoints_total{kind=copy_back} CopyBackCheckpoints
            litestream_checkpoint_time_seconds_total{kind=seal} SealCheckpointMillis
            litestream_checkpoint_time_seconds_total{kind=drain} DrainCheckpointMillis
            litestream_checkpoint_time_seconds_total{kind=copy_back} CopyBackCheckpointMillis
            litestream_checkpoint_last_seconds{kind=seal} LastSealMillis
            litestream_checkpoint_last_seconds{kind=drain} LastDrainMillis
            litestream_checkpoint_last_seconds{kind=copy_back} LastCopyBackMillis
            litestream_snapshots_total{} Snapshots
            litestream_snapshot_last_seconds{} LastSnapshotMillis
            litestream_snapshot_last_bytes{} LastSnapshotBytes
            litestream_snapshot_last_timestamp_seconds{} LastSnapshot
            litestream_compactions_total{} Compactions
            litestream_compacted_bytes_total{} CompactionBytes
            litestream_compaction_last_seconds{} LastCompactionMillis
            litestream_compaction_last_bytes{} LastCompactionBytes
            litestream_restorable_oldest_timestamp_seconds{} OldestRestorablePoint
            litestream_restorable_newest_timestamp_seconds{} NewestRestorablePoint
            litestream_restore_last_seconds{} LastRestoreMillis
            litestream_restore_last_bytes{} LastRestoreBytes
            litestream_validation_last_timestamp_seconds{} LastValidation
            litestream_restore_proven_timestamp_seconds{} LastProvenRestore
            """;

    /** Those that are 1 or 0. */
    private static final List<String> FLAGS = List.of(
            "litestream_replica_up", "litestream_replica_refused", "litestream_state", "litestream_validation_last");

    private static final String RUNTIME = """
            litestream_databases{} Databases
            litestream_capture_threads{} CaptureThreads
            litestream_upload_threads{} UploadThreads
            litestream_validation_threads{} ValidationThreads
            litestream_lease_threads{} LeaseThreads
            litestream_capture_queue_steps{} CaptureQueue
            litestream_upload_queue_steps{} UploadQueue
            litestream_buffer_bytes{} BufferBytes
            """;

    /** A number that no other attribute has. */
    private static long numberOf(Class<?> type, String attribute) {
        List<String> names =
                Arrays.stream(type.getMethods()).map(Method::getName).sorted().toList();
        return 1_000_001 + 1000L * names.indexOf("get" + attribute);
    }

    private static <B> B numbered(Class<B> type) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> value(type, method)));
    }

    private static Object value(Class<?> type, Method method) {
        long number = numberOf(type, method.getName().substring("get".length()));
        Class<?> returned = method.getReturnType();
        if (returned == int.class) {
            return (int) number;
        }
        if (returned == double.class) {
            return (double) number;
        }
        if (returned == String.class) {
            return method.getName().endsWith("Txid")
                    ? String.format("%016x", number)
                    : Instant.ofEpochSecond(number).toString();
        }
        return number;
    }

    private static Map<String, String> table(String text) {
        Map<String, String> table = new LinkedHashMap<>();
        text.lines().forEach(line -> table.put(line.split(" ")[0], line.split(" ")[1]));
        return table;
    }

    private static <B> void assertEachShowsItsAttribute(
            Map<String, String> expected, List<Metric<B>> metrics, Class<B> type) {
        B bean = numbered(type);
        Map<String, String> shown = new LinkedHashMap<>();
        for (Metric<B> metric : metrics) {
            String name = metric.prometheusName();
            if (FLAGS.contains(name)) {
                assertThat(metric.unit()).as(name).isEmpty();
                continue;
            }
            String attribute = expected.get(name + metric.tags());
            assertThat(attribute).as(name + metric.tags()).isNotNull();
            shown.put(name + metric.tags(), attribute);
            double number = numberOf(type, attribute);
            assertThat(metric.reading().applyAsDouble(bean))
                    .as(name + metric.tags())
                    .isEqualTo(attribute.endsWith("Millis") ? number / 1000 : number);
            String withoutTotal = name.replaceFirst("_total$", "");
            assertThat(name.endsWith("_total")).as(name).isEqualTo(metric.type() == Metric.Type.COUNTER);
            boolean bytes = attribute.endsWith("Bytes");
            boolean seconds = attribute.endsWith("Millis") || isInstant(type, attribute);
            assertThat(withoutTotal.endsWith("_bytes")).as(name).isEqualTo(bytes);
            assertThat(withoutTotal.endsWith("_seconds")).as(name).isEqualTo(seconds);
            assertThat(metric.unit().equals("bytes")).as(name).isEqualTo(bytes);
            assertThat(metric.unit().equals("seconds")).as(name).isEqualTo(seconds);
        }
        assertThat(shown).containsExactlyEntriesOf(expected);
    }

    private static boolean isInstant(Class<?> type, String attribute) {
        return Arrays.stream(type.getMethods())
                .anyMatch(method -> method.getName().equals("get" + attribute)
                        && method.getReturnType() == String.class
                        && !attribute.endsWith("Txid"));
    }

    @Test
    void eachOfADatabaseShowsItsAttributeInItsBaseUnit() {
        assertEachShowsItsAttribute(table(DATABASE), Metrics.ofDatabase(), ReplicationMXBean.class);
    }

    @Test
    void eachOfTheProcessShowsItsAttributeInItsBaseUnit() {
        assertEachShowsItsAttribute(table(RUNTIME), Metrics.ofRuntime(), RuntimeMXBean.class);
    }
}
