package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.api.ReplicationStatus;
import io.github.litestreamjdbc.engine.Replication;
import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One database, opened by two processes, or by two copies of the driver in one. */
class SecondProcessTest {
    @TempDir
    private Path directory;

    private TestDatabase database;

    @BeforeEach
    void database() {
        database = TestDatabase.in(directory);
    }

    private ChildJvm startWriter() throws Exception {
        return ChildJvm.start(LogWriter.class, directory.resolve("errors"), database.url("restore=if-missing"), "1");
    }

    private static void readUntilReplicated(ChildJvm child) throws Exception {
        String line = child.readLine();
        while (line != null && !line.contains("REPLICATED")) {
            line = child.readLine();
        }
        assertThat(line).startsWith("REPLICATED");
    }

    private static long killAndCountAcknowledged(ChildJvm child) throws Exception {
        child.kill();
        long acknowledged = 0;
        for (String line = child.readLine(); line != null; line = child.readLine()) {
            if (line.startsWith("ACK ")) {
                acknowledged = Long.parseLong(line.substring(4));
            }
        }
        return acknowledged;
    }

    private static ReplicationStatus status(Connection connection) throws SQLException {
        return connection.unwrap(Replication.class).status();
    }

    @Test
    void writesBesideTheReplicatingOneAndTakesOverWhenThatIsKilled() throws Exception {
        try (ChildJvm child = startWriter()) {
            readUntilReplicated(child);
            try (Connection connection = database.connect("busy_timeout=20000")) {
                assertThat(status(connection).state()).isEqualTo(ReplicationState.STANDBY);
                assertThat(status(connection).reason()).contains("process ").contains("takes over");
                Sql.run(connection, "CREATE TABLE second (x)", "INSERT INTO second VALUES (1)");
                assertThatThrownBy(() -> TestDatabase.sync(connection)).hasMessageContaining("replicated by process");
                long acknowledged = killAndCountAcknowledged(child);
                await().until(() -> status(connection).state() == ReplicationState.STREAMING);
                Sql.run(connection, "INSERT INTO second VALUES (2)");
                TestDatabase.sync(connection);
                assertThat(Sql.number(connection, "SELECT max(id) FROM log")).isGreaterThanOrEqualTo(acknowledged);
            }
        }
        Replicas.assertLevelZeroHasNoGap(database.replica());
        TestDatabase elsewhere = database.movedTo(directory.resolve("restored.db"));
        try (Connection restored = elsewhere.connectRestoring();
                Connection live = database.connect()) {
            assertThat(Sql.number(restored, "SELECT sum(x) FROM second")).isEqualTo(3);
            assertThat(Sql.number(restored, "SELECT count(*) FROM log"))
                    .isEqualTo(Sql.number(live, "SELECT count(*) FROM log"));
        }
    }

    @Test
    void standbyCommitsAreReplicatedByTheOtherProcess() throws Exception {
        try (ChildJvm child = startWriter()) {
            readUntilReplicated(child);
            try (Connection connection = database.connect("busy_timeout=20000")) {
                Sql.run(connection, "CREATE TABLE second (x)", "INSERT INTO second VALUES (7)");
            }
            AtomicInteger attempt = new AtomicInteger();
            await().ignoreExceptionsMatching(e -> e instanceof SQLException || e instanceof NoSuchFileException)
                    .until(() -> restoredSum(directory.resolve("copy-" + attempt.incrementAndGet())) == 7);
            child.kill();
        }
    }

    private long restoredSum(Path copy) throws Exception {
        Replicas.copy(database.replica(), copy.resolve("replica"));
        try (Connection restored = TestDatabase.in(copy).connectRestoring()) {
            return Sql.number(restored, "SELECT coalesce(sum(x), 0) FROM second");
        }
    }

    @Test
    void twoProcessesThatFindNoFileRestoreItOnce() throws Exception {
        try (Connection connection = database.connect()) {
            Sql.run(connection, "CREATE TABLE t (x)", "INSERT INTO t VALUES (1)");
            TestDatabase.sync(connection);
        }
        database.loseFileAndState();
        try (ChildJvm child = startWriter();
                Connection connection = database.connectRestoring("busy_timeout=20000")) {
            assertThat(Sql.number(connection, "SELECT count(*) FROM t")).isEqualTo(1);
            assertThat(child.readLine()).isEqualTo("FOUND 0 0");
            Sql.run(connection, "INSERT INTO t VALUES (2)");
            child.kill();
            await().until(() -> status(connection).state() == ReplicationState.STREAMING);
            TestDatabase.sync(connection);
        }
    }

    @Test
    void otherProcessMayReplicateOnceReplicationWasClosedHere() throws Exception {
        try (Connection connection = database.connect()) {
            Sql.run(connection, "CREATE TABLE t (x)");
            connection.unwrap(Replication.class).close();
            try (ChildJvm child = startWriter()) {
                readUntilReplicated(child);
                child.kill();
            }
        }
    }

    @Test
    void secondCopyOfTheDriverInThisJvmIsRefused() throws Exception {
        try (Connection connection = database.connect();
                URLClassLoader loader = copyOfTheDriver()) {
            Sql.run(connection, "CREATE TABLE t (x)");
            Driver other = (Driver) loader.loadClass("io.github.litestreamjdbc.driver.LitestreamDriver")
                    .getConstructor()
                    .newInstance();
            assertThatThrownBy(() -> other.connect(database.url(), new Properties()))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("another copy of this driver")
                    .hasMessageContaining(database.file().toString())
                    .extracting(e -> ((SQLException) e).getSQLState())
                    .isEqualTo("08001");
            // Another meta directory does not get it past.
            assertThatThrownBy(() ->
                            other.connect(database.url("meta-path=" + directory.resolve("meta")), new Properties()))
                    .hasMessageContaining("another copy of this driver");
            Sql.run(connection, "INSERT INTO t VALUES (1)");
            TestDatabase.sync(connection);
        }
        try (Connection connection = database.connect()) {
            assertThat(Sql.number(connection, "SELECT count(*) FROM t")).isEqualTo(1);
        }
    }

    @Test
    void twoDatabasesOfOneJvmCannotShareAMetaDirectory() throws Exception {
        String shared = "meta-path=" + directory.resolve("meta");
        TestDatabase other = new TestDatabase(directory.resolve("other.db"), directory.resolve("other-replica"));
        try (Connection connection = database.connect(shared)) {
            assertThatThrownBy(() -> other.connect(shared))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("in use by another database");
            assertThat(Files.exists(other.file())).isFalse();
            Sql.run(connection, "CREATE TABLE t (x)");
        }
    }

    /** The class path once more, in a loader that shares nothing with this one. */
    private static URLClassLoader copyOfTheDriver() throws Exception {
        List<URL> urls = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            urls.add(Path.of(entry).toUri().toURL());
        }
        return new URLClassLoader(urls.toArray(new URL[0]), ClassLoader.getPlatformClassLoader());
    }
}
