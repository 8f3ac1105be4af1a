package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.engine.Replication;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.List;
import javax.management.ObjectName;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever replication does between its start and its end, this process keeps SQLite's lock on the database file: a lock
 * that was dropped once does not come back, so a look after each thing that is done sees all that is done.
 */
@EnabledOnOs(OS.LINUX)
class LifeOfLocksTest {
    private static final String SHARED_FIRST_BYTE = "1073741826";

    @TempDir
    private Path directory;

    private TestDatabase database;

    @BeforeEach
    void database() {
        database = TestDatabase.in(directory);
    }

    /** Something that happens in the life of a database. */
    private interface Chapter {
        void happen() throws Exception;
    }

    private void chapter(String name, Chapter chapter) throws Exception {
        chapter.happen();
        assertThat(isLocked()).as("lock after: %s", name).isTrue();
    }

    private boolean isLocked() throws IOException {
        String inode = ":" + Files.getAttribute(database.file(), "unix:ino");
        String process = Long.toString(ProcessHandle.current().pid());
        return Files.readAllLines(Path.of("/proc/locks")).stream()
                .map(line -> line.strip().split("\\s+"))
                .anyMatch(lock -> lock.length >= 8
                        && lock[4].equals(process)
                        && lock[5].endsWith(inode)
                        && lock[6].equals(SHARED_FIRST_BYTE));
    }

    private Connection connect() throws Exception {
        return DriverManager.getConnection(database.url()
                + "&linger=200ms&busy_timeout=20000&sync-interval=20ms&min-checkpoint-page-count=20"
                + "&max-checkpoint-page-count=100&truncate-page-n=300&levels=1s&snapshot-interval=2s");
    }

    private static void write(Connection connection, int rows) throws Exception {
        Sql.run(
                connection,
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + rows
                        + ") INSERT INTO t SELECT randomblob(3000) FROM n");
    }

    @Test
    void lockStaysFromTheFirstConnectionToTheLast() throws Exception {
        try (Connection connection = connect()) {
            Replication replication = connection.unwrap(Replication.class);
            chapter("start", () -> Sql.run(connection, "CREATE TABLE t (v BLOB)"));
            chapter("commits", () -> write(connection, 50));
            chapter("sync", () -> TestDatabase.sync(connection));
            for (String kind : List.of("PASSIVE", "FULL", "RESTART", "TRUNCATE")) {
                chapter("checkpoint " + kind, () -> {
                    write(connection, 50);
                    Sql.text(connection, "PRAGMA wal_checkpoint(" + kind + ")");
                });
            }
            chapter("drain", () -> readersKeepTheWalFromBeginningAnew(connection));
            assertThat(number("SealCheckpoints")).as("seals").isPositive();
            chapter("snapshot", () -> replication.snapshot(TestDatabase.TIMEOUT));
            chapter("validation", () -> replication.validate(TestDatabase.TIMEOUT));
            chapter("VACUUM", () -> Sql.run(connection, "DELETE FROM t WHERE rowid % 2", "VACUUM"));
            chapter("backup", () -> Sql.run(connection, "backup to " + directory.resolve("backup.db")));
            chapter("other connections", () -> {
                for (int i = 0; i < 10; i++) {
                    try (Connection other = connect()) {
                        write(other, 1);
                    }
                }
            });
            chapter("replication is closed", replication::close);
            chapter("commits without replication", () -> write(connection, 50));
        }
        await().untilAsserted(() -> assertThat(isLocked()).as("after the end").isFalse());
        try (Connection connection = connect()) {
            chapter("next start", () -> TestDatabase.sync(connection));
            assertThat(connection.unwrap(Replication.class).status().state()).isEqualTo(ReplicationState.STREAMING);
        }
    }

    private static long number(String attribute) throws Exception {
        ObjectName bean = new ObjectName("io.github.litestreamjdbc:type=Replication,name=app.db");
        return (long) ManagementFactory.getPlatformMBeanServer().getAttribute(bean, attribute);
    }

    private void readersKeepTheWalFromBeginningAnew(Connection connection) throws Exception {
        try (Connection odd = connect();
                Connection even = connect()) {
            Connection[] readers = {odd, even};
            odd.setAutoCommit(false);
            even.setAutoCommit(false);
            for (int turn = 0; turn < 30; turn++) {
                Sql.number(readers[turn % 2], "SELECT count(*) FROM t");
                readers[(turn + 1) % 2].rollback();
                write(connection, 20);
            }
        }
        TestDatabase.sync(connection);
    }

    @Test
    void lockStaysWhileThisProcessTakesOver() throws Exception {
        try (ChildJvm other =
                ChildJvm.start(LogWriter.class, directory.resolve("errors"), database.url("restore=if-missing"), "1")) {
            String line = other.readLine();
            while (line != null && !line.startsWith("REPLICATED")) {
                line = other.readLine();
            }
            try (Connection connection = connect()) {
                Replication replication = connection.unwrap(Replication.class);
                chapter("standby", () -> Sql.run(connection, "CREATE TABLE t (v BLOB)"));
                assertThat(replication.status().state()).isEqualTo(ReplicationState.STANDBY);
                chapter("takeover", () -> {
                    other.kill();
                    await().until(() -> replication.status().state() == ReplicationState.STREAMING);
                });
                chapter("commits", () -> write(connection, 200));
                chapter("sync", () -> TestDatabase.sync(connection));
            }
        }
    }
}
