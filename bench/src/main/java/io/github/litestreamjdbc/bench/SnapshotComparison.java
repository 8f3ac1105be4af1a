package io.github.litestreamjdbc.bench;

import io.github.litestreamjdbc.api.ReplicaFile;
import io.github.litestreamjdbc.engine.ReplicaView;
import io.github.litestreamjdbc.engine.Replication;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * What a writer of single rows waits for while a database of 1 GB is written to a replica for the first time, and while a
 * snapshot is taken later, beside what it waits for with plain sqlite-jdbc and without a snapshot.
 */
public final class SnapshotComparison {
    private static final int ROWS = 1_000_000;
    private static final int ROW_BYTES = 1000;
    private static final long CALM_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final Duration TIMEOUT = Duration.ofMinutes(3);

    private SnapshotComparison() {}

    /** Takes some two minutes. */
    public static void main(String[] arguments) throws Exception {
        Path directory = Files.createTempDirectory("snapshot");
        try {
            Path database = directory.resolve("app.db");
            Path replica = directory.resolve("replica");
            create(database);
            System.out.printf(
                    Locale.ROOT,
                    "%d MB database%n%-44s %9s %9s %9s %9s %9s%n",
                    Files.size(database) >> 20,
                    "single-row commits, synchronous=NORMAL",
                    "commits",
                    "p50 us",
                    "p99 us",
                    "p99.9 us",
                    "max us");
            try (Connection plain = DriverManager.getConnection("jdbc:sqlite:" + database + "?synchronous=NORMAL")) {
                print("plain sqlite-jdbc", commits(plain, calm()));
            }
            try (Connection ours = DriverManager.getConnection("jdbc:litestream:sqlite:" + database + "?replica="
                    + replica.toUri() + "&linger=0&synchronous=NORMAL")) {
                Replication replication = ours.unwrap(Replication.class);
                long start = System.nanoTime();
                CompletableFuture<Double> first = CompletableFuture.supplyAsync(() -> untilRestorable(replica, start));
                print("ours, during the first snapshot", commits(ours, first));
                List<ReplicaFile> files = files(replica);
                long image =
                        files.stream().mapToLong(ReplicaFile::sizeBytes).max().orElseThrow();
                long all = files.stream().mapToLong(ReplicaFile::sizeBytes).sum();
                replication.sync(TIMEOUT);
                print("ours, no snapshot", commits(ours, calm()));
                replication.sync(TIMEOUT);
                long asked = System.nanoTime();
                CompletableFuture<Double> later = CompletableFuture.supplyAsync(() -> snapshot(replication, asked));
                print("ours, during a snapshot on demand", commits(ours, later));
                System.out.printf(
                        Locale.ROOT,
                        "first snapshot restorable after %.2f s, %d MB in the replica then, %.2f of the compressed"
                                + " database; snapshot on demand took %.2f s%n",
                        first.join(),
                        all >> 20,
                        (double) all / image,
                        later.join());
            }
        } finally {
            Folders.delete(directory);
        }
    }

    private static CompletableFuture<Double> calm() {
        long start = System.nanoTime();
        return CompletableFuture.supplyAsync(
                () -> seconds(start), CompletableFuture.delayedExecutor(CALM_NANOS, TimeUnit.NANOSECONDS));
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) / 1e9;
    }

    /** A listing is all that is asked, as a restore would begin. */
    private static double untilRestorable(Path replica, long start) {
        try {
            while (!Files.exists(replica) || files(replica).isEmpty()) {
                TimeUnit.MILLISECONDS.sleep(5);
            }
            return seconds(start);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static double snapshot(Replication replication, long start) {
        try {
            replication.snapshot(TIMEOUT);
            return seconds(start);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<ReplicaFile> files(Path replica) throws Exception {
        try (ReplicaView view = ReplicaView.open(replica.toUri().toString(), Map.of())) {
            return view.files();
        }
    }

    /** Microseconds of each commit until something is done, ascending. */
    private static long[] commits(Connection connection, CompletableFuture<?> done) throws SQLException {
        long[] micros = new long[1 << 16];
        int count = 0;
        Random random = new Random(2);
        try (PreparedStatement update = connection.prepareStatement("UPDATE t SET n = n + 1 WHERE id = ?")) {
            while (!done.isDone()) {
                update.setInt(1, 1 + random.nextInt(ROWS));
                long start = System.nanoTime();
                update.executeUpdate();
                if (count == micros.length) {
                    micros = Arrays.copyOf(micros, 2 * count);
                }
                micros[count++] = (System.nanoTime() - start) / 1000;
            }
        }
        long[] sorted = Arrays.copyOf(micros, count);
        Arrays.sort(sorted);
        return sorted;
    }

    private static void print(String what, long[] sorted) {
        System.out.printf(
                Locale.ROOT,
                "%-44s %9d %9d %9d %9d %9d%n",
                what,
                sorted.length,
                sorted[sorted.length / 2],
                sorted[(int) (sorted.length * 0.99)],
                sorted[(int) (sorted.length * 0.999)],
                sorted[sorted.length - 1]);
    }

    /** Rows of text that compress to about a third. */
    private static void create(Path database) throws SQLException {
        Random random = new Random(1);
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA journal_mode=WAL");
            statement.execute("PRAGMA synchronous=OFF");
            statement.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, v TEXT)");
            connection.setAutoCommit(false);
            try (PreparedStatement insert = connection.prepareStatement("INSERT INTO t (n, v) VALUES (0, ?)")) {
                for (int row = 1; row <= ROWS; row++) {
                    insert.setString(1, SampleReplica.text(random, ROW_BYTES));
                    insert.addBatch();
                    if (row % 10_000 == 0) {
                        insert.executeBatch();
                        connection.commit();
                    }
                }
            }
            connection.setAutoCommit(true);
            statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
        }
    }
}
