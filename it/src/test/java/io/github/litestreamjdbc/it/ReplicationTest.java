package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.engine.Replication;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplicationTest {
    @TempDir
    private Path directory;

    private TestDatabase database;

    @BeforeEach
    void database() {
        database = TestDatabase.in(directory);
    }

    @Test
    void commitReachesTheReplicaWithoutAnyCall() throws Exception {
        try (Connection connection = database.connect()) {
            Sql.run(connection, "CREATE TABLE t (v)");
            await().until(() -> connection.unwrap(Replication.class).status().unreplicatedCommits() == 0
                    && !Replicas.levelZero(database.replica()).isEmpty());
        }
    }

    @Test
    void foreignCommitsAreSeenWithinTheMonitorInterval() throws Exception {
        try (Connection connection = database.connect("monitor-interval=100ms");
                Connection foreign = DriverManager.getConnection("jdbc:sqlite:" + database.file())) {
            Sql.run(connection, "CREATE TABLE t (v)");
            long before = TestDatabase.sync(connection);
            Sql.run(foreign, "INSERT INTO t VALUES ('foreign')");
            await().atMost(10, TimeUnit.SECONDS)
                    .until(() -> connection.unwrap(Replication.class).status().replicatedTxid() > before);
        }
    }

    @Test
    void idleDatabaseWritesNothing() throws Exception {
        try (Connection connection = database.connect("monitor-interval=20ms", "checkpoint-interval=50ms")) {
            Sql.run(connection, "CREATE TABLE t (v)");
            TestDatabase.sync(connection);
            Replication replication = connection.unwrap(Replication.class);
            List<String> before = Replicas.levelZero(database.replica());
            for (int i = 0; i < 30; i++) {
                Sql.text(connection, "SELECT count(*) FROM t");
                replication.sync(TestDatabase.TIMEOUT);
            }
            await().during(Duration.ofMillis(500))
                    .until(() -> Replicas.levelZero(database.replica()).equals(before));
            assertThat(Sql.number(connection, "SELECT count(*) FROM sqlite_schema"))
                    .as("no tables of ours")
                    .isEqualTo(1);
        }
    }

    @Test
    void nextStartResumesWithoutAFullImage() throws Exception {
        try (Connection connection = database.connect()) {
            Sql.run(connection, "CREATE TABLE t (b BLOB)", "INSERT INTO t VALUES (randomblob(2000000))");
        }
        try (Connection connection = database.connect()) {
            Sql.run(connection, "INSERT INTO t VALUES ('small')");
            TestDatabase.sync(connection);
        }
        String newest = Replicas.newestTxid(database.replica());
        assertThat(Files.size(database.replica().resolve("ltx/0/" + newest + "-" + newest + ".ltx")))
                .isLessThan(50_000);
        Replicas.assertLevelZeroHasNoGap(database.replica());
    }

    @Test
    void changesMadeWhileNobodyReplicatedAreInTheNextFullImage() throws Exception {
        try (Connection connection = database.connect()) {
            Sql.run(connection, "CREATE TABLE t (v)", "INSERT INTO t VALUES (1)");
        }
        try (Connection plain = DriverManager.getConnection("jdbc:sqlite:" + database.file())) {
            Sql.run(plain, "INSERT INTO t VALUES (2)");
        }
        try (Connection connection = database.connect()) {
            TestDatabase.sync(connection);
        }
        database.loseFileAndState();
        try (Connection connection = database.connectRestoring()) {
            assertThat(Sql.number(connection, "SELECT sum(v) FROM t")).isEqualTo(3);
        }
    }

    @Test
    void existingDatabaseInRollbackModeIsTakenOver() throws Exception {
        try (Connection plain = DriverManager.getConnection("jdbc:sqlite:" + database.file())) {
            Sql.run(plain, "CREATE TABLE t (v)", "INSERT INTO t VALUES (7)");
        }
        try (Connection connection = database.connect()) {
            TestDatabase.sync(connection);
        }
        database.loseFileAndState();
        try (Connection connection = database.connectRestoring()) {
            assertThat(Sql.number(connection, "SELECT v FROM t")).isEqualTo(7);
        }
    }

    @Test
    void applicationsCheckpointIsOurs() throws Exception {
        try (Connection connection = database.connect()) {
            Sql.run(connection, "CREATE TABLE t (v)", "INSERT INTO t VALUES (1)");
            // As SQLite's own, ours may answer that it is busy.
            await().until(() -> Sql.number(connection, "PRAGMA wal_checkpoint(TRUNCATE)") == 0);
            Sql.run(connection, "INSERT INTO t VALUES (2)");
            TestDatabase.sync(connection);
        }
        database.loseFileAndState();
        try (Connection connection = database.connectRestoring()) {
            assertThat(Sql.number(connection, "SELECT sum(v) FROM t")).isEqualTo(3);
        }
    }

    @Test
    void walStaysBoundedUnderConstantLoad() throws Exception {
        long longest = 0;
        try (Connection connection = database.connect(
                "min-checkpoint-page-count=50", "max-checkpoint-page-count=200", "synchronous=NORMAL")) {
            Sql.run(connection, "CREATE TABLE t (b BLOB)");
            for (int i = 0; i < 60_000; i++) {
                Sql.run(connection, "INSERT INTO t VALUES (randomblob(1000))");
                longest = Math.max(longest, Files.size(database.beside("-wal")));
            }
            TestDatabase.sync(connection);
        }
        long written = Replicas.capturedFrames(database.replica(), 4096) * (24 + 4096);
        assertThat(longest)
                .as("bytes of the longest WAL, of %s written", written)
                .isLessThan(Math.min(80_000_000, written / 2));
    }

    @Test
    void unreachableReplicaNeverKeepsAnExistingDatabaseFromOpening() throws Exception {
        try (Connection connection = database.connect()) {
            Sql.run(connection, "CREATE TABLE t (v)");
        }
        Path away = directory.resolve("away");
        Files.move(database.replica(), away);
        try (Connection connection = database.connect("shutdown-sync-timeout=20s")) {
            Sql.run(connection, "INSERT INTO t VALUES (1)");
            Replication replication = connection.unwrap(Replication.class);
            assertThatThrownBy(() -> replication.sync(Duration.ofMillis(300)))
                    .isInstanceOf(ReplicationException.Transient.class);
            assertThat(database.replica()).as("not made anew").doesNotExist();
            Files.move(away, database.replica());
            replication.sync(TestDatabase.TIMEOUT);
            assertThat(replication.status().replicaError()).isNull();
        }
        Replicas.assertLevelZeroHasNoGap(database.replica());
    }

    @Test
    void secondWriterToOneReplicaIsFenced() throws Exception {
        TestDatabase rival = database.movedTo(directory.resolve("rival.db"));
        try (Connection connection = database.connect()) {
            Sql.run(connection, "CREATE TABLE t (v)");
            TestDatabase.sync(connection);
            try (Connection other = rival.connectRestoring("shutdown-sync-timeout=1s")) {
                Sql.run(connection, "INSERT INTO t VALUES ('first')");
                TestDatabase.sync(connection);
                Sql.run(other, "INSERT INTO t VALUES ('second')");
                Replication fenced = other.unwrap(Replication.class);
                assertThatThrownBy(() -> fenced.sync(TestDatabase.TIMEOUT))
                        .isInstanceOf(ReplicationException.Stopped.class)
                        .hasMessageContaining("another writer");
                await().until(() -> fenced.status().state() == ReplicationState.FENCED);
                Sql.run(other, "INSERT INTO t VALUES ('goes on locally')");
            }
            Sql.run(connection, "INSERT INTO t VALUES ('third')");
            TestDatabase.sync(connection);
        }
        database.loseFileAndState();
        try (Connection connection = database.connectRestoring()) {
            assertThat(Sql.text(connection, "SELECT group_concat(v) FROM t")).isEqualTo("first,third");
        }
    }

    @Test
    void olderDatabaseIsRefusedWithBothPositionsAndTheWaysOn() throws Exception {
        long before;
        long after;
        try (Connection connection = database.connect()) {
            Sql.run(connection, "CREATE TABLE t (v)");
            before = TestDatabase.sync(connection);
        }
        Path old = directory.resolve("old");
        Files.createDirectories(old);
        TestDatabase copy = database.movedTo(old.resolve("app.db"));
        Files.copy(database.file(), copy.file());
        Files.copy(database.beside("-wal"), copy.beside("-wal"));
        Replicas.copy(database.meta(), copy.meta());
        try (Connection connection = database.connect()) {
            Sql.run(connection, "INSERT INTO t VALUES (1)");
            after = TestDatabase.sync(connection);
        }
        assertThatThrownBy(() -> copy.connect())
                .isInstanceOf(SQLException.class)
                .hasMessageContaining(String.format("%016x", before))
                .hasMessageContaining(String.format("%016x", after))
                .hasMessageContaining("on-mismatch=adopt")
                .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("08001"));
        try (Connection connection = copy.connect("on-mismatch=adopt")) {
            assertThat(TestDatabase.sync(connection)).isEqualTo(after + 1);
        }
    }

    @Test
    void differentDatabaseIsRefused() throws Exception {
        try (Connection connection = database.connect()) {
            Sql.run(connection, "CREATE TABLE t (v)");
            TestDatabase.sync(connection);
        }
        TestDatabase other = database.movedTo(directory.resolve("other.db"));
        try (Connection plain = DriverManager.getConnection("jdbc:sqlite:" + other.file())) {
            Sql.run(plain, "CREATE TABLE another (v)");
        }
        assertThatThrownBy(() -> other.connect())
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("on-mismatch=adopt");
    }

    @Test
    void lostLocalStateContinuesBehindTheReplicasNewestTxid() throws Exception {
        try (Connection connection = database.connect()) {
            Sql.run(connection, "CREATE TABLE t (v)", "INSERT INTO t VALUES (1)");
            TestDatabase.sync(connection);
        }
        long before = Long.parseLong(Replicas.newestTxid(database.replica()), 16);
        Replicas.delete(database.meta());
        try (Connection connection = database.connect()) {
            Sql.run(connection, "INSERT INTO t VALUES (2)");
            assertThat(TestDatabase.sync(connection)).isGreaterThan(before);
        }
        Replicas.assertLevelZeroHasNoGap(database.replica());
    }

    @Test
    void databaseThatAnotherToolRestoredContinuesBehindTheReplicasNewestTxid() throws Exception {
        try (Connection connection = database.connect()) {
            Sql.run(connection, "CREATE TABLE t (v)", "INSERT INTO t VALUES (1)");
            TestDatabase.sync(connection);
        }
        long before = Long.parseLong(Replicas.newestTxid(database.replica()), 16);
        TestDatabase restored = database.movedTo(directory.resolve("restored.db"));
        try (Connection plain = DriverManager.getConnection("jdbc:sqlite:" + database.file())) {
            Sql.run(plain, "PRAGMA wal_checkpoint(TRUNCATE)");
        }
        // The same pages without any state of ours, which is what another tool leaves.
        Files.copy(database.file(), restored.file());
        try (Connection connection = restored.connect()) {
            Sql.run(connection, "INSERT INTO t VALUES (2)");
            assertThat(TestDatabase.sync(connection)).isGreaterThan(before);
        }
        Replicas.assertLevelZeroHasNoGap(database.replica());
        restored.loseFileAndState();
        try (Connection connection = restored.connectRestoring()) {
            assertThat(Sql.number(connection, "SELECT sum(v) FROM t")).isEqualTo(3);
        }
    }

    @Test
    void emptiedReplicaGetsEverythingAgainFromTheLocalFiles() throws Exception {
        long txid;
        try (Connection connection = database.connect()) {
            Sql.run(connection, "CREATE TABLE t (v)", "INSERT INTO t VALUES (1)");
            TestDatabase.sync(connection);
            Sql.run(connection, "INSERT INTO t VALUES (2)");
            txid = TestDatabase.sync(connection);
        }
        Replicas.delete(database.replica());
        Files.createDirectories(database.replica());
        try (Connection connection = database.connect()) {
            assertThat(TestDatabase.sync(connection)).isGreaterThanOrEqualTo(txid);
        }
        database.loseFileAndState();
        try (Connection connection = database.connectRestoring()) {
            assertThat(Sql.number(connection, "SELECT sum(v) FROM t")).isEqualTo(3);
        }
    }

    @Test
    void secondConnectionWithOtherSettingsIsRefusedNamingBothValues() throws Exception {
        try (Connection connection = database.connect()) {
            assertThat(connection.isValid(1)).isTrue();
            assertThatThrownBy(() -> database.connect("sync-interval=3s"))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("syncInterval")
                    .hasMessageContaining("PT1S")
                    .hasMessageContaining("PT3S");
        }
    }

    @Test
    void durabilityReplicaReturnsOnlyWhenTheReplicaHasTheCommit() throws Exception {
        try (Connection connection = database.connect("durability=replica", "durability-timeout=10s")) {
            Replication replication = connection.unwrap(Replication.class);
            Sql.run(connection, "CREATE TABLE t (v)");
            for (int i = 0; i < 20; i++) {
                long before = replication.status().replicatedTxid();
                Sql.run(connection, "INSERT INTO t VALUES (1)");
                assertThat(replication.status().replicatedTxid()).isGreaterThan(before);
            }
        }
    }

    @Test
    void durabilityReplicaSaysWhatIsNotConfirmed() throws Exception {
        try (Connection connection =
                database.connect("durability=replica", "durability-timeout=200ms", "shutdown-sync-timeout=100ms")) {
            Sql.run(connection, "CREATE TABLE t (v)");
            Replicas.delete(database.replica());
            Files.writeString(database.replica(), "in the way");
            assertThatThrownBy(() -> Sql.run(connection, "INSERT INTO t VALUES (1)"))
                    .isInstanceOf(SQLException.class)
                    .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("58030"));
            assertThat(Sql.number(connection, "SELECT count(*) FROM t"))
                    .as("committed here")
                    .isEqualTo(1);
        }
    }

    @Test
    void closedReplicationLeavesConnectionsUsableAndTheWalBounded() throws Exception {
        try (Connection connection = database.connect("min-checkpoint-page-count=50")) {
            Sql.run(connection, "CREATE TABLE t (b BLOB)");
            Replication replication = connection.unwrap(Replication.class);
            replication.close();
            List<String> before = Replicas.levelZero(database.replica());
            for (int i = 0; i < 10_000; i++) {
                Sql.run(connection, "INSERT INTO t VALUES (randomblob(3000))");
            }
            assertThat(Files.size(database.beside("-wal"))).isLessThan(15_000_000);
            assertThat(replication.status().state()).isEqualTo(ReplicationState.CLOSED);
            assertThat(Replicas.levelZero(database.replica())).isEqualTo(before);
        }
        try (Connection connection = database.connect()) {
            TestDatabase.sync(connection);
        }
        database.loseFileAndState();
        try (Connection connection = database.connectRestoring()) {
            assertThat(Sql.number(connection, "SELECT count(*) FROM t")).isEqualTo(10_000);
        }
    }

    @Test
    void replacedDatabaseFileIsNoticed() throws Exception {
        try (Connection connection = database.connect("monitor-interval=50ms", "shutdown-sync-timeout=100ms")) {
            Sql.run(connection, "CREATE TABLE t (v)");
            TestDatabase.sync(connection);
            Files.move(database.file(), database.beside(".moved"));
            Replication replication = connection.unwrap(Replication.class);
            await().until(() -> replication.status().state() == ReplicationState.DETACHED);
        }
    }

    @Test
    void connectionToAFileThatWasRemovedWhileOthersAreOpenIsRefused() throws Exception {
        try (Connection connection = database.connect("shutdown-sync-timeout=100ms")) {
            Sql.run(connection, "CREATE TABLE t (v)");
            TestDatabase.sync(connection);
            database.loseFile();
            assertThatThrownBy(() -> database.connect("shutdown-sync-timeout=100ms"))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("was replaced or removed");
            assertThat(database.file()).doesNotExist();
        }
    }

    @Test
    void fileThatIsLostWhileReplicationLingersIsRestored() throws Exception {
        String url = database.url("linger=1h", "restore=if-missing", "shutdown-sync-timeout=100ms");
        try (Connection connection = DriverManager.getConnection(url)) {
            Sql.run(connection, "CREATE TABLE t (v)", "INSERT INTO t VALUES (42)");
            TestDatabase.sync(connection);
        }
        database.loseFileAndState();
        try (Connection connection = DriverManager.getConnection(url)) {
            assertThat(Sql.number(connection, "SELECT v FROM t")).isEqualTo(42);
            Sql.run(connection, "INSERT INTO t VALUES (43)");
            TestDatabase.sync(connection);
            connection.unwrap(Replication.class).close();
        }
        Replicas.assertLevelZeroHasNoGap(database.replica());
    }

    @Test
    void nextConnectionAfterACloseReplicatesAgainWithoutWaitingForTheLinger() throws Exception {
        String url = database.url("linger=1h");
        try (Connection connection = DriverManager.getConnection(url)) {
            Sql.run(connection, "CREATE TABLE t (v)");
            connection.unwrap(Replication.class).close();
        }
        try (Connection connection = DriverManager.getConnection(url)) {
            Sql.run(connection, "INSERT INTO t VALUES (1)");
            TestDatabase.sync(connection);
            connection.unwrap(Replication.class).close();
        }
        Replicas.assertLevelZeroHasNoGap(database.replica());
    }

    @Test
    void linkToAFileThatDoesNotExistYetIsTheDatabaseItLeadsTo() throws Exception {
        Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        Path link = directory.resolve("link.db");
        Files.createSymbolicLink(link, Path.of("elsewhere", "real.db"));
        TestDatabase linked = database.movedTo(link);
        try (Connection connection = linked.connect()) {
            Sql.run(connection, "CREATE TABLE t (v)", "INSERT INTO t VALUES (42)");
            TestDatabase.sync(connection);
        }
        Replicas.delete(elsewhere);
        Files.createDirectory(elsewhere);
        try (Connection connection = linked.connectRestoring()) {
            assertThat(Sql.number(connection, "SELECT v FROM t")).isEqualTo(42);
        }
        assertThat(link).isSymbolicLink();
        assertThat(elsewhere.resolve("real.db")).exists();
    }

    @Test
    void commitsOfTheApplicationsOwnShutdownHookReachTheReplicaAndTheEndIsTold() throws Exception {
        Path errors = directory.resolve("errors");
        try (ChildJvm child = ChildJvm.start(
                LateCommitter.class, errors, database.url("sync-interval=10m", "shutdown-sync-timeout=30s"))) {
            assertThat(child.exitCode()).isZero();
            assertThat(child.lines()).as("the end is told once").containsOnlyOnce("STOPPED");
        }
        assertThat(errors).content().contains("replication ends;").contains("has everything, up to TXID");
        database.loseFileAndState();
        try (Connection connection = database.connectRestoring()) {
            assertThat(Sql.number(connection, "SELECT count(*) FROM t")).isEqualTo(LateCommitter.ROWS);
        }
    }

    @Test
    void replicaThatLostAFileInTheMiddleGetsASnapshotBehindTheGap() throws Exception {
        try (Connection connection = database.connect()) {
            Sql.run(connection, "CREATE TABLE t (v)");
            for (int i = 1; i <= 4; i++) {
                Sql.run(connection, "INSERT INTO t VALUES (" + i + ")");
                TestDatabase.sync(connection);
            }
        }
        Files.delete(database.replica().resolve("ltx/0/0000000000000002-0000000000000002.ltx"));
        try (Connection connection = database.connect()) {
            Sql.run(connection, "INSERT INTO t VALUES (5)");
            TestDatabase.sync(connection);
        }
        database.loseFileAndState();
        try (Connection connection = database.connectRestoring()) {
            assertThat(Sql.number(connection, "SELECT sum(v) FROM t")).isEqualTo(15);
        }
    }

    @Test
    void linkThatLeadsToItselfIsRefused() throws Exception {
        Path link = directory.resolve("link.db");
        Files.createSymbolicLink(link, Path.of("link.db"));
        assertThatThrownBy(() -> database.movedTo(link).connect())
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("leads to itself");
    }

    @Test
    void replicationLingersAfterTheLastConnectionAndThenEnds() throws Exception {
        Replication replication;
        try (Connection connection = DriverManager.getConnection(database.url("linger=300ms"))) {
            Sql.run(connection, "CREATE TABLE t (v)");
            replication = connection.unwrap(Replication.class);
        }
        assertThat(replication.status().state()).isNotEqualTo(ReplicationState.CLOSED);
        await().until(() -> replication.status().state() == ReplicationState.CLOSED);
        assertThat(Replicas.levelZero(database.replica())).isNotEmpty();
    }

    @Test
    void closeFlushWaitsForTheFinalSync() throws Exception {
        try (Connection connection = DriverManager.getConnection(database.url("close=flush"))) {
            Sql.run(connection, "CREATE TABLE t (v)");
            for (int i = 0; i < 50; i++) {
                Sql.run(connection, "INSERT INTO t VALUES (" + i + ")");
            }
        }
        TestDatabase moved = database.movedTo(directory.resolve("moved.db"));
        try (Connection connection = moved.connectRestoring()) {
            assertThat(Sql.number(connection, "SELECT count(*) FROM t")).isEqualTo(50);
        }
    }
}
