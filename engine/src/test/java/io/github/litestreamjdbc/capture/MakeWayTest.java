package io.github.litestreamjdbc.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.agent.BufferBytes;
import io.github.litestreamjdbc.api.ReplicationEvent.Kind;
import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.testing.FaultyFiles;
import io.github.litestreamjdbc.testing.FaultyFiles.Step;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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

    /** What cannot be written although other files can. */
    private volatile String failing = "nothing";

    /** Checkpoints that waited for a second in vain; written by the other one, read when it has ended. */
    private long refused;

    private final FaultyFiles files = new FaultyFiles((step, path) -> {
        if (step == Step.WRITE && (full || path.toString().contains(failing))) {
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

    @Test
    void whatWasLetGoCountsAsCapturedAndNotReplicatedUntilNobodyNeedsItAnyMore() throws Exception {
        long heldBefore = BufferBytes.held();
        try (CaptureRig rig = CaptureRig.openPaced(file, files).begin()) {
            long inFiles = rig.progress.unreplicatedCommits();
            long bytesInFiles = rig.progress.unreplicatedBytes();
            beside(rig, TURNS, i -> insertAndCheckpoint("TRUNCATE"));
            assertThat(rig.txids()).as("no file was cut").hasSize(1);
            assertThat(rig.progress.unreplicatedCommits()).isBetween(inFiles + 1, inFiles + TURNS);
            assertThat(rig.progress.unreplicatedBytes()).isGreaterThan(bytesInFiles);
            assertThat(BufferBytes.held()).isGreaterThan(heldBefore);
            rig.runNow();
            assertThat(rig.progress.unreplicatedCommits()).as("once").isEqualTo(inFiles + TURNS);
            bytesInFiles = rig.progress.unreplicatedBytes();
            beside(rig, TURNS, i -> insertAndCheckpoint("TRUNCATE"));
            assertThat(rig.progress.unreplicatedBytes()).isGreaterThan(bytesInFiles);
            rig.agent.standBy(ReplicationState.CLOSED, "over");
            rig.step();
            assertThat(rig.progress.unreplicatedCommits()).isEqualTo(inFiles + TURNS);
            assertThat(rig.progress.unreplicatedBytes()).isEqualTo(bytesInFiles);
            assertThat(BufferBytes.held()).isEqualTo(heldBefore);
        }
    }

    @Test
    void lossIsLoggedWithThePositionUpToWhichFramesWereRead() throws Exception {
        try (CaptureRig rig = CaptureRig.openPaced(file, files).begin()) {
            List<String> gaps = new ArrayList<>();
            rig.progress.onEvent((kind, reason) -> {
                if (kind == Kind.GAP_FOUND) {
                    gaps.add(reason);
                }
            });
            stageWhatIsNotCopiedBack(rig);
            assertThat(rig.txids()).as("all that is in memory only").hasSize(1);
            CaptureRig.run(other, "INSERT INTO t (v) VALUES (randomblob(3000))");
            // As a lost lock would do it: nothing holds the WAL, and somebody begins it anew.
            rig.database.pins().release();
            CaptureRig.run(other, "PRAGMA wal_checkpoint(TRUNCATE)", "INSERT INTO t (v) VALUES (1)");
            rig.database.pins().hold();
            List<String> errors = errorsDuring(rig::runNow);
            assertThat(gaps).hasSize(1);
            Matcher position = Pattern.compile("pinned at (\\S+)").matcher(gaps.get(0));
            assertThat(position.find()).as(gaps.get(0)).isTrue();
            assertThat(errors).singleElement().asString().contains(" at " + position.group(1) + ": ");
            assertThat(rig.replayEqualsLive()).isTrue();
        }
    }

    private void stageWhatIsNotCopiedBack(CaptureRig rig) throws Exception {
        long commits = rig.progress.unreplicatedCommits();
        do {
            beside(rig, 1, i -> insertAndCheckpoint("FULL"));
            CaptureRig.run(other, "INSERT INTO t (v) VALUES (randomblob(3000))");
            commits += 2;
            for (int i = 0; i < 1000 && rig.progress.unreplicatedCommits() < commits; i++) {
                rig.step();
            }
        } while (rig.progress.unreplicatedCommits() < commits);
    }

    private interface Work {
        void run() throws Exception;
    }

    private static List<String> errorsDuring(Work work) throws Exception {
        List<String> errors = new ArrayList<>();
        Logger logger = Logger.getLogger(CaptureAgent.class.getName());
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord entry) {
                if (entry.getLevel() == Level.SEVERE) {
                    errors.add(entry.getMessage());
                }
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        logger.addHandler(handler);
        try {
            work.run();
        } finally {
            logger.removeHandler(handler);
        }
        return errors;
    }

    /** What waited in memory gets a file of its own where the frames behind it are too many to join it. */
    @Test
    void fileOfWhatWasLetGoCountsAlthoughTheNextOneCannotBeWritten() throws Exception {
        try (CaptureRig rig = CaptureRig.openPaced(file, files).begin()) {
            assertThat(rig.txids()).hasSize(1);
        }
        try (CaptureRig rig = CaptureRig.openPaced(file, files).begin()) {
            assertThat(rig.start).isInstanceOf(StartCheck.Resume.class);
            Path marker = Files.writeString(RestoreMarker.path(rig.meta), "until the first file is written");
            // Nothing is cut at its own pace then.
            rig.progress.replicaError("down");
            beside(rig, TURNS, i -> insertAndCheckpoint("FULL"));
            assertThat(rig.txids()).as("something is in memory only").hasSize(1);
            CaptureRig.run(other, "INSERT INTO t (v) VALUES (randomblob(6000000))");
            failing = "0000000000000003";
            rig.runNow();
            assertThat(rig.txids()).containsExactly(1L, 2L);
            assertThat(rig.state()).isEqualTo(ReplicationState.LOCAL_FULL);
            assertThat(marker).doesNotExist();
            failing = "nothing";
            rig.runNow();
            assertThat(rig.state()).isEqualTo(ReplicationState.STREAMING);
            assertThat(rig.replayEqualsLive()).isTrue();
        }
    }
}
