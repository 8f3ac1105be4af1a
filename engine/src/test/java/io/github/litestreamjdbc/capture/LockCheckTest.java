package io.github.litestreamjdbc.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which file handling in this JVM drops SQLite's locks, and whether the check notices. */
class LockCheckTest {
    @TempDir
    private Path directory;

    private Path file;

    @BeforeEach
    void onlyWhereTheKernelShowsLocks() {
        assumeThat(Path.of("/proc/locks")).exists();
        file = directory.resolve("app.db");
    }

    private boolean missing() throws Exception {
        return LockCheck.here(directory).isMissing(file);
    }

    private static void openAndClose(Path path) throws Exception {
        try (InputStream in = Files.newInputStream(path)) {
            assertThat(in.read()).isNotNegative();
        }
    }

    @Test
    void readingTheDatabaseFileDropsTheLockAndReadingTheWalDoesNot() throws Exception {
        try (Connection connection = CaptureRig.application(file)) {
            CaptureRig.run(connection, "CREATE TABLE t (x)");
            assertThat(missing()).isFalse();
            openAndClose(directory.resolve("app.db-wal"));
            assertThat(missing()).as("after the WAL was opened and closed").isFalse();
            openAndClose(file);
            assertThat(missing()).as("after the database was opened and closed").isTrue();
        }
    }

    @Test
    void theHandleThatIsKeptDropsNothingNeitherByInterruptsNorByGarbageCollection() throws Exception {
        try (Connection connection = CaptureRig.application(file)) {
            CaptureRig.run(connection, "CREATE TABLE t (x)");
            DatabaseFile handle = DatabaseFile.acquire(file);
            byte[] page = new byte[4096];
            for (int i = 0; i < 100; i++) {
                Thread.currentThread().interrupt();
                handle.readPage(1, page.length, page);
            }
            assertThat(Thread.interrupted()).isTrue();
            assertThat(missing()).isFalse();
            handle.release();
            handle = null;
            for (int i = 0; i < 3; i++) {
                System.gc();
            }
            assertThat(missing()).as("after the release").isFalse();
        }
    }

    @Test
    void databaseWithoutTheLockIsNotReplicated() throws Exception {
        try (Connection connection = CaptureRig.application(file)) {
            CaptureRig.run(connection, "CREATE TABLE t (x)");
            try (CaptureRig rig = CaptureRig.open(file)) {
                assertThat(rig.database.isLockMissing()).isFalse();
                openAndClose(file);
                assertThat(rig.database.isLockMissing()).isTrue();
            }
        }
    }

    @Test
    void fileThatSqliteHasNotOpenHasNoLock() throws Exception {
        try (RandomAccessFile other = new RandomAccessFile(file.toFile(), "rw")) {
            other.write(1);
            assertThat(missing()).isTrue();
        }
        assertThatThrownBy(() -> Database.open(file)).isInstanceOf(SQLException.class);
    }
}
