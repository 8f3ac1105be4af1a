package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.engine.Replication;
import io.github.litestreamjdbc.ltx.Txid;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLNonTransientException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteConnection;

/** Commits that return when the replica has them, and what they say when it has not. */
@Timeout(60)
class DurabilityTest {
    /** Longer than any test: what is to fail at once would not end by waiting. */
    private static final String[] FOREVER = {
        "durability=replica", "durability-timeout=1h", "shutdown-sync-timeout=100ms"
    };

    private static final String[] SHORT = {
        "durability=replica", "durability-timeout=200ms", "shutdown-sync-timeout=100ms"
    };

    @TempDir
    private Path directory;

    private TestDatabase database;

    @BeforeEach
    void database() {
        database = TestDatabase.in(directory);
    }

    @FunctionalInterface
    private interface Commit {
        void run() throws SQLException;
    }

    private static Replication replication(Connection connection) throws SQLException {
        return connection.unwrap(Replication.class);
    }

    private void assertReturnsReplicated(Connection connection, long rows, Commit commit) throws Exception {
        commit.run();
        Path copy = Files.createTempDirectory(directory, "copy");
        Replicas.copy(database.replica(), copy.resolve("replica"));
        try (Connection restored = TestDatabase.in(copy).connectRestoring()) {
            assertThat(Sql.number(restored, "SELECT count(*) FROM t")).isEqualTo(rows);
        }
        assertThat(replication(connection).status().unreplicatedCommits()).isZero();
    }

    private static void assertNotConfirmed(Commit commit, String... words) {
        assertThat(catchThrowable(commit::run))
                .isInstanceOf(SQLNonTransientException.class)
                .hasMessageContaining("committed locally, not confirmed")
                .satisfies(e -> assertThat(List.of(words))
                        .allSatisfy(word -> assertThat(e).hasMessageContaining(word)))
                .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("58030"));
    }

    /** A slow machine may need more than 200 ms for one of them, and has the next to show it. */
    private static boolean isConfirmed(Commit commit) throws SQLException {
        try {
            commit.run();
            return true;
        } catch (SQLNonTransientException notConfirmed) {
            return false;
        }
    }

    /** On a slow machine 200 ms do not suffice for a commit that is to succeed. */
    private void createTable() throws Exception {
        try (Connection connection = database.connect(FOREVER)) {
            Sql.run(connection, "CREATE TABLE t (v)");
        }
    }

    /** Nothing can be stored there any more. */
    private void loseReplica() throws Exception {
        Files.move(database.replica(), directory.resolve("kept"));
        Files.writeString(database.replica(), "in the way");
    }

    private void bringReplicaBack() throws Exception {
        Files.delete(database.replica());
        Files.move(directory.resolve("kept"), database.replica());
    }

    @Test
    void everyWayToCommitReturnsReplicated() throws Exception {
        try (Connection connection = database.connect(FOREVER);
                Statement statement = connection.createStatement()) {
            Sql.run(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
            assertReturnsReplicated(connection, 1, () -> statement.executeUpdate("INSERT INTO t VALUES (NULL)"));
            assertReturnsReplicated(connection, 2, () -> {
                try (ResultSet row = statement.executeQuery("INSERT INTO t VALUES (NULL) RETURNING id")) {
                    row.next();
                }
            });
            assertReturnsReplicated(connection, 3, () -> {
                try (PreparedStatement insert =
                                connection.prepareStatement("INSERT INTO t VALUES (NULL) RETURNING id");
                        ResultSet row = insert.executeQuery()) {
                    row.next();
                }
            });
            assertReturnsReplicated(connection, 5, () -> {
                statement.addBatch("INSERT INTO t VALUES (NULL)");
                statement.addBatch("INSERT INTO t VALUES (NULL)");
                statement.executeBatch();
            });
            assertReturnsReplicated(
                    connection, 6, () -> Sql.run(connection, "BEGIN", "INSERT INTO t VALUES (NULL)", "COMMIT"));
            assertReturnsReplicated(connection, 7, () -> {
                connection.setAutoCommit(false);
                statement.executeUpdate("INSERT INTO t VALUES (NULL)");
                connection.setAutoCommit(true);
            });
            assertReturnsReplicated(connection, 8, () -> {
                connection.setAutoCommit(false);
                statement.executeUpdate("INSERT INTO t VALUES (NULL)");
                connection.commit();
            });
        }
    }

    @Test
    void syncIntervalDoesNotDelayAWaitingCommit() throws Exception {
        try (Connection connection = database.connect(
                "durability=replica", "durability-timeout=1h", "shutdown-sync-timeout=100ms", "sync-interval=1h")) {
            Sql.run(connection, "CREATE TABLE t (v)");
            for (int rows = 1; rows <= 3; rows++) {
                assertReturnsReplicated(connection, rows, () -> Sql.run(connection, "INSERT INTO t VALUES (1)"));
            }
        }
    }

    @Test
    void manyThreadsAreAllConfirmed() throws Exception {
        // As long as it is missing, the URL of a directory has no slash at its end.
        Files.createDirectory(database.replica());
        ExecutorService threads = Executors.newFixedThreadPool(16);
        try (Connection first = database.connect("durability=replica", "durability-timeout=1h", "busy_timeout=30000")) {
            Sql.run(first, "CREATE TABLE t (v)");
            List<Future<?>> writers = new ArrayList<>();
            for (int thread = 0; thread < 16; thread++) {
                writers.add(threads.submit(() -> {
                    try (Connection connection =
                            database.connect("durability=replica", "durability-timeout=1h", "busy_timeout=30000")) {
                        for (int i = 0; i < 10; i++) {
                            Sql.run(connection, "INSERT INTO t VALUES (1)");
                        }
                        return null;
                    }
                }));
            }
            for (Future<?> writer : writers) {
                writer.get();
            }
            assertReturnsReplicated(first, 161, () -> Sql.run(first, "INSERT INTO t VALUES (1)"));
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void whatWasNotConfirmedIsNamedByItsTxidAndConfirmedLater() throws Exception {
        createTable();
        try (Connection connection = database.connect(SHORT)) {
            loseReplica();
            assertNotConfirmed(() -> Sql.run(connection, "INSERT INTO t VALUES (1)"), "TXID", "200 ms");
            Replication replication = replication(connection);
            long txid = replication.committed(TestDatabase.TIMEOUT);
            assertThat(txid).as("without the replica").isGreaterThan(replication.replicated());
            assertNotConfirmed(() -> Sql.run(connection, "INSERT INTO t VALUES (2)"), "TXID " + Txid.format(txid + 1));
            assertThat(Sql.number(connection, "SELECT count(*) FROM t")).isEqualTo(2);
            bringReplicaBack();
            replication.awaitReplicated(TestDatabase.TIMEOUT);
            assertThat(replication.replicated()).isGreaterThanOrEqualTo(txid + 1);
            await().until(() -> isConfirmed(() -> Sql.run(connection, "INSERT INTO t VALUES (3)")));
            assertReturnsReplicated(connection, Sql.number(connection, "SELECT count(*) FROM t"), () -> {});
        }
    }

    @Test
    void transactionThatWasNotConfirmedHasEndedAndTheNextBegins() throws Exception {
        createTable();
        try (Connection connection = database.connect(SHORT)) {
            loseReplica();
            connection.setAutoCommit(false);
            Sql.run(connection, "INSERT INTO t VALUES (1)");
            assertNotConfirmed(connection::commit);
            Sql.run(connection, "INSERT INTO t VALUES (2)");
            connection.rollback();
            Sql.run(connection, "INSERT INTO t VALUES (3)");
            assertNotConfirmed(() -> connection.setAutoCommit(true));
            assertThat(connection.getAutoCommit()).isTrue();
            assertThat(Sql.text(connection, "SELECT group_concat(v) FROM t")).isEqualTo("1,3");
        }
    }

    @Test
    void oneThatMattersIsAwaitedByItself() throws Exception {
        try (Connection connection = database.connect("sync-interval=1h")) {
            Sql.run(connection, "CREATE TABLE t (v)");
            Replication replication = replication(connection);
            long before = replication.awaitReplicated(TestDatabase.TIMEOUT);
            Sql.run(connection, "INSERT INTO t VALUES (1)");
            assertThat(replication.awaitReplicated(TestDatabase.TIMEOUT)).isGreaterThan(before);
            assertThat(replication.committed(TestDatabase.TIMEOUT)).isEqualTo(replication.replicated());
        }
    }

    @Test
    void failsAtOnceWhenAnotherWriterHasTheNextTxid() throws Exception {
        try (Connection connection = database.connect(FOREVER)) {
            Sql.run(connection, "CREATE TABLE t (v)");
            String next = Txid.format(replication(connection).replicated() + 1);
            Files.writeString(database.replica().resolve("ltx/0/" + next + "-" + next + ".ltx"), "of another writer");
            assertNotConfirmed(() -> Sql.run(connection, "INSERT INTO t VALUES (1)"), next, "another writer");
            await().until(() -> replication(connection).status().state() == ReplicationState.FENCED);
            assertNotConfirmed(() -> Sql.run(connection, "INSERT INTO t VALUES (2)"), "another writer");
        }
    }

    @Test
    void failsAtOnceWhenTheDatabaseFileWasRemoved() throws Exception {
        try (Connection connection = database.connect(FOREVER)) {
            Sql.run(connection, "CREATE TABLE t (v)");
            database.loseFile();
            assertNotConfirmed(() -> Sql.run(connection, "INSERT INTO t VALUES (1)"), "replaced or removed");
        }
    }

    @Test
    void failsAtOnceWhenLocalFilesCannotBeWrittenAndConfirmsAgainWhenTheyCan() throws Exception {
        try (Connection connection = database.connect(FOREVER)) {
            Sql.run(connection, "CREATE TABLE t (v)");
            Path local = database.meta().resolve("ltx/0");
            Path aside = directory.resolve("aside");
            Files.move(local, aside);
            Files.writeString(local, "in the way");
            assertNotConfirmed(() -> Sql.run(connection, "INSERT INTO t VALUES (1)"));
            assertThat(replication(connection).status().state()).isEqualTo(ReplicationState.LOCAL_FULL);
            Files.delete(local);
            Files.move(aside, local);
            assertReturnsReplicated(connection, 2, () -> Sql.run(connection, "INSERT INTO t VALUES (2)"));
        }
    }

    @Test
    void failsAtOnceWhenTheBudgetOfLocalFilesIsUsedUp() throws Exception {
        try (Connection connection = database.connect(
                "durability=replica",
                "durability-timeout=1h",
                "shutdown-sync-timeout=100ms",
                "local-budget=1",
                "monitor-interval=20ms")) {
            Sql.run(connection, "CREATE TABLE t (v)");
            loseReplica();
            try (Connection outside = DriverManager.getConnection("jdbc:sqlite:" + database.file())) {
                Sql.run(outside, "INSERT INTO t VALUES (1)");
            }
            await().until(() -> replication(connection).status().state() == ReplicationState.LOCAL_FULL);
            assertNotConfirmed(() -> Sql.run(connection, "INSERT INTO t VALUES (2)"), "local-budget=1");
        }
    }

    @Test
    void failsAtOnceWhenReplicationWasClosed() throws Exception {
        try (Connection connection = database.connect(FOREVER)) {
            Sql.run(connection, "CREATE TABLE t (v)");
            replication(connection).close();
            assertNotConfirmed(() -> Sql.run(connection, "INSERT INTO t VALUES (1)"), "replication was closed");
        }
    }

    @Test
    void failsAtOnceWhileAnotherProcessReplicates() throws Exception {
        try (ChildJvm child =
                ChildJvm.start(LogWriter.class, directory.resolve("errors"), database.url("restore=if-missing"), "1")) {
            String line = child.readLine();
            while (!line.contains("REPLICATED")) {
                line = child.readLine();
            }
            try (Connection connection =
                    database.connect("durability=replica", "durability-timeout=1h", "busy_timeout=20000")) {
                assertNotConfirmed(() -> Sql.run(connection, "CREATE TABLE second (v)"), "replicated by process");
            }
        }
    }

    /** It is committed, and holds nothing of SQLite's while it waits. */
    @Test
    void commitThatWaitsHoldsUpNoCheckpoint() throws Exception {
        String[] parameters = {
            "durability=replica", "durability-timeout=1h", "shutdown-sync-timeout=100ms", "busy_timeout=0"
        };
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try (Connection connection = database.connect(parameters);
                Connection other = database.connect(parameters)) {
            Sql.run(connection, "CREATE TABLE t (v)");
            loseReplica();
            Future<?> commit = thread.submit(() -> {
                Sql.run(connection, "INSERT INTO t VALUES (1)");
                return null;
            });
            await().until(() -> Sql.number(other, "SELECT count(*) FROM t") == 1);
            assertThat(Sql.number(other, "PRAGMA wal_checkpoint(TRUNCATE)")).isZero();
            assertThat(commit.isDone()).isFalse();
            bringReplicaBack();
            // What cannot be used until somebody changes something is asked again every minute, or when somebody waits
            // anew.
            replication(other).awaitReplicated(TestDatabase.TIMEOUT);
            commit.get();
        } finally {
            thread.shutdownNow();
        }
    }

    @Test
    void hikariKeepsTheConnection() throws Exception {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(database.url(SHORT) + "&linger=0");
        config.setMaximumPoolSize(1);
        createTable();
        try (HikariDataSource pool = new HikariDataSource(config)) {
            SQLiteConnection physical;
            try (Connection connection = pool.getConnection()) {
                physical = connection.unwrap(SQLiteConnection.class);
                loseReplica();
                assertNotConfirmed(() -> Sql.run(connection, "INSERT INTO t VALUES (1)"));
                assertThat(connection.isClosed()).isFalse();
            }
            try (Connection connection = pool.getConnection()) {
                assertThat(connection.unwrap(SQLiteConnection.class)).isSameAs(physical);
                assertThat(Sql.number(connection, "SELECT count(*) FROM t")).isEqualTo(1);
            }
        }
    }
}
