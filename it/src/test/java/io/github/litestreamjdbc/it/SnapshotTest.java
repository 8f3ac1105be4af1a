package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.engine.Replication;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotTest {
    @TempDir
    private Path directory;

    private TestDatabase database;

    @BeforeEach
    void database() {
        database = TestDatabase.in(directory);
    }

    @Test
    void snapshotOnDemandIsInTheReplicaWhenTheCallReturns() throws Exception {
        try (Connection connection = database.connect()) {
            Sql.run(connection, "CREATE TABLE t (v)");
            TestDatabase.sync(connection);
            Sql.run(connection, "INSERT INTO t VALUES (7)");
            long txid = connection.unwrap(Replication.class).snapshot(TestDatabase.TIMEOUT);
            String name = String.format("%016x-%016x.ltx", 1, txid);
            assertThat(database.replica().resolve("ltx/9/" + name)).exists();
            assertThat(connection.unwrap(Replication.class).snapshot(TestDatabase.TIMEOUT))
                    .as("nothing changed: no other one")
                    .isEqualTo(txid);
            Replicas.delete(database.replica().resolve("ltx/0"));
        }
        database.loseFileAndState();
        try (Connection connection = database.connectRestoring()) {
            assertThat(Sql.number(connection, "SELECT v FROM t")).isEqualTo(7);
        }
    }

    /** Prints what a writer waits for the snapshot of 1 GB, beside what it waits without one; asserts no time. */
    @Test
    @Tag("large")
    void snapshotOfOneGigabyteWhileCommitsGoOn() throws Exception {
        try (Connection connection = database.connect()) {
            Sql.run(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB)", "PRAGMA synchronous=NORMAL");
            for (int i = 0; i < 64; i++) {
                Sql.run(
                        connection,
                        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 16)"
                                + " INSERT INTO t (v) SELECT randomblob(1000000) FROM n");
            }
            Replication replication = connection.unwrap(Replication.class);
            replication.sync(Duration.ofMinutes(5));
            Commits before = new Commits();
            long until = System.nanoTime() + Duration.ofSeconds(10).toNanos();
            while (System.nanoTime() < until) {
                before.commit(connection);
            }
            long start = System.nanoTime();
            CompletableFuture<Long> snapshot = CompletableFuture.supplyAsync(() -> {
                try {
                    return replication.snapshot(Duration.ofMinutes(5));
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            Commits during = new Commits();
            while (!snapshot.isDone()) {
                during.commit(connection);
            }
            long millis = (System.nanoTime() - start) / 1_000_000;
            System.out.printf(
                    "database %d MB, snapshot took %d ms; commits without it: %s; during it: %s%n",
                    Files.size(database.file()) >> 20, millis, before, during);
            assertThat(database.replica().resolve("ltx/9/" + String.format("%016x-%016x.ltx", 1, snapshot.join())))
                    .exists();
            assertThat(during.count).as("commits during the snapshot").isPositive();
        }
    }

    private static final class Commits {
        int count;
        long worstNanos;

        void commit(Connection connection) throws Exception {
            long start = System.nanoTime();
            Sql.run(connection, "UPDATE t SET v = randomblob(10000) WHERE id = " + (1 + count % 50));
            worstNanos = Math.max(worstNanos, System.nanoTime() - start);
            count++;
        }

        @Override
        public String toString() {
            return count + ", worst " + worstNanos / 1000 + " us";
        }
    }
}
