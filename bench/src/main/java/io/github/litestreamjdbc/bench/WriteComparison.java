package io.github.litestreamjdbc.bench;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
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
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.regex.Pattern;
import javax.sql.DataSource;

/**
 * Loads of an application on our driver with a directory as the replica, beside the same loads on plain sqlite-jdbc with
 * its own automatic checkpoints: alternating rounds in one JVM on files that live through all rounds, medians printed as a
 * Markdown table. Between rounds everything is uploaded, so that neither side pays for the other.
 *
 * <p>The argument is a regular expression that chooses loads by name.
 */
public final class WriteComparison {
    private static final int ROUNDS = Integer.getInteger("rounds", 5);
    private static final long ROUND_NANOS = TimeUnit.MILLISECONDS.toNanos(Integer.getInteger("round.millis", 2_000));

    private WriteComparison() {}

    /** One operation of the load, a commit or a read. */
    private interface Operation {
        void run(Connection connection, Statements statements, SplittableRandom random) throws SQLException;
    }

    /** @param rows rows of 1,000 bytes that are there before; 0 for an empty table of small rows */
    private record Load(String name, String synchronous, int threads, int rows, Operation operation) {}

    /** The statements of one connection, prepared once. */
    private record Statements(PreparedStatement insert, PreparedStatement select, PreparedStatement update)
            implements AutoCloseable {
        static Statements of(Connection connection) throws SQLException {
            return new Statements(
                    connection.prepareStatement("INSERT INTO t (v) VALUES (randomblob(100))"),
                    connection.prepareStatement("SELECT v FROM t WHERE id = ?"),
                    connection.prepareStatement("UPDATE t SET v = randomblob(1000) WHERE id = ?"));
        }

        @Override
        public void close() throws SQLException {
            insert.close();
            select.close();
            update.close();
        }
    }

    /** What one side did in one round; CPU of the whole process until all of it was uploaded. */
    private record Round(
            double perSecond,
            double p999Millis,
            double worstMillis,
            double cpuMicrosPerOperation,
            double walMegabytes) {}

    /** Takes some ten minutes without an argument. */
    public static void main(String[] args) throws Exception {
        Pattern chosen = Pattern.compile(args.length > 0 ? args[0] : "");
        System.out.printf(
                "median of %d alternating rounds of %d ms; plain / ours, and the spread of the ratio%n%n",
                ROUNDS, ROUND_NANOS / 1_000_000);
        System.out.println(
                "| load | operations/s | ratio | of single rounds | p99.9 ms | worst ms | CPU µs each | WAL MB |");
        System.out.println("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        for (Load load : loads()) {
            if (chosen.matcher(load.name + " " + load.synchronous).find()) {
                compare(load);
            }
        }
    }

    private static List<Load> loads() {
        Operation insert = (connection, statements, random) -> statements.insert.executeUpdate();
        List<Load> loads = new ArrayList<>();
        for (String synchronous : List.of("NORMAL", "FULL")) {
            loads.add(new Load("1 row, autocommit", synchronous, 1, 0, insert));
            loads.add(new Load("10 rows", synchronous, 1, 0, rows(10)));
            loads.add(new Load("1,000 rows", synchronous, 1, 0, rows(1_000)));
            loads.add(new Load("1 row, 4 threads", synchronous, 4, 0, insert));
            loads.add(new Load("80 reads, 20 updates", synchronous, 4, 12_000, mix(12_000, 80)));
            loads.add(new Load("updates in 12 MB", synchronous, 1, 12_000, mix(12_000, 0)));
        }
        loads.add(new Load("updates in 1 GB", "NORMAL", 1, 900_000, mix(900_000, 0)));
        loads.add(new Load("reads", "NORMAL", 2, 12_000, mix(12_000, 100)));
        return loads;
    }

    private static Operation rows(int count) {
        return (connection, statements, random) -> {
            connection.setAutoCommit(false);
            for (int i = 0; i < count; i++) {
                statements.insert.executeUpdate();
            }
            connection.commit();
            connection.setAutoCommit(true);
        };
    }

    private static Operation mix(int rows, int readPercent) {
        return (connection, statements, random) -> {
            boolean read = random.nextInt(100) < readPercent;
            PreparedStatement statement = read ? statements.select : statements.update;
            statement.setInt(1, 1 + random.nextInt(rows));
            if (read) {
                statement.executeQuery().close();
            } else {
                statement.executeUpdate();
            }
        };
    }

    private static void compare(Load load) throws Exception {
        Path directory = Files.createTempDirectory("write-comparison");
        try {
            Path plainFile = directory.resolve("plain.db");
            Path ourFile = directory.resolve("ours.db");
            fill(plainFile, load.rows);
            Files.copy(plainFile, ourFile);
            String options = "synchronous=" + load.synchronous + "&busy_timeout=20000";
            String plainUrl = "jdbc:sqlite:" + plainFile + "?journal_mode=WAL&" + options;
            String ourUrl = "jdbc:litestream:sqlite:" + ourFile + "?linger=0&replica="
                    + directory.resolve("replica").toUri() + "&" + options;
            try (HikariDataSource plain = pool(plainUrl, load.threads);
                    HikariDataSource ours = pool(ourUrl, load.threads)) {
                List<Round> plainRounds = new ArrayList<>();
                List<Round> ourRounds = new ArrayList<>();
                settle(ours);
                for (int round = -1; round < ROUNDS; round++) {
                    Round p = round(load, plain, plainFile, round, false);
                    Round o = round(load, ours, ourFile, round, true);
                    if (round >= 0) {
                        plainRounds.add(p);
                        ourRounds.add(o);
                    }
                }
                print(load, plainRounds, ourRounds);
            }
        } finally {
            Folders.delete(directory);
        }
    }

    private static void print(Load load, List<Round> plain, List<Round> ours) {
        double[] ratios = new double[plain.size()];
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] = ours.get(i).perSecond / plain.get(i).perSecond;
        }
        Arrays.sort(ratios);
        System.out.printf(
                "| %s, %s | %,.0f / %,.0f | %.2f | %.2f–%.2f | %s | %s | %s | %s |%n",
                load.name,
                load.synchronous,
                median(plain, Round::perSecond),
                median(ours, Round::perSecond),
                ratios[ratios.length / 2],
                ratios[0],
                ratios[ratios.length - 1],
                both("%.2f", plain, ours, Round::p999Millis),
                both("%.1f", plain, ours, Round::worstMillis),
                both("%.1f", plain, ours, Round::cpuMicrosPerOperation),
                both("%.1f", plain, ours, Round::walMegabytes));
    }

    private static String both(String format, List<Round> plain, List<Round> ours, ToDoubleFunction<Round> value) {
        return String.format(format + " / " + format, median(plain, value), median(ours, value));
    }

    private static double median(List<Round> rounds, ToDoubleFunction<Round> value) {
        return rounds.stream().mapToDouble(value).sorted().toArray()[rounds.size() / 2];
    }

    private static HikariDataSource pool(String url, int threads) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(url);
        config.setMaximumPoolSize(threads);
        return new HikariDataSource(config);
    }

    private static void fill(Path file, int rows) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file + "?journal_mode=WAL");
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB)");
            if (rows > 0) {
                statement.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + rows
                        + ") INSERT INTO t SELECT i, randomblob(1000) FROM n");
            }
        }
    }

    /** Waits until everything is in the replica. */
    private static void settle(DataSource ours) throws Exception {
        try (Connection connection = ours.getConnection()) {
            connection.unwrap(Replication.class).sync(Duration.ofMinutes(2));
        }
    }

    private static Round round(Load load, DataSource source, Path file, int round, boolean replicated)
            throws Exception {
        Path wal = file.resolveSibling(file.getFileName() + "-wal");
        ExecutorService pool = Executors.newFixedThreadPool(load.threads + 1);
        long cpuBefore = cpuNanos();
        long start = System.nanoTime();
        long end = start + ROUND_NANOS;
        CompletableFuture<Long> size = CompletableFuture.supplyAsync(() -> largest(wal, end), pool);
        List<CompletableFuture<long[]>> workers = new ArrayList<>();
        for (int i = 0; i < load.threads; i++) {
            SplittableRandom random = new SplittableRandom(round * 31L + i);
            workers.add(CompletableFuture.supplyAsync(() -> work(load, source, random, end), pool));
        }
        long[] nanos = workers.stream()
                .map(CompletableFuture::join)
                .flatMapToLong(Arrays::stream)
                .sorted()
                .toArray();
        double seconds = (System.nanoTime() - start) / 1e9;
        long walBytes = size.join();
        pool.shutdown();
        if (replicated) {
            settle(source);
        }
        return new Round(
                nanos.length / seconds,
                nanos[(int) (nanos.length * 0.999)] / 1e6,
                nanos[nanos.length - 1] / 1e6,
                (cpuNanos() - cpuBefore) / 1e3 / nanos.length,
                walBytes / 1e6);
    }

    private static long[] work(Load load, DataSource source, SplittableRandom random, long end) {
        long[] nanos = new long[1 << 10];
        int count = 0;
        try (Connection connection = source.getConnection();
                Statements statements = Statements.of(connection)) {
            for (long now = System.nanoTime(); now < end; ) {
                load.operation.run(connection, statements, random);
                long after = System.nanoTime();
                if (count == nanos.length) {
                    nanos = Arrays.copyOf(nanos, 2 * count);
                }
                nanos[count++] = after - now;
                now = after;
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return Arrays.copyOf(nanos, count);
    }

    private static long largest(Path wal, long end) {
        long largest = 0;
        while (System.nanoTime() < end) {
            try {
                largest = Math.max(largest, Files.size(wal));
                TimeUnit.MILLISECONDS.sleep(50);
            } catch (IOException notThereYet) {
                Thread.onSpinWait();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        return largest;
    }

    private static long cpuNanos() {
        return ((com.sun.management.OperatingSystemMXBean)
                        java.lang.management.ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }
}
