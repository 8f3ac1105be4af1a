package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.github.litestreamjdbc.api.ReplicationListener;
import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.api.ReplicationStatus;
import io.github.litestreamjdbc.engine.Databases;
import io.github.litestreamjdbc.engine.Replication;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A database that is not the replica's, and a replica that is not there: nothing is overwritten in either direction. */
class WrongDatabaseTest {
    @TempDir
    private Path directory;

    private TestDatabase database;

    @BeforeEach
    void replicate() throws Exception {
        database = TestDatabase.in(directory);
        try (Connection connection = database.connect()) {
            Sql.run(connection, "CREATE TABLE t (x)", "INSERT INTO t VALUES (1)");
            TestDatabase.sync(connection);
        }
    }

    private void replaceByDatabaseOfPageSize(int bytes) throws Exception {
        database.loseFile();
        try (Connection plain = DriverManager.getConnection("jdbc:sqlite:" + database.file())) {
            Sql.run(plain, "PRAGMA page_size=" + bytes, "PRAGMA journal_mode=WAL", "CREATE TABLE other (y)");
        }
    }

    private static ReplicationStatus status(Connection connection) throws SQLException {
        return connection.unwrap(Replication.class).status();
    }

    @Test
    void databaseOfAnotherPageSizeIsRefusedWithLocalStateAndWithout() throws Exception {
        replaceByDatabaseOfPageSize(1024);
        String newest = Replicas.newestTxid(database.replica());
        for (String mismatch : new String[] {"refuse", "adopt"}) {
            assertThatThrownBy(() -> database.connect("on-mismatch=" + mismatch))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("pages of 1024 bytes")
                    .hasMessageContaining("4096")
                    .hasMessageContaining(newest)
                    .hasMessageContaining("another replica path");
        }
        Replicas.delete(database.meta());
        assertThatThrownBy(() -> database.connect("on-mismatch=adopt")).hasMessageContaining("pages of 1024 bytes");
        assertThat(Replicas.newestTxid(database.replica())).isEqualTo(newest);
        try (Connection plain = DriverManager.getConnection("jdbc:sqlite:" + database.file())) {
            assertThat(Sql.number(plain, "SELECT count(*) FROM other")).isZero();
        }
    }

    /** Between the end of what it began and the return of its locks, another thread would find them held. */
    @Test
    void databaseThatWasRefusedCanBeConnectedToAsSoonAsItIsToldAsClosed() throws Exception {
        replaceByDatabaseOfPageSize(1024);
        List<Throwable> again = new ArrayList<>();
        ReplicationListener listener = new ReplicationListener() {
            @Override
            public void closed(String name) {
                if (again.isEmpty()) {
                    again.add(null);
                    again.set(0, catchThrowable(() -> database.connect()));
                }
            }
        };
        Databases.addListener(listener);
        try {
            assertThatThrownBy(() -> database.connect()).hasMessageContaining("pages of 1024 bytes");
        } finally {
            Databases.removeListener(listener);
        }
        assertThat(again)
                .singleElement()
                .satisfies(refused -> assertThat(refused)
                        .isInstanceOf(SQLException.class)
                        .hasMessageContaining("pages of 1024 bytes"));
    }

    /** Its local files are of a branch that the replica did not take: what comes after the fork must not follow the other's. */
    @Test
    void localFilesOfABranchAreNotPutBehindWhatAnotherWriterPut() throws Exception {
        try (Connection connection = database.connect("shutdown-sync-timeout=100ms")) {
            Path kept = directory.resolve("kept");
            Files.move(database.replica(), kept);
            Files.writeString(database.replica(), "in the way");
            Replication replication = connection.unwrap(Replication.class);
            for (int x = 2; x <= 4; x++) {
                Sql.run(connection, "INSERT INTO t VALUES (" + x + ")");
                replication.committed(TestDatabase.TIMEOUT);
            }
            TestDatabase rival = new TestDatabase(directory.resolve("rival.db"), kept);
            try (Connection other = rival.connectRestoring()) {
                Sql.run(other, "UPDATE t SET x = 100");
                TestDatabase.sync(other);
            }
        }
        Files.delete(database.replica());
        Files.move(directory.resolve("kept"), database.replica());
        database.loseFile();
        assertThatThrownBy(() -> database.connectRestoring()).hasMessageContaining("another writer used it");
        assertThat(database.file()).doesNotExist();
        try (Connection restored =
                database.movedTo(directory.resolve("restored.db")).connectRestoring()) {
            assertThat(Sql.text(restored, "SELECT group_concat(x) FROM t")).isEqualTo("100");
        }
    }

    @Test
    void adoptedDatabaseGoesOnBehindTheReplicaWhoseHistoryStays() throws Exception {
        replaceByDatabaseOfPageSize(4096);
        Replicas.delete(database.meta());
        assertThatThrownBy(() -> database.connect()).hasMessageContaining("on-mismatch=adopt");
        String before = Replicas.newestTxid(database.replica());
        try (Connection connection = database.connect("on-mismatch=adopt")) {
            TestDatabase.sync(connection);
        }
        assertThat(Replicas.newestTxid(database.replica())).isGreaterThan(before);
        Replicas.assertLevelZeroHasNoGap(database.replica());
        try (Connection newest =
                        database.movedTo(directory.resolve("newest.db")).connectRestoring();
                Connection old =
                        database.movedTo(directory.resolve("old.db")).connectRestoring("restore-txid=" + before)) {
            assertThat(Sql.number(newest, "SELECT count(*) FROM other")).isZero();
            assertThat(Sql.number(old, "SELECT x FROM t")).isEqualTo(1);
        }
    }

    @Test
    void replicaThatIsNotMountedIsNeitherEmptyNorMadeAnewAndIsCaughtUpLater() throws Exception {
        Path unmounted = directory.resolve("unmounted");
        Files.move(database.replica(), unmounted);
        try (Connection connection = database.connect()) {
            Sql.run(connection, "INSERT INTO t VALUES (2)");
            assertThat(status(connection).replicaError()).contains("is gone");
            assertThat(Files.exists(database.replica())).isFalse();
            Files.move(unmounted, database.replica());
            await().until(() -> status(connection).replicaError() == null);
            TestDatabase.sync(connection);
            assertThat(status(connection).state()).isEqualTo(ReplicationState.STREAMING);
        }
        Replicas.assertLevelZeroHasNoGap(database.replica());
        database.loseFileAndState();
        try (Connection restored = database.connectRestoring()) {
            assertThat(Sql.number(restored, "SELECT count(*) FROM t")).isEqualTo(2);
        }
    }

    @Test
    void missingFileIsNotBegunAnewWhileTheReplicaIsNotMounted() throws Exception {
        Files.move(database.replica(), directory.resolve("unmounted"));
        database.loseFile();
        assertThatThrownBy(() -> database.connectRestoring())
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("is gone");
        assertThat(Files.exists(database.file())).isFalse();
    }

    @Test
    void replicaThatIsReplacedByAFileAndComesBackIsCaughtUp() throws Exception {
        Path away = directory.resolve("away");
        try (Connection connection = database.connect()) {
            Files.move(database.replica(), away);
            Files.writeString(database.replica(), "in the way");
            Sql.run(connection, "INSERT INTO t VALUES (2)");
            await().until(() -> status(connection).replicaError() != null);
            Sql.run(connection, "INSERT INTO t VALUES (3)");
            Files.delete(database.replica());
            Files.move(away, database.replica());
            TestDatabase.sync(connection);
            assertThat(status(connection).unreplicatedCommits()).isZero();
        }
        Replicas.assertLevelZeroHasNoGap(database.replica());
    }
}
