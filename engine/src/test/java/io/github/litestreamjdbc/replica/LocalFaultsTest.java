package io.github.litestreamjdbc.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.api.ReplicationEvent.Kind;
import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.testing.FaultyFiles;
import io.github.litestreamjdbc.testing.FaultyFiles.Step;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whoever uploads cannot read or write the files on this machine: that is no fault of the replica. */
class LocalFaultsTest {
    private static final String FULL = "No space left on device";
    private static final String BROKEN = "Input/output error";

    /** Neither merges nor snapshots nor deletions. */
    private static final ReplicationConfig.Maintenance NOTHING_KEPT_UP = new ReplicationConfig.Maintenance(
            List.of(), Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ofHours(1));

    @TempDir
    private Path directory;

    private FaultyFiles.Watcher watcher = (step, path) -> {};
    private final FaultyFiles disk = new FaultyFiles((step, path) -> watcher.before(step, path));
    private final List<Kind> told = new ArrayList<>();

    private HistoryRig rig() throws Exception {
        HistoryRig rig =
                new HistoryRig(directory, NOTHING_KEPT_UP, UnaryOperator.identity(), disk::path, new HistoryRig.Time());
        rig.progress.onEvent((kind, reason) -> told.add(kind));
        return rig;
    }

    private void breakReading() {
        watcher = (step, path) -> {
            if (step == Step.READ && path.toString().endsWith(".ltx")) {
                throw new FileSystemException(path.toString(), null, BROKEN);
            }
        };
    }

    private void fillDisk(String folder) {
        watcher = (step, path) -> {
            if (step == Step.WRITE && path.toString().contains(folder)) {
                throw new FileSystemException(path.toString(), null, FULL);
            }
        };
    }

    private void mend() {
        watcher = (step, path) -> {};
    }

    private static void assertLocal(HistoryRig rig, String reason) {
        assertThat(rig.capture.reading().state()).isEqualTo(ReplicationState.LOCAL_FULL);
        assertThat(rig.capture.reading().reason())
                .contains("the local files in " + rig.meta + " cannot be read or written", reason);
        assertThat(rig.progress.replicaError())
                .as("the replica is not to blame")
                .isNull();
    }

    private static void settleForAMinute(HistoryRig rig) {
        for (int i = 0; i < 6; i++) {
            rig.time.advance(Duration.ofSeconds(10));
            rig.settle();
        }
    }

    private void assertReplicated(HistoryRig rig) throws Exception {
        assertThat(rig.capture.reading().state()).isEqualTo(ReplicationState.STREAMING);
        assertThat(rig.progress.unreplicatedCommits()).isZero();
        Path restored = directory.resolve("restored.db");
        rig.restore(restored);
        assertThat(HistoryRig.hash(Files.readAllBytes(restored))).isEqualTo(rig.hash());
    }

    private void deleteMeta() throws IOException {
        try (Stream<Path> tree = Files.walk(directory.resolve("meta"))) {
            for (Path path : tree.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.delete(path);
            }
        }
    }

    @Test
    void filesThatCannotBeReadAreOneFaultThatLastsUntilTheyCan() throws Exception {
        try (HistoryRig rig = rig()) {
            breakReading();
            rig.run("INSERT INTO counter VALUES (1, 1, NULL)");
            rig.settle();
            assertLocal(rig, BROKEN);
            long captured = rig.progress.captured();
            rig.run("INSERT INTO counter VALUES (2, 2, NULL)");
            settleForAMinute(rig);
            assertLocal(rig, BROKEN);
            assertThat(rig.progress.captured()).as("what can be captured is").isGreaterThan(captured);
            assertThat(told).containsExactly(Kind.LOCAL_FULL);
            mend();
            settleForAMinute(rig);
            assertThat(told).containsExactly(Kind.LOCAL_FULL, Kind.LOCAL_RECOVERED);
            assertReplicated(rig);
        }
    }

    @Test
    void filesThatCannotBeDeletedAreOneFaultThatLastsUntilTheyCan() throws Exception {
        try (HistoryRig rig = rig()) {
            watcher = (step, path) -> {
                if (step == Step.DELETE && path.toString().endsWith(".ltx")) {
                    throw new FileSystemException(path.toString(), null, BROKEN);
                }
            };
            for (int i = 0; i < 5; i++) {
                rig.run("INSERT INTO counter VALUES (1, 1, NULL)");
                settleForAMinute(rig);
            }
            assertLocal(rig, BROKEN);
            assertThat(told).containsExactly(Kind.LOCAL_FULL);
            assertThat(rig.progress.unreplicatedCommits())
                    .as("all that can be done is")
                    .isZero();
            mend();
            settleForAMinute(rig);
            assertThat(told).containsExactly(Kind.LOCAL_FULL, Kind.LOCAL_RECOVERED);
            assertReplicated(rig);
        }
    }

    @Test
    void readingThatBreaksOffInTheMiddleOfAPutIsNoFaultOfTheReplica() throws Exception {
        try (HistoryRig rig = rig()) {
            int[] reads = new int[1];
            watcher = (step, path) -> {
                if (step == Step.READ && path.toString().endsWith(".ltx") && ++reads[0] > 2) {
                    throw new FileSystemException(path.toString(), null, BROKEN);
                }
            };
            rig.run("INSERT INTO counter VALUES (1, 1, randomblob(100000))");
            settleForAMinute(rig);
            assertThat(reads[0]).isGreaterThan(2);
            assertLocal(rig, BROKEN);
            mend();
            settleForAMinute(rig);
            assertReplicated(rig);
        }
    }

    @Test
    void diskThatFillsWhileAFileIsFetchedForTheComparisonIsALocalFault() throws Exception {
        rig().close();
        deleteMeta();
        fillDisk("compare-");
        try (HistoryRig rig = rig()) {
            assertLocal(rig, FULL);
            assertThat(rig.upload.decided()).isNotDone();
            mend();
            settleForAMinute(rig);
            assertThat(told).contains(Kind.STARTED, Kind.LOCAL_RECOVERED);
            assertReplicated(rig);
        }
    }

    @Test
    void copyThatCannotBeReadIsALocalFault() throws Exception {
        rig().close();
        deleteMeta();
        watcher = (step, path) -> {
            if (step == Step.READ && path.toString().contains("compare-")) {
                throw new FileSystemException(path.toString(), null, BROKEN);
            }
        };
        try (HistoryRig rig = rig()) {
            assertLocal(rig, BROKEN);
            mend();
            settleForAMinute(rig);
            assertReplicated(rig);
        }
    }

    @Test
    void diskThatFillsUnderTheSnapshotOfAChainThatBeginsAnewIsALocalFault() throws Exception {
        try (HistoryRig rig = rig()) {
            rig.run("INSERT INTO counter VALUES (1, 1, NULL)");
            rig.settle();
        }
        for (Path file : level(0)) {
            Files.delete(file);
        }
        fillDisk("snapshot-");
        try (HistoryRig rig = rig()) {
            settleForAMinute(rig);
            assertLocal(rig, FULL);
            mend();
            settleForAMinute(rig);
            assertThat(level(9)).hasSize(1);
            assertReplicated(rig);
        }
    }

    private List<Path> level(int level) throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("replica/ltx/" + level))) {
            return files.toList();
        }
    }

    /** The disk is mended while the replica is away: that is seen without it. */
    @Test
    void filesThatCanBeReadAgainEndTheFaultAlsoWhileTheReplicaIsAway() throws Exception {
        try (HistoryRig rig = rig()) {
            breakReading();
            rig.run("INSERT INTO counter VALUES (1, 1, NULL)");
            rig.settle();
            assertLocal(rig, BROKEN);
            Path replica = directory.resolve("replica");
            Path away = directory.resolve("away");
            Files.move(replica, away);
            mend();
            settleForAMinute(rig);
            assertThat(rig.capture.reading().state()).isEqualTo(ReplicationState.STREAMING);
            assertThat(rig.progress.replicaError()).isNotNull();
            Files.move(away, replica);
            settleForAMinute(rig);
            settleForAMinute(rig);
            assertReplicated(rig);
        }
    }
}
