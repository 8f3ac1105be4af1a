package io.github.litestreamjdbc.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.litestreamjdbc.api.ReplicationEvent.Kind;
import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.ltx.LtxHeader;
import io.github.litestreamjdbc.ltx.TxidRange;
import io.github.litestreamjdbc.testing.FaultyFiles;
import io.github.litestreamjdbc.testing.FaultyFiles.Step;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each step of writing a level-0 file fails once: the disk is full there, or broken, or access was taken away. */
class CaptureFaultsTest {
    private static final Set<Step> WRITING = Set.of(
            Step.CREATE_DIRECTORY,
            Step.OPEN_WRITE,
            Step.WRITE,
            Step.FORCE,
            Step.LINK,
            Step.FORCE_DIRECTORY,
            Step.DELETE);

    @TempDir
    private Path directory;

    /** Counts the writing steps; the one with the number chosen fails, or all from it on. */
    private static final class Faults implements FaultyFiles.Watcher {
        private final List<Step> seen = new ArrayList<>();
        private final String reason;
        private int failAt = Integer.MAX_VALUE;
        private boolean failOn;

        Faults(String reason) {
            this.reason = reason;
        }

        @Override
        public void before(Step step, Path path) throws IOException {
            if (!WRITING.contains(step)) {
                return;
            }
            seen.add(step);
            if (seen.size() == failAt || (failOn && seen.size() > failAt)) {
                throw new FileSystemException(path.toString(), null, reason);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"No space left on device", "Permission denied", "Too many open files", "Input/output error"})
    void failureOfAnyStepHurtsNobodyAndHealsWithoutARestart(String reason) throws Exception {
        int steps = stepsOfOneFile(reason);
        assertThat(steps).isGreaterThan(5);
        for (int failAt = 1; failAt <= steps; failAt++) {
            oneFailure(reason, failAt, false);
            oneFailure(reason, failAt, true);
        }
    }

    private int stepsOfOneFile(String reason) throws Exception {
        Faults faults = new Faults(reason);
        Path file = directory.resolve("count.db");
        try (Connection application = CaptureRig.application(file)) {
            CaptureRig.run(application, "CREATE TABLE t (v BLOB)");
            try (CaptureRig rig = CaptureRig.open(file, new FaultyFiles(faults)).begin()) {
                faults.seen.clear();
                CaptureRig.run(application, "INSERT INTO t VALUES (randomblob(20000))");
                rig.run();
                assertThat(rig.txids()).containsExactly(1L, 2L);
                return faults.seen.size();
            }
        }
    }

    private void oneFailure(String reason, int failAt, boolean failOn) throws Exception {
        Faults faults = new Faults(reason);
        Path file = directory.resolve("app-" + reason.length() + "-" + failAt + failOn + ".db");
        String what = reason + " at step " + failAt + (failOn ? " and after it" : "");
        try (Connection application = CaptureRig.application(file)) {
            CaptureRig.run(application, "CREATE TABLE t (v BLOB)");
            try (CaptureRig rig = CaptureRig.open(file, new FaultyFiles(faults)).begin()) {
                faults.seen.clear();
                faults.failAt = failAt;
                faults.failOn = failOn;
                CaptureRig.run(application, "INSERT INTO t VALUES (randomblob(20000))");
                rig.run();
                if (failOn) {
                    assertThat(rig.state()).as(what).isEqualTo(ReplicationState.LOCAL_FULL);
                }
                // The application does not notice.
                CaptureRig.run(application, "INSERT INTO t VALUES (randomblob(20000))");
                faults.failAt = Integer.MAX_VALUE;
                rig.runNow();
                assertThat(rig.state()).as(what).isEqualTo(ReplicationState.STREAMING);
                assertThat(rig.fullImages()).as(what).isEqualTo(1);
                assertThat(rig.replayEqualsLive()).as(what).isTrue();
                try (Stream<Path> left = Files.walk(rig.meta)) {
                    assertThat(left.filter(path -> path.toString().endsWith(".tmp")
                                    && !path.toString().contains("ltx/0")))
                            .as(what)
                            .isEmpty();
                }
            }
        }
        // What could not be deleted while deleting failed goes at the next start.
        try (Connection application = CaptureRig.application(file);
                CaptureRig rig = CaptureRig.open(file)) {
            rig.local.settle();
            rig.begin();
            assertThat(rig.txids()).as(what).startsWith(1L, 2L);
            CaptureRig.run(application, "SELECT 1");
            assertThat(rig.replayEqualsLive()).as(what).isTrue();
        }
    }

    @Test
    void fullImageThatFailsHalfwayLeavesNothingAndIsTakenAgain() throws Exception {
        Faults faults = new Faults("No space left on device");
        Path file = directory.resolve("app.db");
        try (Connection application = CaptureRig.application(file)) {
            CaptureRig.run(application, "CREATE TABLE t (v BLOB)", "INSERT INTO t VALUES (randomblob(3000000))");
            faults.failAt = 6;
            faults.failOn = true;
            try (CaptureRig rig = CaptureRig.open(file, new FaultyFiles(faults)).begin()) {
                assertThat(rig.state()).isEqualTo(ReplicationState.LOCAL_FULL);
                assertThat(rig.txids()).isEmpty();
                faults.failAt = Integer.MAX_VALUE;
                rig.runNow();
                assertThat(rig.state()).isEqualTo(ReplicationState.STREAMING);
                assertThat(rig.txids()).containsExactly(1L);
                assertThat(rig.replayEqualsLive()).isTrue();
            }
        }
    }

    /** Otherwise it could be uploaded, and a power cut could then leave a machine that is older than its replica. */
    @Test
    void nameThatADeadProcessHadNotMadeDurableIsMadeSoBeforeAnythingBuildsOnIt() throws Exception {
        Faults faults = new Faults("none");
        Path file = directory.resolve("app.db");
        try (Connection application = CaptureRig.application(file)) {
            CaptureRig.run(application, "CREATE TABLE t (v BLOB)");
            try (CaptureRig rig = CaptureRig.open(file).begin()) {
                assertThat(rig.txids()).containsExactly(1L);
            }
            try (CaptureRig next = CaptureRig.open(file, new FaultyFiles(faults))) {
                faults.seen.clear();
                next.local.settle();
                assertThat(faults.seen).contains(Step.FORCE_DIRECTORY);
            }
        }
    }

    /** Files are cut at checkpoints only then, so there may be nothing that shows it. */
    @Test
    void replicaThatIsAwayDoesNotMakeAFullDiskSeemWritable() throws Exception {
        Faults faults = new Faults("No space left on device");
        Path file = directory.resolve("app.db");
        try (Connection application = CaptureRig.application(file)) {
            CaptureRig.run(application, "CREATE TABLE t (v BLOB)");
            try (CaptureRig rig = CaptureRig.open(file, new FaultyFiles(faults)).begin()) {
                List<Kind> told = told(rig);
                faults.seen.clear();
                faults.failAt = 1;
                faults.failOn = true;
                CaptureRig.run(application, "INSERT INTO t VALUES (1)");
                rig.run();
                rig.progress.replicaError("down");
                long now = System.nanoTime();
                for (int minutes = 1; minutes <= 10; minutes++) {
                    rig.agent.step(now + TimeUnit.MINUTES.toNanos(minutes));
                    assertThat(rig.state()).isEqualTo(ReplicationState.LOCAL_FULL);
                }
                faults.failAt = Integer.MAX_VALUE;
                rig.agent.step(now + TimeUnit.MINUTES.toNanos(20));
                assertThat(rig.state()).isEqualTo(ReplicationState.STREAMING);
                assertThat(told).containsExactly(Kind.LOCAL_FULL, Kind.LOCAL_RECOVERED);
                assertThat(rig.replayEqualsLive()).isTrue();
            }
        }
    }

    @Test
    void faultThatAnotherThreadMeetsBeforeTheBeginIsTold() throws Exception {
        Path file = directory.resolve("app.db");
        try (Connection application = CaptureRig.application(file)) {
            CaptureRig.run(application, "CREATE TABLE t (v BLOB)");
            try (CaptureRig rig = CaptureRig.open(file)) {
                List<Kind> told = told(rig);
                rig.agent.localFault(new LocalFilesException(rig.meta, new IOException("broken")));
                rig.run();
                assertThat(rig.state()).isEqualTo(ReplicationState.LOCAL_FULL);
                assertThat(rig.agent.reading().reason()).contains("broken");
                rig.agent.localFaultOver();
                rig.run();
                assertThat(rig.state()).isEqualTo(ReplicationState.STARTING);
                assertThat(told).containsExactly(Kind.LOCAL_FULL, Kind.LOCAL_RECOVERED);
                rig.begin();
                assertThat(rig.state()).isEqualTo(ReplicationState.STREAMING);
                assertThat(rig.replayEqualsLive()).isTrue();
            }
        }
    }

    @Test
    void faultThatAnotherThreadMeetsBeforeAFullImageIsWrittenIsToldAndCaptureBegins() throws Exception {
        Path file = directory.resolve("app.db");
        try (Connection application = CaptureRig.application(file)) {
            CaptureRig.run(application, "CREATE TABLE t (v BLOB)");
            try (CaptureRig rig = CaptureRig.open(file)) {
                List<Kind> told = told(rig);
                rig.agent.begin(rig.start);
                rig.agent.localFault(new LocalFilesException(rig.meta, new IOException("broken")));
                rig.run();
                CaptureRig.run(application, "INSERT INTO t VALUES (1)");
                rig.run();
                assertThat(rig.state()).isEqualTo(ReplicationState.LOCAL_FULL);
                assertThat(rig.agent.reading().reason()).contains("broken");
                assertThat(rig.replayEqualsLive()).isTrue();
                rig.agent.localFaultOver();
                rig.run();
                assertThat(rig.state()).isEqualTo(ReplicationState.STREAMING);
                assertThat(told)
                        .containsExactly(Kind.STARTED, Kind.LOCAL_FULL, Kind.FULL_IMAGE_WRITTEN, Kind.LOCAL_RECOVERED);
            }
        }
    }

    @Test
    void failureOfReadingTheWalIsNotBlamedOnTheLocalFiles() throws Exception {
        Path file = directory.resolve("app.db");
        try (Connection application = CaptureRig.application(file)) {
            CaptureRig.run(application, "CREATE TABLE t (v BLOB)");
            try (CaptureRig rig = CaptureRig.open(file)) {
                LtxHeader header = LtxHeader.of(4096, 1, TxidRange.of(1), 1, 32, 0, 0, 0);
                IOException ofTheWal = new IOException("app.db-wal ends inside frame 3");
                assertThatThrownBy(() -> rig.local.write(header, writer -> {
                            throw ofTheWal;
                        }))
                        .isSameAs(ofTheWal);
                assertThat(rig.txids()).isEmpty();
            }
        }
    }

    private static List<Kind> told(CaptureRig rig) {
        List<Kind> told = new ArrayList<>();
        rig.progress.onEvent((kind, reason) -> told.add(kind));
        return told;
    }
}
