package io.github.litestreamjdbc.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.litestreamjdbc.api.CheckpointResult;
import io.github.litestreamjdbc.api.ReplicationConfig.Limits;
import io.github.litestreamjdbc.api.ReplicationConfig.LocalFull;
import io.github.litestreamjdbc.api.ReplicationEvent.Kind;
import io.github.litestreamjdbc.api.ReplicationState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What happens when capture cannot keep up: readers that never let go, a full disk, a replica that is away. */
class CaptureLimitsTest {
    private static final long NEVER = Long.MAX_VALUE;
    private static final int NO_DRAIN = Integer.MAX_VALUE;

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

    private void insert(int rows) throws SQLException {
        CaptureRig.run(
                application,
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + rows
                        + ") INSERT INTO t (v) SELECT randomblob(3000) FROM n");
    }

    private long walBytes() throws IOException {
        return Files.size(file.resolveSibling("app.db-wal"));
    }

    /** With eight there are fewer read marks than readers: our pin has to share one. */
    @ParameterizedTest
    @ValueSource(ints = {2, 8})
    void drainEmptiesAWalThatOverlappingReadersKeepFromBeginningAnew(int count) throws Exception {
        Limits limits = new Limits(300, NEVER, LocalFull.DETACH, NEVER);
        CountDownLatch end = new CountDownLatch(1);
        List<Connection> readers = new ArrayList<>();
        try (CaptureRig rig = CaptureRig.open(file, limits).begin()) {
            for (int i = 0; i < count; i++) {
                readers.add(CaptureRig.application(file));
            }
            // At every moment all but one of them hold a snapshot, each another one.
            CompletableFuture<Void> reading = CompletableFuture.runAsync(() -> overlap(readers, end));
            for (int i = 0; i < 40; i++) {
                insert(50);
                rig.step();
            }
            end.countDown();
            reading.get(20, TimeUnit.SECONDS);
            rig.run();
            assertThat(rig.agent.walFrames())
                    .as("live frames of about 1,700 written")
                    .isLessThan(600);
            assertThat(rig.fullImages()).isEqualTo(1);
            assertThat(rig.replayEqualsLive()).isTrue();
        } finally {
            for (Connection reader : readers) {
                reader.close();
            }
        }
    }

    private static void overlap(List<Connection> readers, CountDownLatch end) {
        try {
            int turn = 0;
            for (; turn < readers.size() - 1; turn++) {
                CaptureRig.run(readers.get(turn), "BEGIN", "SELECT count(*) FROM t");
            }
            for (; !end.await(100, TimeUnit.MILLISECONDS); turn++) {
                CaptureRig.run(readers.get(turn % readers.size()), "BEGIN", "SELECT count(*) FROM t");
                CaptureRig.run(readers.get((turn + 1) % readers.size()), "COMMIT");
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void drainGivesUpOnAReaderThatStaysAndLosesNothing() throws Exception {
        try (CaptureRig rig = CaptureRig.open(file, new Limits(50, NEVER, LocalFull.DETACH, NEVER))
                        .begin();
                Connection reader = CaptureRig.application(file)) {
            CaptureRig.run(reader, "BEGIN", "SELECT count(*) FROM t");
            insert(200);
            rig.run();
            assertThat(rig.state()).isEqualTo(ReplicationState.STREAMING);
            assertThat(rig.agent.walFrames()).isGreaterThan(100);
            CaptureRig.run(reader, "COMMIT");
            assertThat(rig.replayEqualsLive()).isTrue();
        }
    }

    /** A directory of level-0 files that cannot be written to; works for root as well. */
    private void breakLevelZero(CaptureRig rig) throws IOException {
        Files.move(rig.meta.resolve("ltx"), rig.meta.resolve("ltx-away"));
        Files.createFile(rig.meta.resolve("ltx"));
    }

    private void mendLevelZero(CaptureRig rig) throws IOException {
        Files.delete(rig.meta.resolve("ltx"));
        Files.move(rig.meta.resolve("ltx-away"), rig.meta.resolve("ltx"));
    }

    @Test
    void detachLetsTheWalBeginAnewAndAFullImageFollows() throws Exception {
        try (CaptureRig rig = CaptureRig.open(file, new Limits(NO_DRAIN, 1 << 20, LocalFull.DETACH, NEVER))
                .begin()) {
            breakLevelZero(rig);
            for (int i = 0; i < 40; i++) {
                insert(50);
                rig.runNow();
            }
            assertThat(rig.state()).isEqualTo(ReplicationState.LOCAL_FULL);
            assertThat(rig.agent.reading().reason()).contains("wal-hard-limit");
            assertThat(walBytes()).as("WAL of 2,000 rows of 3,000 bytes").isLessThan(3 << 20);
            mendLevelZero(rig);
            rig.runNow();
            assertThat(rig.state()).isEqualTo(ReplicationState.STREAMING);
            insert(1);
            rig.run();
            assertThat(rig.fullImages()).isEqualTo(2);
            assertThat(rig.txids()).containsExactly(1L, 2L, 3L);
            assertThat(rig.replayEqualsLive()).isTrue();
        }
    }

    @Test
    void growKeepsEveryState() throws Exception {
        try (CaptureRig rig = CaptureRig.open(file, new Limits(NO_DRAIN, 1 << 20, LocalFull.GROW, NEVER))
                .begin()) {
            breakLevelZero(rig);
            for (int i = 0; i < 10; i++) {
                insert(50);
                rig.runNow();
            }
            assertThat(walBytes()).isGreaterThan(1 << 20);
            mendLevelZero(rig);
            rig.runNow();
            assertThat(rig.fullImages()).isEqualTo(1);
            assertThat(rig.replayEqualsLive()).isTrue();
        }
    }

    @Test
    void blockLetsWritersWaitUntilFilesCanBeWrittenAgain() throws Exception {
        try (CaptureRig rig = CaptureRig.open(file, new Limits(NO_DRAIN, 1 << 20, LocalFull.BLOCK, NEVER))
                .begin()) {
            breakLevelZero(rig);
            insert(400);
            rig.runNow();
            assertThat(rig.agent.reading().reason()).contains("local-full=block");
            GatePass pass = rig.gate.newPass();
            CompletableFuture<Void> writer = CompletableFuture.runAsync(pass::await);
            assertThatThrownBy(() -> writer.get(200, TimeUnit.MILLISECONDS))
                    .isInstanceOf(java.util.concurrent.TimeoutException.class);
            CompletableFuture<CheckpointResult> checkpoint = rig.agent.checkpoint();
            rig.runNow();
            assertThat(checkpoint).isDone();
            assertThatThrownBy(() -> writer.get(200, TimeUnit.MILLISECONDS))
                    .as("a checkpoint that the application asks for")
                    .isInstanceOf(java.util.concurrent.TimeoutException.class);
            mendLevelZero(rig);
            rig.runNow();
            writer.get(10, TimeUnit.SECONDS);
            assertThat(rig.state()).isEqualTo(ReplicationState.STREAMING);
            assertThat(rig.fullImages()).isEqualTo(1);
            assertThat(rig.replayEqualsLive()).isTrue();
        }
    }

    @Test
    void filesThatCanBeWrittenAndThatUploadCannotReadAreAFaultUntilItCan() throws Exception {
        try (CaptureRig rig = CaptureRig.open(file).begin()) {
            List<Kind> told = new ArrayList<>();
            rig.progress.onEvent((kind, reason) -> told.add(kind));
            for (int attempt = 0; attempt < 3; attempt++) {
                rig.agent.localFault(new LocalFilesException(rig.meta, new IOException("bad sector")));
                long before = rig.progress.captured();
                insert(20);
                rig.runNow();
                assertThat(rig.progress.captured()).as("capture goes on").isGreaterThan(before);
                assertThat(rig.state()).isEqualTo(ReplicationState.LOCAL_FULL);
            }
            assertThat(told).containsExactly(Kind.LOCAL_FULL);
            rig.agent.localFaultOver();
            rig.runNow();
            assertThat(rig.state()).isEqualTo(ReplicationState.STREAMING);
            assertThat(told).containsExactly(Kind.LOCAL_FULL, Kind.LOCAL_RECOVERED);
        }
    }

    @Test
    void budgetSpentWhileTheReplicaIsAwayStopsCaptureAndAFullImageCatchesUp() throws Exception {
        try (CaptureRig rig = CaptureRig.open(file, new Limits(NO_DRAIN, NEVER, LocalFull.DETACH, 300_000))
                .begin()) {
            rig.progress.replicaError("down");
            for (int i = 0; i < 40; i++) {
                insert(20);
                // Syncs cut although the replica is away.
                rig.runNow();
            }
            assertThat(rig.state()).isEqualTo(ReplicationState.LOCAL_FULL);
            assertThat(rig.agent.reading().reason()).contains("local-budget");
            long kept = rig.progress.captured();
            assertThat(rig.progress.unreplicatedBytes()).isBetween(300_000L, 500_000L);
            rig.progress.replicaError(null);
            rig.run();
            assertThat(rig.progress.captured()).as("while the backlog goes up").isEqualTo(kept);
            rig.progress.uploaded(kept, 1);
            rig.run();
            assertThat(rig.state()).isEqualTo(ReplicationState.STREAMING);
            assertThat(rig.progress.captured()).isEqualTo(kept + 1);
            assertThat(rig.fullImages()).isEqualTo(2);
            assertThat(rig.replayEqualsLive()).isTrue();
        }
    }
}
