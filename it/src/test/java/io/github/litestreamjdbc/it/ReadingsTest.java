package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.github.litestreamjdbc.api.Metric;
import io.github.litestreamjdbc.api.Metrics;
import io.github.litestreamjdbc.api.ReplicationEvent.Kind;
import io.github.litestreamjdbc.api.ReplicationMXBean;
import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.api.RuntimeMXBean;
import io.github.litestreamjdbc.engine.Databases;
import io.github.litestreamjdbc.s3testing.Fault;
import io.github.litestreamjdbc.s3testing.S3TestServer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the readings promise: they wait for nothing, do no I/O, never fall where they only grow, and are exact. */
class ReadingsTest {
    private static final Path THREAD_IO = Path.of("/proc/thread-self/io");
    private static final int ROUNDS = 100;

    @TempDir
    private Path directory;

    private final CountDownLatch goesOn = new CountDownLatch(1);

    /** What one thread did so far: system calls that read and write, and how often it waited. */
    private record Doings(long reads, long writes, long blocked, long waited) {
        static Doings now() throws IOException {
            Map<String, Long> io = new LinkedHashMap<>();
            for (String line : Files.readAllLines(THREAD_IO)) {
                io.put(line.split(": ")[0], Long.valueOf(line.split(": ")[1]));
            }
            ThreadInfo thread = ManagementFactory.getThreadMXBean()
                    .getThreadInfo(Thread.currentThread().getId());
            return new Doings(io.get("syscr"), io.get("syscw"), thread.getBlockedCount(), thread.getWaitedCount());
        }

        Doings since(Doings before) {
            return new Doings(
                    reads - before.reads, writes - before.writes, blocked - before.blocked, waited - before.waited);
        }
    }

    @Test
    void readingWaitsForNobodyAndDoesNoIoWhileTheDiskHangs() throws Exception {
        assumeThat(THREAD_IO).exists();
        try (Scene scene = new Scene(directory)) {
            Connection connection = scene.connectOnWatchedDisk();
            Sql.run(connection, "CREATE TABLE t (x)");
            scene.sync();
            CountDownLatch hangs = new CountDownLatch(1);
            scene.failDisk((step, path) -> {
                hangs.countDown();
                hold();
            });
            try {
                Sql.run(connection, "INSERT INTO t VALUES (1)");
                hold(hangs);
                assertThat(doingsOfReadings(scene.watch().bean()))
                        .as("of reading everything, less those of counting them")
                        .isEqualTo(new Doings(0, 0, 0, 0));
                assertThat(served("/health")).contains("\"state\":\"STREAMING\"");
                assertThat(served("/metrics")).contains("litestream_replication_lag_seconds");
                await().untilAsserted(() -> assertThat(readings().getReplicationLagMillis())
                        .as("the commit behind the hanging disk gets older")
                        .isGreaterThan(200));
            } finally {
                goesOn.countDown();
            }
        }
    }

    @Test
    void nothingCountsAsSafeUntilTheReplicaHasAnswered() throws Exception {
        try (S3TestServer server = S3TestServer.http();
                Scene scene = new Scene(directory)) {
            Watch watch = scene.watch();
            Connection connection = scene.connectToNobody(server, "lag-threshold=300ms");
            await().until(() -> watch.told(Kind.LAGGING));
            long lag = readings().getReplicationLagMillis();
            assertThat(readings().getState()).as("nothing was committed yet").isEqualTo(ReplicationState.STARTING);
            assertThat(lag).isGreaterThan(300);
            assertThat(Sql.number(connection, "SELECT litestream_lag_ms()")).isGreaterThanOrEqualTo(lag);
            assertThat(Databases.isWell(readings())).isFalse();
            assertThat(watch.told(Kind.STARTED)).isFalse();

            server.start();
            Sql.run(connection, "CREATE TABLE t (x)");
            scene.sync();
            assertThat(readings().getReplicationLagMillis()).isZero();
            await().until(() -> watch.told(Kind.CAUGHT_UP));
            assertThat(watch.events(Kind.STARTED)).hasSize(1);
            connection.close();
        }
    }

    @Test
    void nothingCountsAsSafeWhileTheFirstImageIsWritten() throws Exception {
        try (Scene scene = new Scene(directory)) {
            scene.bringAbout(ReplicationState.BASELINE);
            await().until(() -> scene.reading("State").equals("BASELINE"));
            await().until(() -> readings().getReplicationLagMillis() > 200);
            assertThat(scene.reading("State")).isEqualTo("BASELINE");
        }
    }

    private static String served(String path) throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        Databases.serveMetrics(new InetSocketAddress("127.0.0.1", port));
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(TestDatabase.TIMEOUT)
                .build();
        return await().ignoreExceptions()
                .until(
                        () -> HttpClient.newHttpClient()
                                .send(request, HttpResponse.BodyHandlers.ofString())
                                .body(),
                        body -> !body.isEmpty());
    }

    @Test
    void sqlFunctionsWaitForNobodyAndDoNoIoWhileTheStoreHangs() throws Exception {
        assumeThat(THREAD_IO).exists();
        try (S3TestServer server = S3TestServer.http();
                Scene scene = new Scene(directory)) {
            Connection connection = scene.connectToBucket(server);
            CountDownLatch hangs = new CountDownLatch(1);
            server.add(Fault.then(Fault.Operation.PUT, key -> true, Fault.ALWAYS, () -> {
                hangs.countDown();
                hold();
            }));
            try (PreparedStatement ask = connection.prepareStatement("SELECT litestream_txid(),"
                    + " litestream_replicated_txid(), litestream_lag_ms(), litestream_status(), litestream_health()")) {
                Sql.run(connection, "INSERT INTO t VALUES (2)");
                hold(hangs);
                assertThat(doings(() -> {
                            for (int round = 0; round < ROUNDS; round++) {
                                try (ResultSet row = ask.executeQuery()) {
                                    assertThat(row.next()).isTrue();
                                    assertThat(row.getLong(3)).isPositive();
                                    assertThat(row.getString(4)).isEqualTo("STREAMING");
                                    assertThat(row.getString(5)).isEqualTo("UP");
                                }
                            }
                        }))
                        .as("of asking, less those of counting them")
                        .isEqualTo(new Doings(0, 0, 0, 0));
            } finally {
                goesOn.countDown();
            }
            server.clearFaults();
            connection.close();
        }
    }

    private static Doings doingsOfReadings(ObjectName bean) throws Exception {
        return doings(() -> readAll(bean));
    }

    private interface Work {
        void run() throws Exception;
    }

    /** By a thread of its own, after a while in which everything is loaded. */
    private static Doings doings(Work work) throws Exception {
        ExecutorService reader = Executors.newSingleThreadExecutor();
        try {
            return reader.submit(() -> {
                        work.run();
                        Doings.now().since(Doings.now());
                        Doings first = Doings.now();
                        Doings second = Doings.now();
                        work.run();
                        Doings third = Doings.now();
                        Doings counting = second.since(first);
                        return third.since(second).since(counting);
                    })
                    .get(60, TimeUnit.SECONDS);
        } finally {
            reader.shutdown();
        }
    }

    private static void readAll(ObjectName bean) throws Exception {
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        ObjectName runtime = new ObjectName("io.github.litestreamjdbc:type=Runtime");
        for (int round = 0; round < ROUNDS; round++) {
            for (ObjectName name : List.of(bean, runtime)) {
                for (MBeanAttributeInfo attribute : server.getMBeanInfo(name).getAttributes()) {
                    assertThat(server.getAttribute(name, attribute.getName())).isNotNull();
                }
            }
            for (Metric<ReplicationMXBean> metric : Metrics.ofDatabase()) {
                metric.reading().applyAsDouble(readings());
            }
            assertThat(Databases.health(readings())).containsKey("problems");
            for (Metric<RuntimeMXBean> metric : Metrics.ofRuntime()) {
                metric.reading().applyAsDouble(Databases.runtime());
            }
        }
    }

    private static ReplicationMXBean readings() {
        return Databases.readings().get("app.db");
    }

    private void hold() {
        hold(goesOn);
    }

    private static void hold(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void databaseThatIsBeingRestoredCanBeWatched() throws Exception {
        ExecutorService application = Executors.newSingleThreadExecutor();
        try (S3TestServer server = S3TestServer.http();
                Scene scene = new Scene(directory)) {
            scene.connectToBucket(server).close();
            scene.database().loseFileAndState();
            CountDownLatch reading = new CountDownLatch(1);
            server.add(Fault.cut(
                    key -> {
                        reading.countDown();
                        hold();
                        return false;
                    },
                    Fault.ALWAYS,
                    0));
            Future<Connection> restored = application.submit(() -> scene.connectToBucket(server));
            try {
                hold(reading);
                assertThat(scene.reading("State")).isEqualTo("STARTING");
                assertThat(scene.reading("LastRestoreTxid")).isEqualTo("");
            } finally {
                goesOn.countDown();
            }
            restored.get(60, TimeUnit.SECONDS);
            assertThat(scene.watch().events(Kind.RESTORED)).hasSize(1);
            assertThat(scene.reading("State")).isEqualTo("STREAMING");
        } finally {
            application.shutdown();
        }
    }

    @Test
    void countersNeverFallAlsoWhenTheDatabaseIsClosedAndOpenedAgain() throws Exception {
        try (S3TestServer server = S3TestServer.http();
                Scene scene = new Scene(directory);
                Falls falls = new Falls()) {
            Map<String, Double> before = Map.of();
            for (int life = 0; life < 3; life++) {
                Connection connection = scene.connectToBucket(server);
                for (int i = 0; i < 5; i++) {
                    Sql.run(connection, "INSERT INTO t VALUES (randomblob(5000))");
                    scene.sync();
                }
                scene.watch().invoke("snapshot");
                Map<String, Double> now = counters();
                assertThat(now.get("litestream_captured_commits_total{}"))
                        .isGreaterThanOrEqualTo(before.getOrDefault("litestream_captured_commits_total{}", 0.0) + 5);
                assertThat(now.get("litestream_requests_total{kind=put}"))
                        .isGreaterThanOrEqualTo(before.getOrDefault("litestream_requests_total{kind=put}", 0.0) + 6);
                assertThat(now.get("litestream_snapshots_total{}")).isEqualTo(life + 1.0);
                before = now;
                connection.close();
                assertThat(scene.watch().isRegistered()).isFalse();
            }
            assertThat(falls.found()).isNull();
        }
    }

    private static Map<String, Double> counters() {
        Map<String, Double> counters = new LinkedHashMap<>();
        ReplicationMXBean readings = readings();
        if (readings != null) {
            Metrics.ofDatabase().stream()
                    .filter(metric -> metric.type() == Metric.Type.COUNTER)
                    .forEach(metric -> counters.put(
                            metric.prometheusName() + metric.tags(),
                            metric.reading().applyAsDouble(readings)));
        }
        return counters;
    }

    /** Reads all the time. */
    private static final class Falls implements AutoCloseable {
        private final AtomicBoolean ends = new AtomicBoolean();
        private final AtomicReference<String> found = new AtomicReference<>();
        private final Thread reader = new Thread(this::read);

        Falls() {
            reader.start();
        }

        private void read() {
            Map<String, Double> highest = new LinkedHashMap<>();
            while (!ends.get()) {
                counters().forEach((name, value) -> {
                    double before = highest.merge(name, value, Math::max);
                    if (value < before) {
                        found.compareAndSet(null, name + " fell from " + before + " to " + value);
                    }
                });
            }
        }

        String found() {
            return found.get();
        }

        @Override
        public void close() {
            ends.set(true);
            try {
                reader.join();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    @Test
    void readingsAreWhatIsThere() throws Exception {
        try (S3TestServer server = S3TestServer.http();
                Scene scene = new Scene(directory)) {
            Connection connection = scene.connectToBucket(server);
            long commits = readings().getCapturedCommits();
            // At the start it is tried out what the store can, with requests that are refused before they are put down.
            long puts = readings().getPutRequests();
            long putsAsked = asked(server, "PUT");
            for (int i = 0; i < 7; i++) {
                Sql.run(connection, "INSERT INTO t VALUES (randomblob(5000))");
                scene.sync();
            }
            assertThat(readings().getCapturedCommits() - commits).isEqualTo(7);
            assertThat(readings().getUnreplicatedCommits()).isZero();
            assertThat(readings().getLocalTxid()).isEqualTo(readings().getReplicatedTxid());
            assertThat(readings().getReplicationLagMillis()).isZero();

            List<Path> local = localFiles(scene);
            long bytes =
                    local.stream().mapToLong(file -> file.toFile().length()).sum();
            assertThat(readings().getLocalFiles()).isEqualTo(local.size());
            assertThat(readings().getLocalBytes()).isEqualTo(bytes);
            assertThat(readings().getCapturedBytes())
                    .isEqualTo(bytes)
                    .isEqualTo(readings().getUploadedBytes());
            long wal = Files.size(scene.database().beside("-wal"));
            assertThat(readings().getWalBytes()).isPositive().isLessThanOrEqualTo(wal);

            assertThat(readings().getPutRequests() - puts).isEqualTo(7).isEqualTo(asked(server, "PUT") - putsAsked);
            assertThat(readings().getRequestRetries()).isZero();

            server.add(Fault.refuse(Fault.Operation.PUT, 2, 500, "InternalError"));
            long errors = readings().getPutRequestErrors();
            Sql.run(connection, "INSERT INTO t VALUES (randomblob(5000))");
            scene.sync();
            assertThat(readings().getPutRequestErrors() - errors).isEqualTo(2);
            assertThat(readings().getRequestRetries()).isEqualTo(2);
        }
    }

    private static long asked(S3TestServer server, String operation) {
        return server.requests().stream()
                .filter(request -> request.startsWith(operation + " "))
                .count();
    }

    private static List<Path> localFiles(Scene scene) throws IOException {
        try (Stream<Path> files = Files.list(scene.database().meta().resolve("ltx/0"))) {
            return new ArrayList<>(files.toList());
        }
    }
}
