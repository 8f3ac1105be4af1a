package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.engine.Replication;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Other processes write, checkpoint, vacuum, open, close and die while this one writes and replicates. */
class OutsideProcessesTest {
    private static final long MILLIS = 3_000;

    /** Small thresholds, so that our checkpoints and theirs meet. */
    private static final String[] SETTINGS = {
        "min-checkpoint-page-count=50",
        "max-checkpoint-page-count=300",
        "sync-interval=20ms",
        "monitor-interval=100ms",
        "busy_timeout=5000",
        "synchronous=NORMAL"
    };

    @TempDir
    private Path directory;

    private TestDatabase database;

    @BeforeEach
    void database() {
        database = TestDatabase.in(directory);
    }

    private ChildJvm outside(String mode) throws Exception {
        return ChildJvm.start(
                OutsideWriter.class,
                directory.resolve("errors-" + mode),
                database.file().toString(),
                mode,
                Long.toString(MILLIS));
    }

    @ParameterizedTest
    @ValueSource(strings = {"autocheckpoint", "checkpoints", "vacuum"})
    void outsideProcessLosesNoFrameAndForcesNoFullImage(String mode) throws Exception {
        try (Connection connection = database.connect(SETTINGS)) {
            createTables(connection);
            try (ChildJvm child = outside(mode)) {
                long commits = writeUntilDone(connection, List.of(child), mode);
                assertThat(commits).as("commits of ours beside " + mode).isPositive();
            }
            assertStreamingAllAlong(connection);
        }
        assertRestoredEqualsLive();
    }

    @Test
    void allOfThemAtOnceAndSomeKilledInTheMiddleOfATransaction() throws Exception {
        try (Connection connection = database.connect(SETTINGS)) {
            createTables(connection);
            try (ChildJvm autocheckpoint = outside("autocheckpoint");
                    ChildJvm checkpoints = outside("checkpoints");
                    ChildJvm vacuum = outside("vacuum")) {
                for (int i = 0; i < 3; i++) {
                    try (ChildJvm killed = outside("killed")) {
                        assertThat(killed.readLine()).isNull();
                    }
                }
                writeUntilDone(connection, List.of(autocheckpoint, checkpoints, vacuum), "all");
            }
            assertStreamingAllAlong(connection);
        }
        assertRestoredEqualsLive();
    }

    private static void createTables(Connection connection) throws Exception {
        Sql.run(
                connection,
                "CREATE TABLE ours (id INTEGER PRIMARY KEY, v BLOB)",
                "CREATE TABLE outside (id INTEGER PRIMARY KEY, v BLOB)",
                "CREATE INDEX outside_v ON outside (v)");
        TestDatabase.sync(connection);
    }

    private long writeUntilDone(Connection connection, List<ChildJvm> children, String what) throws Exception {
        long endNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(MILLIS);
        long commits = 0;
        long refused = 0;
        while (System.nanoTime() < endNanos) {
            try {
                Sql.run(connection, "INSERT INTO ours (v) VALUES (randomblob(200))");
                commits++;
            } catch (java.sql.SQLException e) {
                // The outsider's lock, held for longer than our busy timeout.
                assertThat(e.getErrorCode() & 0xff).isEqualTo(5);
                refused++;
            }
        }
        List<String> results = new ArrayList<>();
        long statements = 0;
        for (ChildJvm child : children) {
            String line = child.readLine();
            assertThat(line).as("errors: %s", errors()).startsWith("DONE");
            statements += Long.parseLong(line.split(" ")[1]);
            results.add(line);
        }
        assertThat(statements).as("statements outside").isPositive();
        System.out.println(what + ": " + commits + " commits of ours, " + refused + " refused; outside " + results);
        return commits;
    }

    private String errors() throws Exception {
        StringBuilder all = new StringBuilder();
        for (String mode : List.of("autocheckpoint", "checkpoints", "vacuum")) {
            Path file = directory.resolve("errors-" + mode);
            all.append(Files.exists(file) ? Files.readString(file) : "");
        }
        return all.toString();
    }

    /** A full image beside the first would be a second file that begins at WAL offset 32 and was not the WAL's beginning. */
    private static void assertStreamingAllAlong(Connection connection) throws Exception {
        TestDatabase.sync(connection);
        var status = connection.unwrap(Replication.class).status();
        assertThat(status.state()).isEqualTo(ReplicationState.STREAMING);
        assertThat(status.reason()).as("the one full image is the first file").endsWith("TXID 0000000000000001");
    }

    private void assertRestoredEqualsLive() throws Exception {
        Replicas.assertLevelZeroHasNoGap(database.replica());
        TestDatabase elsewhere = database.movedTo(directory.resolve("restored.db"));
        try (Connection restored = elsewhere.connectRestoring();
                Connection live = java.sql.DriverManager.getConnection("jdbc:sqlite:" + database.file())) {
            assertThat(Sql.text(restored, "PRAGMA integrity_check")).isEqualTo("ok");
            for (String table : List.of("ours", "outside")) {
                String digest =
                        "SELECT count(*) || ' ' || coalesce(sum(id), 0) || ' ' || coalesce(sum(length(v)), 0) FROM "
                                + table;
                assertThat(Sql.text(restored, digest)).as(table).isEqualTo(Sql.text(live, digest));
            }
        }
        assertThat(Files.mismatch(elsewhere.file(), checkpointed(database.file())))
                .as("first differing byte")
                .isEqualTo(-1);
    }

    /** After the last close of a connection that may write, all of the WAL is in the file. */
    private static Path checkpointed(Path file) throws Exception {
        try (Connection plain = java.sql.DriverManager.getConnection("jdbc:sqlite:" + file)) {
            Sql.number(plain, "PRAGMA wal_checkpoint(TRUNCATE)");
        }
        return file;
    }
}
