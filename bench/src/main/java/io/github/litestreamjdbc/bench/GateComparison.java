package io.github.litestreamjdbc.bench;

import io.github.litestreamjdbc.api.ReplicationMXBean;
import io.github.litestreamjdbc.engine.Replication;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.management.JMException;
import javax.management.JMX;
import javax.management.ObjectName;

/**
 * What our checkpoints do to the application's writers, by the kind of their transactions: alternating rounds beside plain
 * sqlite-jdbc with its own checkpoints. The driver finds out the kinds by itself. {@code SQLITE_BUSY} that plain gets as
 * well comes from the application's own transactions.
 */
public final class GateComparison {
    private static final int ROUNDS = 3;

    /** A WAL that still grows makes every fsync slower, and ours grows for longer: until it has reached its size nothing counts. */
    private static final long WARM_UP_NANOS = TimeUnit.MILLISECONDS.toNanos(1500);

    private static final long ROUND_NANOS = TimeUnit.MILLISECONDS.toNanos(1500);
    private static final int BUSY = 5;

    private GateComparison() {}

    private enum Kind {
        AUTO_COMMIT("auto-commit", 1, 4),
        SELECT_THEN_UPDATE("SELECT then UPDATE", 1, 4, 16),
        BEGIN_IMMEDIATE("BEGIN IMMEDIATE", 4),
        BUSY_TIMEOUT_0("auto-commit, busy timeout 0", 1);

        private final String words;
        private final int[] threads;

        Kind(String words, int... threads) {
            this.words = words;
            this.threads = threads;
        }

        int[] threads() {
            return threads;
        }
    }

    private record Load(String synchronous, Kind kind, int threads, boolean outside) {}

    /**
     * One round.
     *
     * @param walFrames most frames seen in the WAL; 0 for plain
     * @param seals our checkpoints that had the write lock; 0 for plain
     * @param gateMillis the longest that a writer stood at the gate; 0 for plain
     */
    private record Round(
            double commitsPerSecond,
            long busy,
            double p999Millis,
            double worstMillis,
            long walFrames,
            long seals,
            double gateMillis) {}

    /**
     * Takes some six minutes; half with {@code NORMAL} or {@code FULL}; with the path of a database it is the outside
     * process.
     */
    public static void main(String[] args) throws Exception {
        List<String> levels = List.of("NORMAL", "FULL");
        if (args.length == 1 && !levels.contains(args[0])) {
            writeFromOutside(args[0]);
            return;
        }
        System.out.println("Medians of " + ROUNDS
                + " alternating rounds of 1.5 s after as long a warm-up; plain / ours. Outside: another process that"
                + " commits and checkpoints as it likes\n");
        System.out.println(
                "| synchronous | transactions | threads | outside | commits/s | ratio | SQLITE_BUSY | p99.9 ms |"
                        + " worst ms | seals/s | frames, most | gate, worst ms |");
        System.out.println("| --- | --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        for (String synchronous : args.length == 1 ? List.of(args[0]) : levels) {
            for (Kind kind : Kind.values()) {
                for (int threads : kind.threads()) {
                    compare(new Load(synchronous, kind, threads, false));
                }
            }
            compare(new Load(synchronous, Kind.AUTO_COMMIT, 4, true));
            compare(new Load(synchronous, Kind.SELECT_THEN_UPDATE, 1, true));
            compare(new Load(synchronous, Kind.BEGIN_IMMEDIATE, 4, true));
        }
    }

    private static void compare(Load load) throws Exception {
        List<Round> plain = new ArrayList<>();
        List<Round> ours = new ArrayList<>();
        for (int i = 0; i < ROUNDS; i++) {
            plain.add(round(load, false));
            ours.add(round(load, true));
        }
        Round p = median(plain);
        Round o = median(ours);
        System.out.printf(
                Locale.ROOT,
                "| %s | %s | %d | %s | %,.0f / %,.0f | %.2f | %,d / %,d | %.1f / %.1f | %.0f / %.0f | %.1f | %,d | %.0f |%n",
                load.synchronous,
                load.kind.words,
                load.threads,
                load.outside ? "yes" : "",
                p.commitsPerSecond,
                o.commitsPerSecond,
                o.commitsPerSecond / p.commitsPerSecond,
                p.busy,
                o.busy,
                p.p999Millis,
                o.p999Millis,
                p.worstMillis,
                o.worstMillis,
                o.seals * 1e9 / (WARM_UP_NANOS + ROUND_NANOS),
                o.walFrames,
                o.gateMillis);
    }

    private static Round median(List<Round> rounds) {
        return rounds.stream()
                .sorted((a, b) -> Double.compare(a.commitsPerSecond, b.commitsPerSecond))
                .toList()
                .get(rounds.size() / 2);
    }

    private static Round round(Load load, boolean replicated) throws Exception {
        Path directory = Files.createTempDirectory("gate-comparison");
        try {
            Path file = directory.resolve("app.db");
            String options = "synchronous=" + load.synchronous + "&busy_timeout="
                    + (load.kind == Kind.BUSY_TIMEOUT_0 ? 0 : 5000);
            String url = replicated
                    ? "jdbc:litestream:sqlite:" + file + "?linger=0&replica="
                            + directory.resolve("replica").toUri() + "&" + options
                    : "jdbc:sqlite:" + file + "?journal_mode=WAL&" + options;
            try (Connection first = DriverManager.getConnection(url)) {
                run(first, "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER, pad BLOB)");
                run(first, "INSERT INTO t VALUES (0, 0, randomblob(100))");
                return measure(load, url, file, replicated ? first.unwrap(Replication.class) : null);
            }
        } finally {
            Folders.delete(directory);
        }
    }

    private static Round measure(Load load, String url, Path file, Replication replication) throws Exception {
        Process outside = load.outside ? startOutside(file) : null;
        ExecutorService pool = Executors.newFixedThreadPool(load.threads);
        try {
            long startNanos = System.nanoTime() + WARM_UP_NANOS;
            List<Future<Writer>> writers = new ArrayList<>();
            for (int i = 0; i < load.threads; i++) {
                Writer writer = new Writer(load.kind, url, startNanos, startNanos + ROUND_NANOS);
                writers.add(pool.submit(writer::run));
            }
            long frames = 0;
            while (System.nanoTime() - startNanos < ROUND_NANOS) {
                frames = replication == null
                        ? 0
                        : Math.max(frames, replication.status().walFrames());
                LockSupport.parkNanos(5_000_000);
            }
            Round round = summed(writers, startNanos, frames);
            return replication == null ? round : withCheckpoints(round);
        } finally {
            pool.shutdown();
            if (outside != null) {
                outside.destroyForcibly().waitFor();
            }
        }
    }

    private static Round summed(List<Future<Writer>> writers, long startNanos, long frames) throws Exception {
        long commits = 0;
        long busy = 0;
        List<long[]> times = new ArrayList<>();
        for (Future<Writer> each : writers) {
            Writer writer = each.get();
            commits += writer.commits;
            busy += writer.busy;
            times.add(Arrays.copyOf(writer.nanos, (int) Math.min(writer.commits, writer.nanos.length)));
        }
        double seconds = (System.nanoTime() - startNanos) / 1e9;
        long[] sorted = times.stream().flatMapToLong(Arrays::stream).sorted().toArray();
        return new Round(
                commits / seconds,
                busy,
                sorted[(int) (sorted.length * 0.999)] / 1e6,
                sorted[sorted.length - 1] / 1e6,
                frames,
                0,
                0);
    }

    private static Round withCheckpoints(Round round) throws JMException {
        ReplicationMXBean readings = JMX.newMXBeanProxy(
                ManagementFactory.getPlatformMBeanServer(),
                new ObjectName("io.github.litestreamjdbc:type=Replication,name=app.db"),
                ReplicationMXBean.class);
        return new Round(
                round.commitsPerSecond,
                round.busy,
                round.p999Millis,
                round.worstMillis,
                round.walFrames,
                readings.getSealCheckpoints(),
                readings.getWriterStallMaxMillis());
    }

    /** One thread with a connection of its own; its own until the thread has ended. */
    private static final class Writer {
        private final Kind kind;
        private final String url;
        private final long startNanos;
        private final long endNanos;
        private final long[] nanos = new long[1_000_000];
        private long commits;
        private long busy;

        Writer(Kind kind, String url, long startNanos, long endNanos) {
            this.kind = kind;
            this.url = url;
            this.startNanos = startNanos;
            this.endNanos = endNanos;
        }

        Writer run() throws SQLException {
            try (Connection connection = DriverManager.getConnection(url);
                    Statement statement = connection.createStatement();
                    PreparedStatement insert =
                            connection.prepareStatement("INSERT INTO t (v, pad) VALUES (1, randomblob(100))")) {
                while (System.nanoTime() - endNanos < 0) {
                    long start = System.nanoTime();
                    try {
                        transaction(connection, statement, insert);
                        if (start - startNanos < 0) {
                            continue;
                        }
                        if (commits < nanos.length) {
                            nanos[(int) commits] = System.nanoTime() - start;
                        }
                        commits++;
                    } catch (SQLException e) {
                        if ((e.getErrorCode() & 0xff) != BUSY) {
                            throw e;
                        }
                        busy += start - startNanos < 0 ? 0 : 1;
                        if (!connection.getAutoCommit()) {
                            connection.rollback();
                        } else if (kind == Kind.BEGIN_IMMEDIATE) {
                            rollbackIfOpen(statement);
                        }
                    }
                }
                return this;
            }
        }

        private void transaction(Connection connection, Statement statement, PreparedStatement insert)
                throws SQLException {
            switch (kind) {
                case AUTO_COMMIT, BUSY_TIMEOUT_0 -> insert.executeUpdate();
                case SELECT_THEN_UPDATE -> {
                    connection.setAutoCommit(false);
                    try (ResultSet row = statement.executeQuery("SELECT v FROM t WHERE id = 0")) {
                        row.next();
                    }
                    statement.executeUpdate("UPDATE t SET v = v + 1 WHERE id = 0");
                    connection.commit();
                    connection.setAutoCommit(true);
                }
                case BEGIN_IMMEDIATE -> {
                    statement.execute("BEGIN IMMEDIATE");
                    insert.executeUpdate();
                    statement.execute("COMMIT");
                }
            }
        }

        private static void rollbackIfOpen(Statement statement) {
            try {
                statement.execute("ROLLBACK");
            } catch (SQLException noTransaction) {
                // BEGIN itself was refused.
            }
        }
    }

    private static Process startOutside(Path file) throws IOException {
        return new ProcessBuilder(
                        ProcessHandle.current().info().command().orElse("java"),
                        "-cp",
                        System.getProperty("java.class.path"),
                        GateComparison.class.getName(),
                        file.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    /** Small transactions and checkpoints of its own, until it is killed. */
    private static void writeFromOutside(String file) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file + "?busy_timeout=5000")) {
            while (true) {
                run(connection, "INSERT INTO t (v, pad) VALUES (2, randomblob(100))");
            }
        }
    }

    private static void run(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
