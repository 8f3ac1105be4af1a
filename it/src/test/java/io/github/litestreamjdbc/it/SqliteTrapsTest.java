package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.engine.Replication;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What SQLite's settings, other connections and impatient callers could do to replication, and do not. */
class SqliteTrapsTest {
    @TempDir
    private Path directory;

    private TestDatabase database;

    @BeforeEach
    void database() {
        database = TestDatabase.in(directory);
    }

    private long restoredSum() throws Exception {
        TestDatabase elsewhere = database.movedTo(directory.resolve("restored.db"));
        try (Connection restored = elsewhere.connectRestoring()) {
            return Sql.number(restored, "SELECT sum(v) FROM t");
        }
    }

    @Test
    void exclusiveLockOfAnotherIsSaidAtConnectAndHurtsOnlyWhileItLasts() throws Exception {
        try (Connection plain = DriverManager.getConnection("jdbc:sqlite:" + database.file())) {
            Sql.run(
                    plain,
                    "PRAGMA journal_mode=WAL",
                    "PRAGMA locking_mode=EXCLUSIVE",
                    "CREATE TABLE t (v)",
                    "INSERT INTO t VALUES (1)");
            assertThatThrownBy(() -> database.connect("busy_timeout=100"))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("locked");
        }
        try (Connection connection = database.connect()) {
            Sql.run(connection, "INSERT INTO t VALUES (2)");
            TestDatabase.sync(connection);
            try (Connection plain = DriverManager.getConnection("jdbc:sqlite:" + database.file() + "?busy_timeout=0")) {
                Sql.run(plain, "PRAGMA locking_mode=EXCLUSIVE");
                assertThatThrownBy(() -> Sql.run(plain, "INSERT INTO t VALUES (4)"))
                        .as("our connections keep it from getting what it asked for")
                        .isInstanceOf(SQLException.class)
                        .hasMessageContaining("locked");
            }
            Sql.run(connection, "INSERT INTO t VALUES (8)");
            TestDatabase.sync(connection);
        }
        assertThat(restoredSum()).isEqualTo(11);
    }

    @Test
    void nobodyLeavesTheWalWhileItIsReplicated() throws Exception {
        try (Connection connection = database.connect()) {
            Sql.run(connection, "CREATE TABLE t (v)", "INSERT INTO t VALUES (1)");
            try (Connection plain = DriverManager.getConnection("jdbc:sqlite:" + database.file() + "?busy_timeout=0")) {
                assertThatThrownBy(() -> Sql.text(plain, "PRAGMA journal_mode=DELETE"))
                        .isInstanceOf(SQLException.class)
                        .hasMessageContaining("locked");
            }
            Sql.run(connection, "INSERT INTO t VALUES (2)");
            TestDatabase.sync(connection);
            assertThat(Sql.text(connection, "PRAGMA journal_mode")).isEqualTo("wal");
        }
        assertThat(restoredSum()).isEqualTo(3);
    }

    @Test
    void everyConnectionHasItsSettings() throws Exception {
        try (Connection first = database.connect("busy_timeout=1234", "synchronous=FULL");
                Connection second = database.connect("busy_timeout=4321", "synchronous=NORMAL")) {
            assertThat(Sql.number(first, "PRAGMA busy_timeout")).isEqualTo(1234);
            assertThat(Sql.number(second, "PRAGMA busy_timeout")).isEqualTo(4321);
            assertThat(Sql.number(first, "PRAGMA synchronous")).isEqualTo(2);
            assertThat(Sql.number(second, "PRAGMA synchronous")).isEqualTo(1);
            for (Connection connection : new Connection[] {first, second}) {
                assertThat(Sql.number(connection, "PRAGMA wal_autocheckpoint")).isZero();
                assertThat(Sql.text(connection, "PRAGMA journal_mode")).isEqualTo("wal");
                assertThat(Sql.text(connection, "PRAGMA locking_mode")).isEqualTo("normal");
            }
        }
    }

    @Test
    void automaticCheckpointsStayOffAlsoWhereAScriptSetsThem() throws Exception {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            statement.executeUpdate("CREATE TABLE t (v); PRAGMA wal_autocheckpoint=1; INSERT INTO t VALUES (1)");
            assertThat(Sql.number(connection, "PRAGMA wal_autocheckpoint")).isZero();
            assertThat(Sql.number(connection, "SELECT sum(v) FROM t")).isEqualTo(1);
            assertThatThrownBy(() -> statement.executeUpdate("INSERT INTO t VALUES (4); PRAGMA journal_mode=DELETE"))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("journal_mode");
            assertThat(Sql.number(connection, "SELECT sum(v) FROM t")).isEqualTo(1);
            // SQLite's own, like one of another process: it takes nothing that is not captured.
            statement.executeUpdate("INSERT INTO t VALUES (8); PRAGMA wal_checkpoint");
            TestDatabase.sync(connection);
        }
        assertThat(restoredSum()).isEqualTo(9);
    }

    @Test
    void onlyTheMainDatabaseIsReplicated() throws Exception {
        Path other = directory.resolve("other.db");
        try (Connection connection = database.connect()) {
            Sql.run(
                    connection,
                    "CREATE TABLE t (v)",
                    "ATTACH '" + other + "' AS other",
                    "CREATE TABLE other.u (v)",
                    "BEGIN",
                    "INSERT INTO t VALUES (1)",
                    "INSERT INTO other.u VALUES (1)",
                    "COMMIT");
            TestDatabase.sync(connection);
            Sql.run(connection, "INSERT INTO other.u VALUES (2)");
            long before = connection.unwrap(Replication.class).status().localTxid();
            assertThat(TestDatabase.sync(connection))
                    .as("a commit elsewhere has no TXID here")
                    .isEqualTo(before);
        }
        assertThat(restoredSum()).isEqualTo(1);
    }

    @Test
    void poolThatClosesEverythingWhenIdleLosesNothing() throws Exception {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(database.url("linger=0"));
        config.setMinimumIdle(0);
        config.setMaximumPoolSize(2);
        for (int i = 0; i < 5; i++) {
            try (HikariDataSource pool = new HikariDataSource(config);
                    Connection connection = pool.getConnection()) {
                Sql.run(connection, "CREATE TABLE IF NOT EXISTS t (v)", "INSERT INTO t VALUES (1)");
            }
        }
        try (Connection connection = database.connect()) {
            TestDatabase.sync(connection);
            assertThat(connection.unwrap(Replication.class).status().reason())
                    .as("the WAL outlives every close")
                    .startsWith("resumed");
        }
        Replicas.assertLevelZeroHasNoGap(database.replica());
        assertThat(restoredSum()).isEqualTo(5);
    }

    @Test
    void cancelledStatementsAndInterruptedThreadsDoNotReachReplication() throws Exception {
        try (Connection connection = database.connect("min-checkpoint-page-count=10", "sync-interval=10ms")) {
            Sql.run(connection, "CREATE TABLE t (v)");
            AtomicBoolean end = new AtomicBoolean();
            long committed = 0;
            try (Statement statement = connection.createStatement()) {
                Thread writer = Thread.currentThread();
                Thread storm = new Thread(() -> {
                    while (!end.get()) {
                        try {
                            statement.cancel();
                        } catch (SQLException e) {
                            // Nothing was running.
                        }
                        writer.interrupt();
                        Thread.onSpinWait();
                    }
                });
                storm.start();
                for (int i = 0; i < 500; i++) {
                    try {
                        statement.executeUpdate("INSERT INTO t VALUES (1)");
                        committed++;
                    } catch (SQLException cancelled) {
                        assertThat(cancelled.getErrorCode() & 0xff)
                                .as("SQLITE_INTERRUPT")
                                .isEqualTo(9);
                    }
                }
                end.set(true);
                while (storm.isAlive()) {
                    Thread.onSpinWait();
                }
            } finally {
                end.set(true);
                assertThat(Thread.interrupted()).isTrue();
            }
            TestDatabase.sync(connection);
            assertThat(connection.unwrap(Replication.class).status().state()).isEqualTo(ReplicationState.STREAMING);
            // Plain sqlite-jdbc, too, reports some as interrupted that SQLite has committed.
            assertThat(committed).isLessThanOrEqualTo(Sql.number(connection, "SELECT count(*) FROM t"));
        }
        try (Connection live = DriverManager.getConnection("jdbc:sqlite:" + database.file())) {
            long rows = Sql.number(live, "SELECT count(*) FROM t");
            assertThat(rows == 0 ? 0 : restoredSum()).isEqualTo(rows);
        }
    }
}
