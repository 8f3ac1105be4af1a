package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.api.ReplicationStatus;
import io.github.litestreamjdbc.engine.Replication;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Something happens to the folder of the local LTX files while the application runs. */
class LocalFilesTest {
    @TempDir
    private Path directory;

    private TestDatabase database;

    private interface Harm {
        void to(Path folder) throws IOException;
    }

    @BeforeEach
    void database() {
        database = TestDatabase.in(directory);
    }

    @Test
    void folderReplacedByAFileIsALocalFaultAndHealsWithoutARestart() throws Exception {
        assertIsALocalFaultAndHeals(folder -> Files.writeString(folder, "in the way"));
    }

    @Test
    void folderThatCannotBeEnteredIsALocalFaultAndHealsWithoutARestart() throws Exception {
        // Modes do not stop who is root; a link that leads to itself does.
        assertIsALocalFaultAndHeals(folder -> Files.createSymbolicLink(folder, folder));
    }

    private void assertIsALocalFaultAndHeals(Harm harm) throws Exception {
        try (Connection connection = database.connect("monitor-interval=20ms")) {
            Sql.run(connection, "CREATE TABLE t (v)", "INSERT INTO t VALUES (1)");
            TestDatabase.sync(connection);
            Path folder = database.meta().resolve("ltx");
            Path aside = directory.resolve("aside");
            Files.move(folder, aside);
            harm.to(folder);
            Sql.run(connection, "INSERT INTO t VALUES (2)");
            await().until(() -> status(connection).state() == ReplicationState.LOCAL_FULL);
            assertThat(status(connection).reason())
                    .contains("the local files in " + database.meta() + " cannot be read or written");
            assertThat(status(connection).replicaError())
                    .as("the replica is not to blame")
                    .isNull();
            Sql.run(connection, "INSERT INTO t VALUES (3)");
            Files.delete(folder);
            Files.move(aside, folder);
            TestDatabase.sync(connection);
            await().until(() -> status(connection).state() == ReplicationState.STREAMING);
            assertThat(status(connection).unreplicatedCommits()).isZero();
        }
        Replicas.assertLevelZeroHasNoGap(database.replica());
        database.loseFileAndState();
        try (Connection restored = database.connectRestoring()) {
            assertThat(Sql.number(restored, "SELECT count(*) FROM t")).isEqualTo(3);
        }
    }

    @Test
    void filesThatWaitForTheReplicaAndCannotBeReadAreALocalFault() throws Exception {
        try (Connection connection = database.connect("monitor-interval=20ms")) {
            Sql.run(connection, "CREATE TABLE t (v)");
            TestDatabase.sync(connection);
            Path away = directory.resolve("away");
            Files.move(database.replica(), away);
            Sql.run(connection, "INSERT INTO t VALUES (1)");
            await().until(() -> status(connection).replicaError() != null);
            Path folder = database.meta().resolve("ltx");
            Path aside = directory.resolve("aside");
            Files.move(folder, aside);
            Files.writeString(folder, "in the way");
            Files.move(away, database.replica());
            await().until(() -> status(connection).state() == ReplicationState.LOCAL_FULL);
            assertThat(status(connection).reason()).contains("the local files in");
            Files.delete(folder);
            Files.move(aside, folder);
            TestDatabase.sync(connection);
            // Told by the thread that could not read them.
            await().until(() -> status(connection).state() == ReplicationState.STREAMING);
        }
        Replicas.assertLevelZeroHasNoGap(database.replica());
    }

    private static ReplicationStatus status(Connection connection) throws SQLException {
        return connection.unwrap(Replication.class).status();
    }
}
