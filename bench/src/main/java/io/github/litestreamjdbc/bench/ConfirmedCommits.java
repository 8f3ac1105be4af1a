package io.github.litestreamjdbc.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Commits that return when the replica has them: how many a second, how long each, and how many puts, for several numbers of
 * threads and latencies of the store. Beside them the limit, one group for each put with every thread in it, and the commits
 * that plain sqlite-jdbc makes on this machine with as many threads, without any replica.
 */
public final class ConfirmedCommits {
    private static final int[] THREADS = numbers("litestreamjdbc.benchThreads", "1,8,64");
    private static final int[] LATENCIES_MILLIS = numbers("litestreamjdbc.benchMillis", "0,5,30,100");
    private static final long RUN_NANOS = Long.getLong("litestreamjdbc.benchSeconds", 8) * 1_000_000_000L;
    private static final String PRAGMAS = "journal_mode=WAL&synchronous=NORMAL&busy_timeout=60000";

    private ConfirmedCommits() {}

    private static int[] numbers(String property, String otherwise) {
        return Arrays.stream(System.getProperty(property, otherwise).split(","))
                .mapToInt(Integer::parseInt)
                .toArray();
    }

    private record Result(long commits, double seconds, long[] sortedNanos) {
        double perSecond() {
            return commits / seconds;
        }

        double millisAt(double share) {
            return sortedNanos[(int) Math.min(sortedNanos.length - 1L, (long) (sortedNanos.length * share))] / 1e6;
        }
    }

    /** Takes some two minutes. */
    public static void main(String[] arguments) throws Exception {
        System.out.printf(
                "%7s %10s %10s %10s %10s %8s %10s %9s %9s %12s%n",
                "threads",
                "store ms",
                "put ms",
                "commits/s",
                "limit/s",
                "of limit",
                "sqlite/s",
                "p50 ms",
                "p99 ms",
                "PUTs/1000");
        for (int threads : THREADS) {
            Result plain = run(threads, "jdbc:sqlite:%s?" + PRAGMAS);
            for (int latency : LATENCIES_MILLIS) {
                long puts = SlowDirectory.PUTS.get();
                long putNanos = SlowDirectory.PUT_NANOS.get();
                Result confirmed = run(
                        threads,
                        "jdbc:litestream:sqlite:%1$s?replica=slow:" + latency
                                + ":%1$s-replica&durability=replica&linger=0&" + PRAGMAS);
                puts = SlowDirectory.PUTS.get() - puts;
                double putMillis = (SlowDirectory.PUT_NANOS.get() - putNanos) / 1e6 / puts;
                double limit = Math.min(threads * 1000.0 / putMillis, plain.perSecond());
                System.out.printf(
                        "%7d %10d %10.1f %10.0f %10.0f %8.2f %10.0f %9.2f %9.2f %12.1f%n",
                        threads,
                        latency,
                        putMillis,
                        confirmed.perSecond(),
                        limit,
                        confirmed.perSecond() / limit,
                        plain.perSecond(),
                        confirmed.millisAt(0.5),
                        confirmed.millisAt(0.99),
                        puts * 1000.0 / confirmed.commits());
            }
        }
    }

    private static Result run(int threads, String url) throws Exception {
        Path directory = Files.createTempDirectory("confirmed");
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try (Connection first = DriverManager.getConnection(String.format(url, directory.resolve("app.db")))) {
            try (Statement statement = first.createStatement()) {
                statement.executeUpdate("CREATE TABLE t (v TEXT)");
            }
            long begun = System.nanoTime();
            List<Future<List<Long>>> running = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                running.add(pool.submit(writer(String.format(url, directory.resolve("app.db")), begun + RUN_NANOS)));
            }
            List<Long> all = new ArrayList<>();
            for (Future<List<Long>> one : running) {
                all.addAll(one.get());
            }
            double seconds = (System.nanoTime() - begun) / 1e9;
            long[] sorted = all.stream().mapToLong(Long::longValue).toArray();
            Arrays.sort(sorted);
            return new Result(sorted.length, seconds, sorted);
        } finally {
            pool.shutdown();
            Folders.delete(directory);
        }
    }

    private static Callable<List<Long>> writer(String url, long untilNanos) {
        return () -> {
            List<Long> nanos = new ArrayList<>();
            try (Connection connection = DriverManager.getConnection(url);
                    PreparedStatement insert = connection.prepareStatement("INSERT INTO t VALUES (?)")) {
                while (System.nanoTime() - untilNanos < 0) {
                    nanos.add(commit(insert));
                }
            }
            return nanos;
        };
    }

    private static long commit(PreparedStatement insert) throws SQLException {
        long begun = System.nanoTime();
        insert.setString(1, "some text of a usual length");
        insert.executeUpdate();
        return System.nanoTime() - begun;
    }
}
