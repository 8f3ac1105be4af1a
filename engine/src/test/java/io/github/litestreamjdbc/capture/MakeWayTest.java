package io.github.litestreamjdbc.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.testing.FaultyFiles;
import io.github.litestreamjdbc.testing.FaultyFiles.Step;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Somebody else commits and checkpoints in turns, and would wait for our pin each time. */
@Timeout(120)
class MakeWayTest {
    private static final int TURNS = 100;

    @TempDir
    private Path directory;

    private final ExecutorService elsewhere = Executors.newSingleThreadExecutor();
    private volatile boolean full;

    /** Checkpoints that waited for a second in vain; written by the other one, read when it has ended. */
    private long refused;

    private final FaultyFiles files = new FaultyFiles((step, path) -> {
        if (full && step == Step.WRITE) {
            throw new FileSystemException(path.toString(), null, "No space left on device");
        }
    });

    private Path file;
    private Connection other;

    @BeforeEach
    void open() throws Exception {
        file = directory.resolve("app.db");
        other = CaptureRig.application(file);
        CaptureRig.run(other, "PRAGMA busy_timeout=1000", "PRAGMA synchronous=NORMAL");
        CaptureRig.run(other, "CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB)");
        // Pages that nobody changes, so that only a full image holds all.
        CaptureRig.run(other, "CREATE TABLE still (v BLOB)", "INSERT INTO still VALUES (randomblob(50000))");
    }

    @AfterEach
    void close() throws Exception {
        elsewhere.shutdown();
        assertThat(elsewhere.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
        other.close();
    }

    private interface Turn {
        void run(int number) throws Exception;
    }

    /** Steps the agent while the other one takes its turns. */
    private void beside(CaptureRig rig, int turns, Turn turn) throws Exception {
        Future<Void> done = elsewhere.submit(() -> {
            for (int i = 0; i < turns; i++) {
                turn.run(i);
            }
            return null;
        });
        while (!done.isDone()) {
            rig.step();
        }
        done.get();
        assertThat(refused).as("checkpoints answered busy after a second").isLessThanOrEqualTo(Math.max(1, turns / 10));
    }

    private void insertAndCheckpoint(String kind) throws Exception {
        CaptureRig.run(other, "INSERT INTO t (v) VALUES (randomblob(3000))");
        refused +=
                CaptureRig.numbers(other, "PRAGMA wal_checkpoint(" + kind + ")").get(0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"FULL", "RESTART", "TRUNCATE"})
    void framesLetGoForAnotherProcessesCheckpointAreInTheNextFile(String kind) throws Exception {
        try (CaptureRig rig = CaptureRig.openPaced(file, files).begin()) {
            beside(rig, TURNS, i -> insertAndCheckpoint(kind));
            assertThat(rig.txids()).as("no file is cut for it").hasSizeLessThan(5);
            rig.runNow();
            assertThat(rig.state()).isEqualTo(ReplicationState.STREAMING);
            assertThat(rig.fullImages()).isEqualTo(1);
            assertThat(rig.replayEqualsLive()).isTrue();
        }
    }

    @Test
    void pagesThatAreCutOffAndGrowAgainAreTheNewOnes() throws Exception {
        CaptureRig.run(
                other, "PRAGMA journal_mode=DELETE", "PRAGMA auto_vacuum=1", "VACUUM", "PRAGMA journal_mode=WAL");
        try (CaptureRig rig = CaptureRig.openPaced(file, files).begin()) {
            beside(rig, TURNS, i -> {
                insertAndCheckpoint("RESTART");
                CaptureRig.run(other, "INSERT INTO t (v) VALUES (randomblob(100000))");
                if (i % 3 == 2) {
                    CaptureRig.run(other, "DELETE FROM t");
                }
            });
            rig.runNow();
            assertThat(rig.fullImages()).isEqualTo(1);
            assertThat(rig.replayEqualsLive()).isTrue();
        }
    }

    @Test
    void largeTransactionGoesIntoAFileAtOnce() throws Exception {
        try (CaptureRig rig = CaptureRig.openPaced(file, files).begin()) {
            beside(rig, 6, i -> {
                insertAndCheckpoint("TRUNCATE");
                CaptureRig.run(other, "INSERT INTO t (v) VALUES (randomblob(6000000))");
                insertAndCheckpoint("TRUNCATE");
            });
            assertThat(rig.txids()).hasSizeGreaterThan(6);
            rig.runNow();
            assertThat(rig.fullImages()).isEqualTo(1);
            assertThat(rig.replayEqualsLive()).isTrue();
        }
    }

    @Test
    void whatWasLetGoIsKeptUntilAFileCanBeWritten() throws Exception {
        try (CaptureRig rig = CaptureRig.openPaced(file, files).begin()) {
            beside(rig, TURNS, i -> insertAndCheckpoint("TRUNCATE"));
            full = true;
            rig.runNow();
            assertThat(rig.state()).isEqualTo(ReplicationState.LOCAL_FULL);
            CaptureRig.run(other, "INSERT INTO t (v) VALUES (randomblob(3000))");
            full = false;
            rig.runNow();
            assertThat(rig.state()).isEqualTo(ReplicationState.STREAMING);
            assertThat(rig.fullImages()).isEqualTo(1);
            assertThat(rig.replayEqualsLive()).isTrue();
        }
    }

    @Test
    void deathWithWhatWasLetGoIsFollowedByAFullImage() throws Exception {
        try (CaptureRig rig = CaptureRig.openPaced(file, files).begin()) {
            beside(rig, TURNS, i -> insertAndCheckpoint("TRUNCATE"));
            assertThat(rig.replayEqualsLive()).as("something is in memory only").isFalse();
        }
        try (CaptureRig rig = CaptureRig.openPaced(file, files).begin()) {
            rig.runNow();
            assertThat(rig.start).isInstanceOf(StartCheck.FullImage.class);
            assertThat(rig.replayEqualsLive()).isTrue();
        }
    }
}
