package io.github.litestreamjdbc.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.litestreamjdbc.api.PageEncoding;
import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.spi.DirectoryStore;
import io.github.litestreamjdbc.spi.FileModes;
import io.github.litestreamjdbc.testing.Allocation;
import io.github.litestreamjdbc.testing.FaultyFiles;
import io.github.litestreamjdbc.testing.FaultyFiles.Step;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Ways in which reading a WAL goes wrong, each made to happen. */
class CaptureTrapsTest {
    @TempDir
    private Path directory;

    private Path file;
    private Path wal;

    @BeforeEach
    void names() {
        file = directory.resolve("app.db");
        wal = directory.resolve("app.db-wal");
    }

    private Connection createTable() throws SQLException {
        Connection application = CaptureRig.application(file);
        CaptureRig.run(application, "CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB)");
        return application;
    }

    private static void insert(Connection connection, int rows) throws SQLException {
        CaptureRig.run(
                connection,
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + rows
                        + ") INSERT INTO t (v) SELECT randomblob(500) FROM n");
    }

    /** Database, local files and capture without the agent around them. */
    private final class Parts implements AutoCloseable {
        final Database database;
        final LocalLtx local;
        final Progress progress = new Progress();
        final Capture capture;

        Parts(FaultyFiles files, InstantSource clock) throws Exception {
            Path meta = Files.createDirectories(directory.resolve("meta"));
            local = new LocalLtx(new DirectoryStore(files.path(meta), FileModes.PRIVATE, true), PageEncoding.BLOCK);
            database = Database.open(files.path(file));
            capture = new Capture(database, local, clock, progress);
            Baseline.Image image = new Baseline(database, local, clock, (pages, ofPages) -> {})
                    .write(1, 0)
                    .orElseThrow();
            capture.begin(image.position(), image.restartAllowed());
        }

        @Override
        public void close() throws SQLException, java.io.IOException {
            database.close();
        }
    }

    private static FaultyFiles healthy() {
        return new FaultyFiles((step, path) -> {});
    }

    @Test
    void incompleteFrameBehindThePublishedEndIsNoError() throws Exception {
        try (Connection application = createTable();
                CaptureRig rig = CaptureRig.open(file).begin()) {
            insert(application, 1);
            rig.run();
            byte[] before = Files.readAllBytes(wal);
            for (int bytes : new int[] {1, 23, 24, 25, 2000, 4119}) {
                try (RandomAccessFile out = new RandomAccessFile(wal.toFile(), "rw")) {
                    out.seek(before.length);
                    // The beginning of a frame that exists: its salts are right.
                    out.write(before, before.length - 4120, bytes);
                }
                rig.run();
            }
            assertThat(rig.txids()).containsExactly(1L, 2L);
            insert(application, 1);
            rig.run();
            assertThat(rig.txids()).containsExactly(1L, 2L, 3L);
            assertThat(rig.fullImages()).isEqualTo(1);
            assertThat(rig.replayEqualsLive()).isTrue();
        }
    }

    @Test
    void missingGrowthPageProvesAGap() throws Exception {
        try (Connection application = createTable();
                Parts parts = new Parts(healthy(), InstantSource.system())) {
            insert(application, 100);
            parts.capture.handover();
            Position position = parts.capture.position();
            insert(application, 1);
            // As if the frames by which the database has grown had never been seen.
            parts.capture.begin(new Position(position.txid(), position.cursor(), 2, 0), false);
            assertThatThrownBy(parts.capture::handover)
                    .isInstanceOf(ContinuityLostException.class)
                    .hasMessageContaining("has no frame");
            assertThat(parts.local.list()).hasSize(2);
        }
    }

    /**
     * The header of the wal-index is between its two halves, and somebody has the write lock with which a reader would
     * repair it: SQLite answers {@code 1, -1}.
     */
    @Test
    void noopThatAnswersBusyIsAskedAgain() throws Exception {
        long secondHalf = 48;
        Connection application = createTable();
        // Closed after every connection: a close drops SQLite's locks on the file.
        try (RandomAccessFile index =
                new RandomAccessFile(directory.resolve("app.db-shm").toFile(), "rw")) {
            try (application;
                    Connection writer = CaptureRig.application(file);
                    Parts parts = new Parts(healthy(), InstantSource.system())) {
                insert(application, 1);
                CaptureRig.run(writer, "BEGIN IMMEDIATE");
                index.seek(secondHalf);
                int right = index.read();
                index.seek(secondHalf);
                index.write(right ^ 1);
                assertThat(CaptureRig.numbers(application, "PRAGMA wal_checkpoint(NOOP)"))
                        .startsWith(1L, -1L);
                AtomicReference<Thread> capturing = new AtomicReference<>();
                CompletableFuture<Boolean> captured = CompletableFuture.supplyAsync(() -> {
                    capturing.set(Thread.currentThread());
                    try {
                        return parts.capture.handover();
                    } catch (Exception e) {
                        throw new CompletionException(e);
                    }
                });
                await().until(() -> captured.isDone()
                        || (capturing.get() != null && capturing.get().getState() == Thread.State.TIMED_WAITING));
                assertThat(captured).as("it waits for an answer").isNotDone();
                assertThat(parts.local.list()).hasSize(1);
                index.seek(secondHalf);
                index.write(right);
                assertThat(captured.get(10, TimeUnit.SECONDS)).isTrue();
                assertThat(parts.local.list()).hasSize(2);
                CaptureRig.run(writer, "ROLLBACK");
            }
        }
    }

    @Test
    void largeTransactionIsCapturedWithoutBeingInMemory() throws Exception {
        int megabytes = 64;
        try (Connection application = createTable();
                Parts parts = new Parts(healthy(), InstantSource.system())) {
            CaptureRig.run(
                    application,
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + megabytes
                            + ") INSERT INTO t (v) SELECT randomblob(1000000) FROM n");
            long before = Allocation.bytes();
            assertThat(parts.capture.handover()).isTrue();
            assertThat(Allocation.bytes() - before)
                    .as("bytes allocated for %d MB in one transaction", megabytes)
                    .isLessThan(8_000_000);
            assertThat(Files.size(parts.local.path(2))).isGreaterThan(megabytes * 1_000_000L);
        }
    }

    @Test
    void changedFrameIsNeverCaptured() throws Exception {
        try (Connection application = createTable();
                Parts parts = new Parts(healthy(), InstantSource.system())) {
            insert(application, 1);
            try (RandomAccessFile out = new RandomAccessFile(wal.toFile(), "rw")) {
                out.seek(out.length() - 100);
                int old = out.read();
                out.seek(out.length() - 100);
                out.write(old ^ 1);
            }
            assertThatThrownBy(parts.capture::handover)
                    .isInstanceOf(ContinuityLostException.class)
                    .hasMessageContaining("checksum");
            assertThat(parts.local.list()).hasSize(1);
        }
    }

    @Test
    void newGenerationThatNobodyAllowedIsALoss() throws Exception {
        try (Connection application = createTable();
                Parts parts = new Parts(healthy(), InstantSource.system())) {
            insert(application, 1);
            parts.capture.handover();
            insert(application, 1);
            // As a lost lock would do it: nothing holds the WAL, and somebody begins it anew.
            parts.database.pins().release();
            CaptureRig.run(application, "PRAGMA wal_checkpoint(TRUNCATE)");
            insert(application, 1);
            parts.database.pins().hold();
            parts.capture.begin(parts.capture.position(), false);
            assertThatThrownBy(parts.capture::handover)
                    .isInstanceOf(ContinuityLostException.class)
                    .hasMessageContaining("reset");
        }
    }

    @Test
    void oldPinStaysWhenTheFileBehindItCannotBeWritten() throws Exception {
        List<Step> failing = new ArrayList<>();
        FaultyFiles files = new FaultyFiles((step, path) -> {
            if (failing.contains(step)) {
                throw new java.io.IOException("no room");
            }
        });
        try (Connection application = createTable();
                Connection outside = DriverManager.getConnection("jdbc:sqlite:" + file);
                Parts parts = new Parts(files, InstantSource.system())) {
            CaptureRig.run(outside, "PRAGMA busy_timeout=0");
            insert(application, 1);
            for (Step step : List.of(Step.WRITE, Step.FORCE, Step.LINK, Step.FORCE_DIRECTORY)) {
                failing.add(step);
                assertThatThrownBy(parts.capture::handover).isInstanceOf(java.io.IOException.class);
                assertThat(CaptureRig.numbers(outside, "PRAGMA wal_checkpoint(TRUNCATE)")
                                .get(0))
                        .as("busy: the frames are needed, %s failed", step)
                        .isEqualTo(1);
                failing.clear();
            }
            assertThat(parts.capture.handover()).isTrue();
            assertThat(parts.capture.position().txid()).isEqualTo(2);
        }
    }

    @Test
    void walIsDurableBeforeTheFileMadeOfIt() throws Exception {
        List<String> steps = new ArrayList<>();
        FaultyFiles files = new FaultyFiles((step, path) -> {
            if (step == Step.FORCE || step == Step.FORCE_DIRECTORY || step == Step.LINK) {
                String name = path.getFileName().toString();
                steps.add(step + (name.endsWith("-wal") ? " wal" : ""));
            }
        });
        try (Connection application = createTable();
                Parts parts = new Parts(files, InstantSource.system())) {
            insert(application, 1);
            steps.clear();
            assertThat(parts.capture.handover()).isTrue();
            assertThat(steps).containsExactly("FORCE wal", "FORCE", "LINK", "FORCE_DIRECTORY");
        }
    }

    /** What is told of may be uploaded at once. */
    @Test
    void nobodyIsToldOfAFileBeforeItsNameIsDurable() throws Exception {
        List<Long> toldBefore = new ArrayList<>();
        AtomicReference<Parts> opened = new AtomicReference<>();
        FaultyFiles files = new FaultyFiles((step, path) -> {
            if (opened.get() != null) {
                toldBefore.add(opened.get().progress.captured());
            }
        });
        try (Connection application = createTable();
                Parts parts = new Parts(files, InstantSource.system())) {
            opened.set(parts);
            insert(application, 1);
            assertThat(parts.capture.handover()).isTrue();
            assertThat(toldBefore).hasSizeGreaterThan(4).containsOnly(0L);
            assertThat(parts.progress.captured()).isEqualTo(2);
        }
    }

    @Test
    void timestampsNeverGoBackWhateverTheClockDoes() throws Exception {
        AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-03-01T12:00:00Z"));
        try (Connection application = createTable();
                Parts parts = new Parts(healthy(), now::get)) {
            long last = parts.capture.position().timestampMillis();
            for (int hours : new int[] {-1, 2, -5, 0, 1}) {
                now.set(now.get().plusSeconds(hours * 3600L));
                insert(application, 1);
                parts.capture.handover();
                long timestamp = parts.capture.position().timestampMillis();
                assertThat(timestamp).isGreaterThanOrEqualTo(last);
                assertThat(timestamp).isGreaterThanOrEqualTo(now.get().toEpochMilli());
                last = timestamp;
            }
        }
    }

    @Test
    void applicationCommitsWhileAFullImageIsWritten() throws Exception {
        try (Connection application = createTable()) {
            CaptureRig.run(application, "PRAGMA busy_timeout=0");
            insert(application, 500);
            List<SQLException> refused = new ArrayList<>();
            int[] commits = new int[1];
            FaultyFiles files = new FaultyFiles((step, path) -> {
                if (step == Step.WRITE && commits[0] < 3) {
                    try {
                        insert(application, 1);
                        commits[0]++;
                    } catch (SQLException e) {
                        refused.add(e);
                    }
                }
            });
            try (Parts parts = new Parts(files, InstantSource.system())) {
                assertThat(refused).isEmpty();
                assertThat(commits[0]).isEqualTo(3);
                assertThat(CaptureRig.content(parts.local.path(1)).pages()).isNotEmpty();
                assertThat(parts.capture.handover())
                        .as("commits during the image come after it")
                        .isTrue();
            }
        }
    }

    @Test
    void walThatHasNoFrameYetIsFollowedFromItsFirst() throws Exception {
        createTable().close();
        try (CaptureRig rig = CaptureRig.open(file).begin();
                Connection application = CaptureRig.application(file)) {
            CaptureRig.run(application, "INSERT INTO t VALUES (1, 'x')");
            rig.run();
            assertThat(rig.txids()).containsExactly(1L, 2L);
            assertThat(CaptureRig.content(rig.local.path(2)).walOffset()).isEqualTo(32);
            assertThat(CaptureRig.content(rig.local.path(2)).walSizeBytes()).isEqualTo(4120);
        }
        // The newest file ends with frame 1.
        try (Connection application = CaptureRig.application(file);
                CaptureRig rig = CaptureRig.open(file).begin()) {
            assertThat(rig.start).isInstanceOf(StartCheck.Resume.class);
            CaptureRig.run(application, "INSERT INTO t VALUES (2, 'x')");
            rig.run();
            assertThat(rig.txids()).containsExactly(1L, 2L, 3L);
            assertThat(rig.replayEqualsLive()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {512, 1024, 65536})
    void everyPageSizeIsCaptured(int bytes) throws Exception {
        try (Connection application = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            CaptureRig.run(
                    application,
                    "PRAGMA page_size=" + bytes,
                    "PRAGMA journal_mode=WAL",
                    "CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB)");
            try (CaptureRig rig = CaptureRig.open(file, 10, 20).begin()) {
                for (int i = 0; i < 10; i++) {
                    insert(application, 50);
                    rig.run();
                }
                assertThat(rig.fullImages()).isEqualTo(1);
                assertThat(rig.replayEqualsLive()).isTrue();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "PASSIVE, false",
        "PASSIVE, true",
        "FULL, false",
        "FULL, true",
        "RESTART, false",
        "RESTART, true",
        "TRUNCATE, false",
        "TRUNCATE, true",
    })
    void whateverWasDoneWhileNobodyReplicatedIsInTheNextState(String checkpoint, boolean strangerCloses)
            throws Exception {
        try (Connection application = createTable();
                CaptureRig rig = CaptureRig.open(file).begin()) {
            insert(application, 50);
            rig.run();
        }
        Connection stranger = DriverManager.getConnection("jdbc:sqlite:" + file);
        byte[] before = headerFields();
        CaptureRig.run(stranger, "UPDATE t SET v = 'a stranger' WHERE id = 1");
        CaptureRig.run(stranger, "PRAGMA wal_checkpoint(" + checkpoint + ")");
        assertThat(headerFields()).as("SQLite's change counter says nothing").isEqualTo(before);
        // Beyond the place in the WAL where the newest local file ends.
        for (int i = 0; i < 10; i++) {
            insert(stranger, 50);
        }
        if (strangerCloses) {
            stranger.close();
        }
        try (Connection application = CaptureRig.application(file);
                CaptureRig rig = CaptureRig.open(file).begin()) {
            assertThat(rig.state()).isEqualTo(ReplicationState.STREAMING);
            assertThat(rig.replayEqualsLive()).isTrue();
            insert(application, 1);
            rig.run();
            assertThat(rig.replayEqualsLive()).isTrue();
        } finally {
            stranger.close();
        }
    }

    /** Change counter and version-valid-for; read by a process of its own, for closing the file here would drop locks. */
    private byte[] headerFields() throws Exception {
        Process process = new ProcessBuilder("head", "-c", "100", file.toString()).start();
        try (InputStream out = process.getInputStream()) {
            byte[] header = out.readAllBytes();
            byte[] fields = Arrays.copyOfRange(header, 24, 32);
            System.arraycopy(header, 92, fields, 4, 4);
            return fields;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"app.db", "app.db-shm"})
    void lockThatIsDroppedWhileRunningIsAnErrorInTheLogWithinAMinute(String opened) throws Exception {
        List<LogRecord> records = new ArrayList<>();
        Logger logger = Logger.getLogger(LockWatch.class.getName());
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord entry) {
                records.add(entry);
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        logger.addHandler(handler);
        try (Connection application = createTable();
                CaptureRig rig = CaptureRig.open(file).begin()) {
            long later = System.nanoTime() + TimeUnit.SECONDS.toNanos(61);
            rig.agent.step(later);
            assertThat(records).isEmpty();
            try (InputStream in = Files.newInputStream(directory.resolve(opened))) {
                assertThat(in.read()).isNotNegative();
            }
            rig.agent.step(later + TimeUnit.SECONDS.toNanos(61));
            rig.agent.step(later + TimeUnit.SECONDS.toNanos(122));
            assertThat(records).as("said once").hasSize(1);
            assertThat(records.get(0).getMessage()).contains("is gone");
            assertThat(application.isValid(1)).isTrue();
        } finally {
            logger.removeHandler(handler);
        }
    }
}
