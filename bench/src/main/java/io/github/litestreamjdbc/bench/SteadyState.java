package io.github.litestreamjdbc.bench;

import io.github.litestreamjdbc.engine.Replication;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * What replication takes of a process that does what it does all day: how long a commit is on its way to the replica and
 * how many PUTs that costs, the processor's share at 500 commits a second beside plain sqlite-jdbc, and that of databases
 * at rest, with their heap. The argument chooses a part: {@code lag}, {@code cpu} or {@code idle}.
 */
public final class SteadyState {
    private static final int LONE_COMMITS = 60;
    private static final long LONE_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1_100);
    private static final long LOAD_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long WARM_UP_NANOS = TimeUnit.SECONDS.toNanos(20);
    private static final int ROUNDS = 5;

    private SteadyState() {}

    /** Takes some ten minutes. */
    public static void main(String[] arguments) throws Exception {
        List<String> parts = arguments.length == 0 ? List.of("lag", "cpu", "idle") : List.of(arguments);
        Path directory = Files.createTempDirectory("steady-state");
        try {
            if (parts.contains("lag")) {
                lag(directory);
            }
            if (parts.contains("cpu")) {
                cpu(directory);
            }
            if (parts.contains("idle")) {
                idle(directory);
            }
        } finally {
            Folders.delete(directory);
        }
    }

    private static void lag(Path directory) throws Exception {
        Path objects = Files.createDirectory(directory.resolve("s3"));
        System.out.println("\n| from commit to replica | p50 ms | p99 ms | most ms | PUTs | seconds |");
        System.out.println("| --- | ---: | ---: | ---: | ---: | ---: |");
        try (LoopbackS3 s3 = new LoopbackS3(objects, Duration.ZERO)) {
            String folder = directory.resolve("replica-").toUri().toString();
            lone("lone commits, directory", directory, folder + "lone", Map.of());
            lone("lone commits, S3", directory, s3.url("lone"), s3.settings());
            load("200 commits/s, directory", directory, folder + "load", Map.of());
            load("200 commits/s, S3", directory, s3.url("load"), s3.settings());
            load("200 commits/s, directory, sync-interval=0", directory, folder + "now&sync-interval=0s", Map.of());
            load("200 commits/s, S3, sync-interval=0", directory, s3.url("now") + "&sync-interval=0s", s3.settings());
        }
    }

    /** Each after a quiet time; seen from outside. */
    private static void lone(String what, Path directory, String replica, Map<String, String> settings)
            throws Exception {
        try (Connection connection = ours(Files.createTempDirectory(directory, "db"), replica, settings);
                PreparedStatement insert = connection.prepareStatement("INSERT INTO t (v) VALUES (randomblob(100))")) {
            Replication replication = connection.unwrap(Replication.class);
            long[] nanos = new long[LONE_COMMITS];
            long puts = 0;
            long begun = 0;
            for (int i = -5; i < nanos.length; i++) {
                LockSupport.parkNanos(LONE_PAUSE_NANOS);
                if (i == 0) {
                    puts = reading("PutRequests");
                    begun = System.nanoTime();
                }
                long before = replication.replicated();
                insert.executeUpdate();
                long committed = System.nanoTime();
                while (replication.replicated() == before) {
                    LockSupport.parkNanos(50_000);
                }
                if (i >= 0) {
                    nanos[i] = System.nanoTime() - committed;
                }
            }
            double seconds = (System.nanoTime() - begun) / 1e9;
            puts = reading("PutRequests") - puts;
            Arrays.sort(nanos);
            print(
                    what,
                    nanos[nanos.length / 2] / 1e6,
                    nanos[nanos.length * 99 / 100] / 1e6,
                    nanos[nanos.length - 1] / 1e6,
                    puts,
                    seconds);
        }
    }

    /** Paced; as the driver itself reports it, of each commit from when it was noticed. */
    private static void load(String what, Path directory, String replica, Map<String, String> settings)
            throws Exception {
        try (Connection connection = ours(Files.createTempDirectory(directory, "db"), replica, settings)) {
            paced(connection, 200, LOAD_NANOS);
            long puts = reading("PutRequests");
            long begun = System.nanoTime();
            double most = 0;
            for (int i = 0; i < 10; i++) {
                paced(connection, 200, LOAD_NANOS / 5);
                most = Math.max(most, reading("ReplicationLagMillis"));
            }
            double seconds = (System.nanoTime() - begun) / 1e9;
            puts = reading("PutRequests") - puts;
            print(what, real("ReplicationLagP50Millis"), real("ReplicationLagP99Millis"), most, puts, seconds);
        }
    }

    private static void print(String what, double p50, double p99, double most, long puts, double seconds) {
        System.out.printf("| %s | %.1f | %.1f | %.1f | %d | %.0f |%n", what, p50, p99, most, puts, seconds);
    }

    private static void cpu(Path directory) throws Exception {
        Path home = Files.createDirectory(directory.resolve("cpu"));
        List<Double> ratios = new ArrayList<>();
        List<Double> plainShares = new ArrayList<>();
        List<Double> ourShares = new ArrayList<>();
        try (Connection plain = create(DriverManager.getConnection(
                        "jdbc:sqlite:" + home.resolve("plain.db") + "?journal_mode=WAL&synchronous=NORMAL"));
                Connection ours =
                        ours(home, directory.resolve("replica-cpu").toUri() + "&synchronous=NORMAL", Map.of())) {
            // What the compiler does for code that is new to it is no steady state.
            paced(plain, 2_000, WARM_UP_NANOS);
            paced(ours, 2_000, WARM_UP_NANOS);
            for (int round = 0; round < ROUNDS; round++) {
                double p = share(() -> paced(plain, 500, LOAD_NANOS));
                double o = share(() -> paced(ours, 500, LOAD_NANOS));
                ours.unwrap(Replication.class).sync(Duration.ofMinutes(1));
                plainShares.add(p);
                ourShares.add(o);
                ratios.add(o / p);
            }
        }
        ratios.sort(null);
        System.out.printf(
                "%n500 commits/s: %.2f %% of a processor plain, %.2f %% ours, ratio %.2f (%.2f to %.2f in %d rounds)%n",
                100 * median(plainShares),
                100 * median(ourShares),
                median(ratios),
                ratios.get(0),
                ratios.get(ROUNDS - 1),
                ROUNDS);
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }

    private static void idle(Path directory) throws Exception {
        System.out.println(
                "\n| databases at rest | monitor-interval | % of a processor | requests | heap KB each | threads |");
        System.out.println("| ---: | --- | ---: | ---: | ---: | ---: |");
        for (int databases : new int[] {0, 1, 100}) {
            idle(directory, databases, "1s");
        }
        idle(directory, 100, "0s");
    }

    private static void idle(Path directory, int databases, String interval) throws Exception {
        List<Connection> connections = new ArrayList<>();
        long heapBefore = heapBytes();
        try {
            for (int i = 0; i < databases; i++) {
                Path home = Files.createTempDirectory(directory, "idle");
                connections.add(ours(
                        home,
                        home.resolve("replica").toUri() + "&monitor-interval=" + interval
                                + "&checkpoint-interval=5s&levels=5s,10s,20s",
                        Map.of()));
            }
            // Until everything is copied back and merged.
            TimeUnit.SECONDS.sleep(databases == 0 ? 10 : 45);
            long heap = (heapBytes() - heapBefore) / Math.max(1, databases) / 1024;
            long requests = requests();
            double share = share(() -> TimeUnit.SECONDS.sleep(20));
            long threads = Thread.getAllStackTraces().keySet().stream()
                    .filter(thread -> thread.getName().startsWith("litestream-"))
                    .count();
            System.out.printf(
                    "| %d | %s | %.3f | %d | %d | %d |%n",
                    databases, interval, 100 * share, requests() - requests, heap, threads);
        } finally {
            for (Connection connection : connections) {
                connection.close();
            }
        }
    }

    private static Connection ours(Path home, String replica, Map<String, String> settings) throws SQLException {
        Properties properties = new Properties();
        properties.putAll(settings);
        return create(DriverManager.getConnection(
                "jdbc:litestream:sqlite:" + home.resolve("app.db") + "?linger=0&replica=" + replica, properties));
    }

    private static Connection create(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, v BLOB)");
        }
        return connection;
    }

    private static void paced(Connection connection, int perSecond, long nanos) throws SQLException {
        long stepNanos = TimeUnit.SECONDS.toNanos(1) / perSecond;
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO t (v) VALUES (randomblob(100))")) {
            long begun = System.nanoTime();
            for (long due = 0; due < nanos; due += stepNanos) {
                while (System.nanoTime() - begun < due) {
                    LockSupport.parkNanos(due - (System.nanoTime() - begun));
                }
                insert.executeUpdate();
            }
        }
    }

    @FunctionalInterface
    private interface Work {
        void run() throws Exception;
    }

    /** Of one processor, by the whole process. */
    private static double share(Work work) throws Exception {
        var process = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long cpuBefore = process.getProcessCpuTime();
        long begun = System.nanoTime();
        work.run();
        return (process.getProcessCpuTime() - cpuBefore) / (double) (System.nanoTime() - begun);
    }

    private static long heapBytes() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private static long requests() throws JMException {
        long requests = 0;
        for (String kind : List.of("Put", "Get", "List", "Head", "Delete")) {
            requests += reading(kind + "Requests");
        }
        return requests;
    }

    /** Summed over all databases of this process. */
    private static long reading(String attribute) throws JMException {
        return (long) real(attribute);
    }

    private static double real(String attribute) throws JMException {
        double sum = 0;
        var server = ManagementFactory.getPlatformMBeanServer();
        for (ObjectName name : server.queryNames(new ObjectName("io.github.litestreamjdbc:type=Replication,*"), null)) {
            sum += ((Number) server.getAttribute(name, attribute)).doubleValue();
        }
        return sum;
    }
}
