package io.github.litestreamjdbc.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.litestreamjdbc.agent.Agent;
import io.github.litestreamjdbc.api.CheckpointResult;
import io.github.litestreamjdbc.api.ReplicationEvent;
import io.github.litestreamjdbc.api.ReplicationState;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CaptureTest {
    @TempDir
    private Path directory;

    private Path file;
    private Connection application;

    @BeforeEach
    void open() throws Exception {
        file = directory.resolve("app.db");
        application = CaptureRig.application(file);
        CaptureRig.run(application, "CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB)");
    }

    @AfterEach
    void close() throws Exception {
        application.close();
    }

    private void insert(int rows) throws Exception {
        CaptureRig.run(
                application,
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + rows
                        + ") INSERT INTO t (v) SELECT randomblob(500) FROM n");
    }

    @Test
    void everyCommitBecomesTheNextTxid() throws Exception {
        try (CaptureRig rig = CaptureRig.open(file).begin()) {
            for (int i = 0; i < 5; i++) {
                insert(10);
                rig.run();
            }
            assertThat(rig.txids()).containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
            assertThat(rig.replayEqualsLive()).isTrue();
            assertThat(rig.progress.unreplicatedCommits()).isEqualTo(6);
        }
    }

    @Test
    void idleStepsWriteNothing() throws Exception {
        try (CaptureRig rig = CaptureRig.open(file, 1, 1).begin()) {
            insert(100);
            rig.run();
            int before = rig.txids().size();
            for (int i = 0; i < 50; i++) {
                rig.step();
            }
            assertThat(rig.txids()).hasSize(before);
        }
    }

    /** So a thousand idle databases cost a thousand looks a second, of some microseconds each, and no thread. */
    @Test
    void idleDatabaseIsLookedAtOnceInAMonitorIntervalAndNothingElseIsDone() throws Exception {
        insert(100);
        try (CaptureRig rig = CaptureRig.open(file).begin()) {
            assertThat(rig.txids()).hasSize(1);
        }
        Duration monitorInterval = Duration.ofSeconds(1);
        try (CaptureRig rig = CaptureRig.open(file, monitorInterval).begin()) {
            for (int look = 0; look < 20; look++) {
                Agent.Next next = rig.agent.step(System.nanoTime());
                assertThat(next.hintable()).isTrue();
                assertThat(Duration.ofNanos(next.delayNanos())).isEqualTo(monitorInterval);
            }
            assertThat(rig.txids()).hasSize(1);
        }
        try (CaptureRig rig = CaptureRig.open(file, Duration.ZERO).begin()) {
            assertThat(rig.agent.step(System.nanoTime()))
                    .as("with hints only: not even a timer")
                    .isEqualTo(Agent.Next.idle());
        }
    }

    @Test
    void rolledBackAndOpenTransactionsAreNotCaptured() throws Exception {
        try (CaptureRig rig = CaptureRig.open(file).begin()) {
            CaptureRig.run(application, "PRAGMA cache_size=10", "BEGIN");
            insert(3000);
            rig.run();
            assertThat(rig.txids()).containsExactly(1L);
            CaptureRig.run(application, "ROLLBACK");
            insert(1);
            rig.run();
            assertThat(rig.txids()).containsExactly(1L, 2L);
            assertThat(rig.replayEqualsLive()).isTrue();
        }
    }

    @Test
    void commitThatWasNeverPublishedIsIgnored() throws Exception {
        try (CaptureRig rig = CaptureRig.open(file).begin()) {
            insert(1);
            rig.run();
            injectPhantomCommit();
            rig.run();
            assertThat(rig.txids())
                    .as("a valid commit frame behind the published end")
                    .containsExactly(1L, 2L);
            insert(1);
            rig.run();
            assertThat(rig.txids()).containsExactly(1L, 2L, 3L);
            assertThat(rig.fullImages()).isEqualTo(1);
            assertThat(rig.replayEqualsLive()).isTrue();
        }
    }

    @Test
    void checkpointDoesNotCaptureACommitThatWasNeverPublished() throws Exception {
        try (CaptureRig rig = CaptureRig.open(file).begin()) {
            insert(1);
            rig.run();
            injectPhantomCommit();
            rig.agent.checkpoint();
            rig.step();
            assertThat(rig.txids()).containsExactly(1L, 2L);
            insert(1);
            rig.run();
            assertThat(rig.txids()).containsExactly(1L, 2L, 3L);
            assertThat(rig.fullImages()).isEqualTo(1);
            assertThat(rig.replayEqualsLive()).isTrue();
        }
    }

    /** Takes the frames of a commit in a copy of the database and puts them behind the published end of the original. */
    private void injectPhantomCommit() throws Exception {
        Path copy = Files.createDirectories(directory.resolve("copy")).resolve("app.db");
        Path wal = file.resolveSibling("app.db-wal");
        Path walCopy = copy.resolveSibling("app.db-wal");
        byte[] before = Files.readAllBytes(wal);
        Files.write(walCopy, before);
        // Read by a process of its own: closing the file in this one would drop SQLite's locks.
        assertThat(new ProcessBuilder("cp", file.toString(), copy.toString())
                        .start()
                        .waitFor())
                .isZero();
        try (Connection other = CaptureRig.application(copy)) {
            CaptureRig.run(other, "INSERT INTO t (v) VALUES ('phantom')");
            byte[] after = Files.readAllBytes(walCopy);
            assertThat(after.length).isGreaterThan(before.length);
            try (RandomAccessFile out = new RandomAccessFile(wal.toFile(), "rw")) {
                out.seek(before.length);
                out.write(after, before.length, after.length - before.length);
            }
        }
    }

    @Test
    void pagesAboveTheCommitSizeAreDropped() throws Exception {
        Path shrinking = directory.resolve("shrinking.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + shrinking)) {
            CaptureRig.run(
                    connection,
                    "PRAGMA auto_vacuum=1",
                    "PRAGMA journal_mode=WAL",
                    "PRAGMA wal_autocheckpoint=0",
                    "PRAGMA cache_size=20",
                    "CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB)");
            try (CaptureRig rig = CaptureRig.open(shrinking).begin()) {
                CaptureRig.run(
                        connection,
                        "BEGIN",
                        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)"
                                + " INSERT INTO t (v) SELECT randomblob(2000) FROM n",
                        "DELETE FROM t WHERE id > 5",
                        "COMMIT");
                rig.run();
                assertThat(rig.replayEqualsLive()).isTrue();
                CaptureRig.run(connection, "INSERT INTO t (v) SELECT randomblob(9000) FROM t");
                CaptureRig.run(connection, "VACUUM");
                rig.run();
                assertThat(rig.replayEqualsLive()).isTrue();
                assertThat(rig.fullImages()).isEqualTo(1);
            }
        }
    }

    @Test
    void sealLetsTheNextWriterBeginTheWalAnewWithoutAFullImage() throws Exception {
        try (CaptureRig rig = CaptureRig.open(file, 10, 20).begin()) {
            Path wal = file.resolveSibling("app.db-wal");
            long longest = 0;
            for (int i = 0; i < 50; i++) {
                insert(20);
                rig.run();
                longest = Math.max(longest, Files.size(wal));
            }
            assertThat(longest).as("bytes of WAL").isLessThan(500_000);
            assertThat(rig.fullImages()).isEqualTo(1);
            assertThat(rig.replayEqualsLive()).isTrue();
        }
    }

    @Test
    void sealDoesNotWaitForALongReader() throws Exception {
        try (CaptureRig rig = CaptureRig.open(file, 10, 20).begin();
                Connection reader = CaptureRig.application(file)) {
            CaptureRig.run(reader, "BEGIN", "SELECT * FROM t");
            assertThat(CaptureRig.numbers(reader, "SELECT count(*) FROM t")).containsExactly(0L);
            for (int i = 0; i < 20; i++) {
                insert(20);
                rig.run();
            }
            CaptureRig.run(reader, "COMMIT");
            insert(20);
            rig.run();
            assertThat(rig.fullImages()).isEqualTo(1);
            assertThat(rig.replayEqualsLive()).isTrue();
        }
    }

    @Test
    void outsideCheckpointsLoseNothing() throws Exception {
        try (CaptureRig rig = CaptureRig.open(file).begin();
                Connection outside = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            CaptureRig.run(outside, "PRAGMA busy_timeout=0");
            String[] modes = {"PASSIVE", "FULL", "RESTART", "TRUNCATE"};
            for (int i = 0; i < 40; i++) {
                insert(3);
                CaptureRig.run(outside, "INSERT INTO t (v) VALUES (1)", "PRAGMA wal_checkpoint(" + modes[i % 4] + ")");
                if (i % 3 != 0) {
                    rig.run();
                }
                CaptureRig.run(outside, "PRAGMA wal_checkpoint(" + modes[(i + 1) % 4] + ")");
            }
            rig.run();
            assertThat(rig.fullImages()).isEqualTo(1);
            assertThat(rig.replayEqualsLive()).isTrue();
        }
    }

    @Test
    void repeatedTruncateOfAnIdleDatabaseIsNoDiscontinuity() throws Exception {
        try (CaptureRig rig = CaptureRig.open(file).begin();
                Connection outside = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            insert(1);
            rig.run();
            for (int i = 0; i < 3; i++) {
                CaptureRig.run(outside, "PRAGMA wal_checkpoint(TRUNCATE)");
                rig.run();
            }
            insert(1);
            rig.run();
            assertThat(rig.fullImages()).isEqualTo(1);
            assertThat(rig.txids()).containsExactly(1L, 2L, 3L);
            assertThat(rig.replayEqualsLive()).isTrue();
        }
    }

    @Test
    void smallCommitsBelowTheHighWaterMarkAreSeenAfterAReset() throws Exception {
        try (CaptureRig rig = CaptureRig.open(file, 10, 20).begin()) {
            insert(2000);
            rig.run();
            for (int i = 0; i < 5; i++) {
                long before = rig.progress.captured();
                CaptureRig.run(application, "UPDATE t SET v = " + i + " WHERE id = 1");
                rig.run();
                assertThat(rig.progress.captured()).isEqualTo(before + 1);
            }
            assertThat(rig.replayEqualsLive()).isTrue();
        }
    }

    @Test
    void removedWalIsNoticedAndNothingMoreIsCaptured() throws Exception {
        assertNoticedWhenRemoved("app.db-wal");
    }

    /** Whoever comes next makes a new one, and sees neither our locks nor what is committed. */
    @Test
    void removedSharedMemoryIsNoticedAndNothingMoreIsCaptured() throws Exception {
        assertNoticedWhenRemoved("app.db-shm");
    }

    private void assertNoticedWhenRemoved(String name) throws Exception {
        try (CaptureRig rig = CaptureRig.open(file).begin()) {
            insert(1);
            rig.run();
            Files.delete(file.resolveSibling(name));
            rig.step();
            assertThat(rig.state()).isEqualTo(ReplicationState.DETACHED);
        }
    }

    @Test
    void imageThatNobodyReadsAnyMoreLetsGoOfTheWal() throws Exception {
        try (CaptureRig rig = CaptureRig.open(file, 10, 20).begin()) {
            insert(50);
            rig.run();
            CompletableFuture<Optional<SnapshotImage>> asked = rig.agent.image();
            rig.step();
            SnapshotImage forgotten = asked.join().orElseThrow();
            for (int i = 0; i < 10; i++) {
                insert(50);
                rig.run();
            }
            assertThat(rig.agent.walFrames()).as("kept by the image").isGreaterThan(60);
            rig.agent.step(System.nanoTime() + SnapshotImage.FORGOTTEN_NANOS);
            for (int i = 0; i < 5; i++) {
                insert(20);
                rig.run();
            }
            assertThat(rig.agent.walFrames()).as("begun anew").isLessThan(60);
            assertThatThrownBy(() -> forgotten.forEachPage((pgno, page) -> {}, () -> false))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("given up");
            forgotten.close();
            assertThat(rig.fullImages()).isEqualTo(1);
            assertThat(rig.replayEqualsLive()).isTrue();
        }
    }

    @Test
    void applicationsCheckpointReportsSqlitesNumbers() throws Exception {
        try (CaptureRig rig = CaptureRig.open(file).begin()) {
            insert(50);
            CompletableFuture<CheckpointResult> result = rig.agent.checkpoint();
            rig.step();
            CheckpointResult numbers = result.join();
            assertThat(numbers.busy()).isZero();
            assertThat(numbers.log()).isPositive().isEqualTo(numbers.checkpointed());
            assertThat(rig.replayEqualsLive()).isTrue();
        }
    }

    @Test
    void diskFullForLevelZeroFilesIsLocalFullAndHeals() throws Exception {
        try (CaptureRig rig = CaptureRig.open(file).begin()) {
            Path levelZero = rig.meta.resolve("ltx/0");
            Path away = directory.resolve("away");
            Files.move(levelZero, away);
            Files.writeString(levelZero, "in the way");
            insert(1);
            rig.step();
            assertThat(rig.state()).isEqualTo(ReplicationState.LOCAL_FULL);
            Files.delete(levelZero);
            Files.move(away, levelZero);
            rig.runNow();
            assertThat(rig.state()).isEqualTo(ReplicationState.STREAMING);
            assertThat(rig.fullImages()).isEqualTo(1);
            assertThat(rig.replayEqualsLive()).isTrue();
        }
    }

    /** Whoever learns that a lease is lost may close everything before the agent's next step. */
    @Test
    void stateThatWasAskedForIsToldAlsoWhenNoStepFollows() throws Exception {
        List<ReplicationEvent.Kind> told = new ArrayList<>();
        try (CaptureRig rig = CaptureRig.open(file).begin()) {
            rig.progress.onEvent((kind, reason) -> told.add(kind));
            rig.agent.standBy(ReplicationState.FENCED, "the lease was taken over");
            rig.agent.abandon();
            assertThat(rig.state()).isEqualTo(ReplicationState.FENCED);
        }
        assertThat(told).containsExactly(ReplicationEvent.Kind.FENCED);
    }
}
