package io.github.litestreamjdbc.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.agent.TimeSource;
import io.github.litestreamjdbc.api.PageEncoding;
import io.github.litestreamjdbc.api.RestoreOptions;
import io.github.litestreamjdbc.ltx.LtxReader;
import io.github.litestreamjdbc.restore.Restorer;
import io.github.litestreamjdbc.spi.DirectoryStore;
import io.github.litestreamjdbc.spi.FileModes;
import io.github.litestreamjdbc.spi.KeyLayout;
import io.github.litestreamjdbc.store.LtxStore;
import io.github.litestreamjdbc.wal.WalCursor;
import java.io.BufferedInputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A database that grows across the page at 1 GiB, which SQLite never uses. The file is sparse: of its pages below that one
 * only the first few were ever written.
 */
class LockPageTest {
    private static final int PAGE_BYTES = 65_536;
    private static final long LOCK_PAGE = 0x40000000L / PAGE_BYTES + 1;
    private static final long SIZE_BEFORE = LOCK_PAGE - 3;

    @TempDir
    private Path directory;

    private Path file;
    private LocalLtx local;

    @BeforeEach
    void databaseThatEndsBelowTheLockPage() throws Exception {
        file = directory.resolve("app.db");
        Path meta = Files.createDirectories(directory.resolve("meta"));
        local = new LocalLtx(new DirectoryStore(meta, FileModes.PRIVATE, true), PageEncoding.BLOCK);
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            CaptureRig.run(connection, "PRAGMA page_size=" + PAGE_BYTES, "CREATE TABLE t (v BLOB)");
        }
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.setLength(SIZE_BEFORE * PAGE_BYTES);
            // The size of the database in pages, as its header has it.
            bytes.seek(28);
            bytes.writeInt((int) SIZE_BEFORE);
        }
    }

    private static void growAcross(Connection application) throws Exception {
        CaptureRig.run(
                application,
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8)"
                        + " INSERT INTO t SELECT randomblob(60000) FROM n");
        assertThat(CaptureRig.numbers(application, "PRAGMA page_count").get(0)).isGreaterThan(LOCK_PAGE + 2);
    }

    @Test
    void commitThatGrowsAcrossTheLockPageIsCapturedWithoutIt() throws Exception {
        try (Connection application = CaptureRig.application(file);
                Database database = Database.open(file)) {
            database.pins().hold();
            Capture capture = new Capture(database, local, TimeSource.SYSTEM, new Progress());
            capture.begin(new Position(1, WalCursor.EMPTY, SIZE_BEFORE, 0), true);
            growAcross(application);
            assertThat(capture.handover()).isTrue();
            assertThat(pagesOf(2))
                    .contains(LOCK_PAGE - 2, LOCK_PAGE - 1, LOCK_PAGE + 1, LOCK_PAGE + 2)
                    .doesNotContain(LOCK_PAGE);
        }
    }

    private List<Long> pagesOf(long txid) throws Exception {
        Path ltx = local.path(txid);
        List<Long> pages = new ArrayList<>();
        try (LtxReader reader = new LtxReader("ltx", new BufferedInputStream(Files.newInputStream(ltx)))) {
            while (reader.next()) {
                pages.add(reader.pgno());
            }
        }
        return pages;
    }

    /** Reads and writes a gigabyte of zeros. */
    @Test
    @Tag("large")
    void fullImageAcrossTheLockPageAndWhatFollowsGiveTheDatabaseBack() throws Exception {
        try (Connection application = CaptureRig.application(file);
                Database database = Database.open(file)) {
            growAcross(application);
            CaptureRig.run(application, "PRAGMA wal_checkpoint(TRUNCATE)");
            Baseline.Image image = new Baseline(database, local, TimeSource.SYSTEM, (pages, ofPages) -> {})
                    .write(1, 0)
                    .orElseThrow();
            Capture capture = new Capture(database, local, TimeSource.SYSTEM, new Progress());
            capture.begin(image.position(), image.restartAllowed());
            CaptureRig.run(
                    application, "UPDATE t SET v = randomblob(50000)", "INSERT INTO t VALUES (randomblob(200000))");
            assertThat(capture.handover()).isTrue();
            database.pins().release();
            CaptureRig.run(application, "PRAGMA wal_checkpoint(TRUNCATE)");
        }
        assertThat(pagesOf(1)).contains(LOCK_PAGE - 1, LOCK_PAGE + 1).doesNotContain(LOCK_PAGE);
        Path restored = directory.resolve("restored.db");
        try (LtxStore replica = new LtxStore(
                new DirectoryStore(directory.resolve("meta"), FileModes.PRIVATE, true), KeyLayout.DIRECTORY)) {
            new Restorer(replica, "local").restore(restored, RestoreOptions.DEFAULTS, progress -> {}, result -> {});
        }
        assertThat(Files.mismatch(restored, file)).as("first differing byte").isEqualTo(-1);
    }
}
