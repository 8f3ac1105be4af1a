package io.github.litestreamjdbc.bench;

import io.github.litestreamjdbc.engine.Replication;
import java.io.IOException;
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
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Commits through our driver beside commits through plain sqlite-jdbc: alternating rounds in one run, printed as a ratio.
 * Then how long a commit takes to be safe in the replica.
 */
public final class CommitComparison {
    private static final int ROUNDS = 4;
    private static final long ROUND_NANOS = TimeUnit.SECONDS.toNanos(4);
    private static final int LAG_SAMPLES = 300;

    private CommitComparison() {}

    /** Takes some two minutes. */
    public static void main(String[] args) throws Exception {
        Path directory = Files.createTempDirectory("commit-comparison");
        try {
            System.out.println("commits/s, mean of " + (ROUNDS - 1) + " rounds after a warm-up, alternating");
            System.out.printf("%-12s %7s %12s %12s %7s%n", "synchronous", "threads", "plain", "ours", "ratio");
            for (String synchronous : List.of("FULL", "NORMAL")) {
                for (int threads : new int[] {1, 4}) {
                    compare(directory, synchronous, threads);
                }
            }
            lag(directory);
        } finally {
            delete(directory);
        }
    }

    private static void compare(Path directory, String synchronous, int threads) throws Exception {
        Path plain = directory.resolve("plain-" + synchronous + threads + ".db");
        Path ours = directory.resolve("ours-" + synchronous + threads + ".db");
        String options = "synchronous=" + synchronous + "&busy_timeout=20000";
        String plainUrl = "jdbc:sqlite:" + plain + "?journal_mode=WAL&" + options;
        String oursUrl = "jdbc:litestream:sqlite:" + ours + "?replica="
                + directory.resolve("replica-" + synchronous + threads).toUri() + "&linger=0&" + options;
        double plainRate = 0;
        double oursRate = 0;
        for (int round = 0; round < ROUNDS; round++) {
            double p = rate(plainUrl, threads);
            double o = rate(oursUrl, threads);
            if (round > 0) {
                plainRate += p / (ROUNDS - 1);
                oursRate += o / (ROUNDS - 1);
            }
        }
        System.out.printf(
                "%-12s %7d %,12.0f %,12.0f %7.2f%n", synchronous, threads, plainRate, oursRate, oursRate / plainRate);
    }

    private static double rate(String url, int threads) throws Exception {
        try (Connection connection = DriverManager.getConnection(url)) {
            run(connection, "CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, v BLOB)");
            ExecutorService pool = Executors.newFixedThreadPool(threads);
            long start = System.nanoTime();
            List<Future<Long>> writers = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                writers.add(pool.submit(() -> write(url, start + ROUND_NANOS)));
            }
            long commits = 0;
            for (Future<Long> writer : writers) {
                commits += writer.get();
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            pool.shutdown();
            return commits / seconds;
        }
    }

    private static long write(String url, long endNanos) throws SQLException {
        long commits = 0;
        try (Connection connection = DriverManager.getConnection(url);
                PreparedStatement insert = connection.prepareStatement("INSERT INTO t (v) VALUES (randomblob(100))")) {
            while (System.nanoTime() < endNanos) {
                insert.executeUpdate();
                commits++;
            }
        }
        return commits;
    }

    private static void lag(Path directory) throws Exception {
        Path plain = directory.resolve("plain-lag.db");
        String url = "jdbc:litestream:sqlite:" + directory.resolve("ours-lag.db") + "?replica="
                + directory.resolve("replica-lag").toUri() + "&linger=0";
        try (Connection alone = DriverManager.getConnection("jdbc:sqlite:" + plain + "?journal_mode=WAL");
                Connection ours = DriverManager.getConnection(url)) {
            Replication replication = ours.unwrap(Replication.class);
            run(alone, "CREATE TABLE t (v)");
            run(ours, "CREATE TABLE t (v)");
            long[] commit = new long[LAG_SAMPLES];
            long[] safe = new long[LAG_SAMPLES];
            for (int i = 0; i < LAG_SAMPLES; i++) {
                long start = System.nanoTime();
                run(alone, "INSERT INTO t VALUES (1)");
                commit[i] = System.nanoTime() - start;
                run(ours, "INSERT INTO t VALUES (1)");
                start = System.nanoTime();
                replication.sync(Duration.ofSeconds(10));
                safe[i] = System.nanoTime() - start;
            }
            System.out.println("\none commit, ms                         p50      p99     most");
            print("plain commit (synchronous=FULL)", commit);
            print("from our commit to safe in the replica", safe);
        }
    }

    private static void print(String what, long[] nanos) {
        Arrays.sort(nanos);
        System.out.printf(
                "%-38s %7.2f %8.2f %8.2f%n",
                what,
                nanos[nanos.length / 2] / 1e6,
                nanos[nanos.length * 99 / 100] / 1e6,
                nanos[nanos.length - 1] / 1e6);
    }

    private static void run(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    static void delete(Path directory) throws IOException {
        try (Stream<Path> tree = Files.walk(directory)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
