package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.litestreamjdbc.api.History;
import io.github.litestreamjdbc.api.ReplicationListener;
import io.github.litestreamjdbc.api.RestoreProgress;
import io.github.litestreamjdbc.api.RestoreReport;
import io.github.litestreamjdbc.engine.Databases;
import io.github.litestreamjdbc.engine.Replication;
import io.github.litestreamjdbc.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RestoreOnConnectTest {
    @TempDir
    private Path directory;

    private TestDatabase database;

    @BeforeEach
    void database() {
        database = TestDatabase.in(directory);
    }

    private void writeRows(int rows) throws Exception {
        try (Connection connection = database.connectRestoring()) {
            Sql.run(connection, "CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, v TEXT)");
            for (int i = 0; i < rows; i++) {
                Sql.run(connection, "INSERT INTO t (v) VALUES ('row')");
                TestDatabase.sync(connection);
            }
        }
    }

    @Test
    void missingFileComesBackAndTxidsContinue() throws Exception {
        writeRows(5);
        String before = Replicas.newestTxid(database.replica());
        database.loseFileAndState();
        try (Connection connection = database.connectRestoring()) {
            assertThat(Sql.number(connection, "SELECT count(*) FROM t")).isEqualTo(5);
            Sql.run(connection, "INSERT INTO t (v) VALUES ('after')");
            long txid = TestDatabase.sync(connection);
            assertThat(txid).isEqualTo(Long.parseLong(before, 16) + 1);
        }
        Replicas.assertLevelZeroHasNoGap(database.replica());
    }

    @Test
    void firstFileAfterARestoreHoldsOnlyWhatChanged() throws Exception {
        try (Connection connection = database.connectRestoring()) {
            Sql.run(connection, "CREATE TABLE big (b BLOB)");
            Sql.run(connection, "INSERT INTO big VALUES (randomblob(3000000))");
            TestDatabase.sync(connection);
        }
        database.loseFileAndState();
        try (Connection connection = database.connectRestoring()) {
            Sql.run(connection, "CREATE TABLE small (v TEXT)");
            TestDatabase.sync(connection);
        }
        String newest = Replicas.newestTxid(database.replica());
        Path file = database.replica().resolve("ltx/0/" + newest + "-" + newest + ".ltx");
        assertThat(Files.size(file)).isLessThan(100_000);
    }

    @Test
    void restoresTheStateAtATxidAndGoesOnBehindTheNewest() throws Exception {
        writeRows(5);
        long newest = Long.parseLong(Replicas.newestTxid(database.replica()), 16);
        String target = String.format("%016x", newest - 2);
        database.loseFileAndState();
        try (Connection connection = database.connectRestoring("restore-txid=" + target)) {
            assertThat(Sql.number(connection, "SELECT count(*) FROM t")).isEqualTo(3);
            Sql.run(connection, "INSERT INTO t (v) VALUES ('branch')");
            assertThat(TestDatabase.sync(connection)).isGreaterThan(newest);
        }
        database.loseFileAndState();
        try (Connection connection = database.connectRestoring()) {
            assertThat(Sql.number(connection, "SELECT count(*) FROM t")).isEqualTo(4);
        }
    }

    @Test
    void restoresTheStateBeforeAnInstantAndTheAbandonedPartStaysRestorable() throws Exception {
        writeRows(5);
        long newest = Long.parseLong(Replicas.newestTxid(database.replica()), 16);
        String abandoned = Replicas.levelZero(database.replica()).get((int) newest - 1);
        Instant captured = Files.getLastModifiedTime(database.replica().resolve("ltx/0/" + abandoned))
                .toInstant();
        database.loseFileAndState();
        try (LogCapture log = new LogCapture("io.github.litestreamjdbc.engine.MissingFile");
                Connection connection = database.connectRestoring("restore-timestamp=" + captured)) {
            assertThat(Sql.number(connection, "SELECT count(*) FROM t")).isEqualTo(4);
            Sql.run(connection, "INSERT INTO t (v) VALUES ('branch')");
            Sql.run(connection, "INSERT INTO t (v) VALUES ('branch')");
            assertThat(TestDatabase.sync(connection)).isGreaterThan(newest);
            assertThat(log.messages())
                    .anySatisfy(message -> assertThat(message)
                            .contains("TXIDs " + abandoned.substring(0, 16) + " to " + abandoned.substring(0, 16)
                                    + " are abandoned")
                            .contains("restore-txid")
                            .contains(String.format("%016x", newest + 1)));
        }
        Replicas.assertLevelZeroHasNoGap(database.replica());
        database.loseFileAndState();
        try (Connection connection = database.connectRestoring()) {
            assertThat(Sql.number(connection, "SELECT count(*) FROM t")).isEqualTo(6);
        }
        database.loseFileAndState();
        try (Connection connection = database.connectRestoring("restore-txid=" + abandoned.substring(0, 16))) {
            assertThat(Sql.number(connection, "SELECT count(*) FROM t")).isEqualTo(5);
        }
    }

    @Test
    void historyTellsWhatCanBeRestored() throws Exception {
        try (Connection connection = database.connectRestoring()) {
            Sql.run(connection, "CREATE TABLE t (v)");
            TestDatabase.sync(connection);
            Sql.run(connection, "INSERT INTO t VALUES (1)");
            long txid = TestDatabase.sync(connection);
            History history = connection.unwrap(Replication.class).history();
            assertThat(history.newest().orElseThrow().txid()).isEqualTo(txid);
            assertThat(history.oldest().orElseThrow().txid()).isEqualTo(1);
            assertThat(history.gaps()).isEmpty();
        }
    }

    @Test
    void instantOutsideTheHistoryIsRefusedAndLeavesNoFile() throws Exception {
        writeRows(2);
        database.loseFileAndState();
        for (String instant : List.of("2001-01-01T00:00:00Z", "2999-01-01T00:00:00Z")) {
            assertThatThrownBy(() -> database.connectRestoring("restore-timestamp=" + instant))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("restore-timestamp=" + instant)
                    .hasMessageContaining("Nearest that can be restored: TXID ");
            assertThat(filesBeside()).isEmpty();
        }
    }

    @Test
    void stateOfAnEmptyReplicaIsRefused() throws Exception {
        for (String point : List.of("restore-timestamp=2026-01-01T00:00:00Z", "restore-txid=0000000000000001")) {
            assertThatThrownBy(() -> database.connectRestoring(point))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining(point)
                    .hasMessageContaining("holds no database");
            assertThat(filesBeside()).isEmpty();
        }
    }

    @Test
    void replicaOfLitestream03IsRestoredAndGoesOnInLtx() throws Exception {
        Golden.load().named("v03-layout").copyTo(database.replica());
        try (Connection connection = database.connectRestoring()) {
            assertThat(Sql.number(connection, "SELECT count(*) FROM t")).isEqualTo(305);
            Sql.run(connection, "INSERT INTO t (k) VALUES (1)");
            TestDatabase.sync(connection);
        }
        Replicas.assertLevelZeroHasNoGap(database.replica());
        database.loseFileAndState();
        try (Connection connection = database.connectRestoring()) {
            assertThat(Sql.number(connection, "SELECT count(*) FROM t")).isEqualTo(306);
        }
    }

    @Test
    void emptyReplicaMeansANewDatabase() throws Exception {
        try (Connection connection = database.connectRestoring()) {
            Sql.run(connection, "CREATE TABLE t (v)");
            assertThat(TestDatabase.sync(connection)).isPositive();
        }
    }

    @Test
    void missingFileBesideAFullReplicaIsRefusedWithoutRestore() throws Exception {
        writeRows(1);
        database.loseFileAndState();
        assertThatThrownBy(() -> database.connect())
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("restore=if-missing")
                .hasMessageContaining(database.replica().toString())
                .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("08001"));
        assertThat(database.file()).doesNotExist();
    }

    @Test
    void replicaThatIsAFileFailsTheConnectAndLeavesNoFile() throws Exception {
        Files.writeString(database.replica(), "not a directory");
        assertThatThrownBy(() -> database.connectRestoring())
                .isInstanceOf(SQLException.class)
                .hasMessageContaining(database.replica().toString());
        assertThat(database.file()).doesNotExist();
    }

    @Test
    void gapInTheReplicaFailsByNameAndLeavesNoFile() throws Exception {
        writeRows(5);
        database.loseFileAndState();
        List<String> files = Replicas.levelZero(database.replica());
        Files.delete(database.replica().resolve("ltx/0/" + files.get(3)));
        assertThatThrownBy(() -> database.connectRestoring())
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("0000000000000003");
        assertThat(filesBeside()).isEmpty();
    }

    @Test
    void corruptFileInTheReplicaFailsByNameAndLeavesNoFile() throws Exception {
        writeRows(5);
        database.loseFileAndState();
        String name = Replicas.levelZero(database.replica()).get(2);
        Path file = database.replica().resolve("ltx/0/" + name);
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
        assertThatThrownBy(() -> database.connectRestoring())
                .isInstanceOf(SQLException.class)
                .hasMessageContaining(name);
        assertThat(filesBeside()).isEmpty();
    }

    @Test
    void strangersWalBesideAMissingDatabaseIsRefused() throws Exception {
        writeRows(1);
        database.loseFileAndState();
        Files.writeString(database.beside("-wal"), "whatever this is");
        assertThatThrownBy(() -> database.connectRestoring())
                .isInstanceOf(SQLException.class)
                .hasMessageContaining(database.beside("-wal").toString());
        assertThat(database.file()).doesNotExist();
        assertThat(database.beside("-wal")).hasContent("whatever this is");
    }

    @Test
    void journalAndShmBesideAMissingDatabaseAreRefused() throws Exception {
        writeRows(1);
        database.loseFileAndState();
        for (String suffix : List.of("-journal", "-shm")) {
            Path leftover = database.beside(suffix);
            Files.writeString(leftover, "left");
            assertThatThrownBy(() -> database.connectRestoring())
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining(leftover.toString());
            Files.delete(leftover);
        }
    }

    @Test
    void ourOwnWalBesideAMissingDatabaseIsMovedAside() throws Exception {
        writeRows(3);
        assertThat(database.beside("-wal")).as("an orderly end keeps the WAL").exists();
        Files.delete(database.file());
        try (Connection connection = database.connectRestoring()) {
            assertThat(Sql.number(connection, "SELECT count(*) FROM t")).isEqualTo(3);
            assertThat(Sql.text(connection, "PRAGMA integrity_check")).isEqualTo("ok");
        }
    }

    @Test
    void localFilesThatTheReplicaLacksAreUploadedFirst() throws Exception {
        writeRows(2);
        Path away = directory.resolve("away");
        Replicas.copy(database.replica(), away);
        writeRows(1);
        // The replica loses its tail; the machine still has the newest file.
        Replicas.delete(database.replica());
        Files.move(away, database.replica());
        database.loseFile();
        try (Connection connection = database.connectRestoring()) {
            assertThat(Sql.number(connection, "SELECT count(*) FROM t")).isEqualTo(3);
        }
    }

    @Test
    void manyThreadsRestoreOnce() throws Exception {
        writeRows(3);
        database.loseFileAndState();
        List<RestoreReport> reports = new CopyOnWriteArrayList<>();
        List<RestoreProgress> progress = new CopyOnWriteArrayList<>();
        ReplicationListener listener = new ReplicationListener() {
            @Override
            public void restoring(RestoreProgress event) {
                progress.add(event);
            }

            @Override
            public void restored(RestoreReport event) {
                reports.add(event);
            }
        };
        Databases.addListener(listener);
        ExecutorService pool = Executors.newFixedThreadPool(8);
        try {
            CountDownLatch together = new CountDownLatch(8);
            List<Future<Long>> counts = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                counts.add(pool.submit(() -> {
                    together.countDown();
                    together.await();
                    try (Connection connection = database.connectRestoring()) {
                        return Sql.number(connection, "SELECT count(*) FROM t");
                    }
                }));
            }
            for (Future<Long> count : counts) {
                assertThat(count.get()).isEqualTo(3);
            }
        } finally {
            pool.shutdownNow();
            Databases.removeListener(listener);
        }
        assertThat(reports).hasSize(1);
        assertThat(progress).isNotEmpty();
    }

    private List<Path> filesBeside() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(path -> path.getFileName().toString().contains("app.db"))
                    .filter(path -> !path.equals(database.meta()))
                    .toList();
        }
    }
}
