package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.engine.Replication;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConcurrentWritersTest {
    private static final int THREADS = 8;
    private static final long SECONDS = 5;

    @TempDir
    private Path directory;

    @Test
    void restoredDatabaseEqualsTheSourceByteForByteAfterEightWritersAndManyCheckpoints() throws Exception {
        Path database = directory.resolve("app.db");
        Path replica = directory.resolve("replica");
        String url = url(database, replica) + "&min-checkpoint-page-count=50&max-checkpoint-page-count=300"
                + "&sync-interval=20ms&synchronous=NORMAL&busy_timeout=20000";
        long largestWal;
        try (Connection connection = DriverManager.getConnection(url)) {
            Sql.run(
                    connection,
                    "CREATE TABLE t (id INTEGER PRIMARY KEY, thread INTEGER, v BLOB)",
                    "CREATE INDEX t_thread ON t (thread, v)");
            largestWal = writeFromManyThreads(url, connection.unwrap(Replication.class));
            connection.unwrap(Replication.class).sync(Duration.ofSeconds(30));
            assertThat(Sql.text(connection, "PRAGMA integrity_check")).isEqualTo("ok");
            checkpoint(database);
        }
        Path restored = directory.resolve("restored.db");
        try (Connection connection = DriverManager.getConnection(url(restored, replica))) {
            assertThat(Files.mismatch(restored, database))
                    .as("first differing byte")
                    .isEqualTo(-1);
            assertThat(Sql.text(connection, "PRAGMA integrity_check")).isEqualTo("ok");
        }
        assertThat(largestWal).as("frames in the longest WAL seen").isPositive().isLessThan(20_000);
        // And it begins anew again and again.
        assertThat(Replicas.capturedFrames(replica, 4096) / largestWal)
                .as("frames captured in all for each frame of the longest WAL, %s frames", largestWal)
                .isGreaterThanOrEqualTo(4);
    }

    private static String url(Path database, Path replica) {
        return "jdbc:litestream:sqlite:" + database + "?replica=" + replica.toUri() + "&restore=if-missing";
    }

    /** All frames go into the file; the engine's pins allow it since everything is captured. */
    private static void checkpoint(Path database) throws SQLException {
        try (Connection plain = DriverManager.getConnection("jdbc:sqlite:" + database)) {
            Sql.run(plain, "PRAGMA busy_timeout=10000", "PRAGMA wal_checkpoint(FULL)");
        }
    }

    /** Returns the most frames that were seen in the WAL. */
    private static long writeFromManyThreads(String url, Replication replication) throws Exception {
        long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        ExecutorService pool = Executors.newFixedThreadPool(THREADS + 1);
        try {
            List<Future<Long>> writers = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                int thread = i;
                writers.add(pool.submit(() -> write(url, thread, endNanos)));
            }
            Future<Long> watcher = pool.submit(() -> watch(replication, endNanos));
            for (Future<Long> writer : writers) {
                assertThat(writer.get()).as("commits of a thread").isPositive();
            }
            return watcher.get();
        } finally {
            pool.shutdownNow();
        }
    }

    private static long watch(Replication replication, long endNanos) {
        long largest = 0;
        while (System.nanoTime() < endNanos) {
            largest = Math.max(largest, replication.status().walFrames());
            LockSupport.parkNanos(5_000_000);
        }
        return largest;
    }

    private static long write(String url, int thread, long endNanos) throws SQLException {
        Random random = new Random(thread);
        long commits = 0;
        try (Connection connection = DriverManager.getConnection(url)) {
            for (; System.nanoTime() < endNanos; commits++) {
                int kind = random.nextInt(10);
                if (kind == 0) {
                    connection.setAutoCommit(false);
                    for (int i = 0; i < 20; i++) {
                        insert(connection, thread, random);
                    }
                    connection.commit();
                    connection.setAutoCommit(true);
                } else if (kind == 1) {
                    Sql.run(connection, "DELETE FROM t WHERE id IN (SELECT id FROM t ORDER BY random() LIMIT 30)");
                } else {
                    insert(connection, thread, random);
                }
            }
        }
        return commits;
    }

    private static void insert(Connection connection, int thread, Random random) throws SQLException {
        Sql.run(
                connection,
                "INSERT INTO t (thread, v) VALUES (" + thread + ", randomblob(" + random.nextInt(3000) + "))");
    }
}
