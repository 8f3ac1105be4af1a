package io.github.litestreamjdbc.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.spi.DirectoryStore;
import io.github.litestreamjdbc.spi.FileModes;
import io.github.litestreamjdbc.store.LtxFile;
import io.github.litestreamjdbc.testing.FaultyFiles;
import io.github.litestreamjdbc.testing.FaultyFiles.Step;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Each step of putting a file into a replica's directory fails, once and for a while: the disk there is full, read-only or
 * broken, or access was taken away. (A mode would not stop who is root.)
 */
class ReplicaDirectoryFaultsTest {
    private static final Set<Step> PUTTING = Set.of(
            Step.CREATE_DIRECTORY, Step.OPEN_WRITE, Step.WRITE, Step.FORCE, Step.LINK, Step.MOVE, Step.FORCE_DIRECTORY);

    /** Neither merges nor snapshots nor deletions. */
    private static final ReplicationConfig.Maintenance NOTHING_KEPT_UP = new ReplicationConfig.Maintenance(
            List.of(), Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ofHours(1));

    @TempDir
    private Path directory;

    /** Counts the steps; the one with the number chosen fails, or all from it on. */
    private static final class Faults implements FaultyFiles.Watcher {
        private final String reason;
        private final List<Step> seen = new ArrayList<>();
        private final List<Step> taken = new ArrayList<>();
        private final List<String> named = new ArrayList<>();
        private int failAt = Integer.MAX_VALUE;
        private boolean failOn;

        Faults(String reason) {
            this.reason = reason;
        }

        @Override
        public void before(Step step, Path path) throws IOException {
            if (!PUTTING.contains(step)) {
                return;
            }
            seen.add(step);
            if (seen.size() == failAt || (failOn && seen.size() > failAt)) {
                throw new FileSystemException(path.toString(), null, reason);
            }
            taken.add(step);
            if (step == Step.LINK) {
                named.add(path.getFileName().toString());
            }
        }

        void heal() {
            failAt = Integer.MAX_VALUE;
            failOn = false;
        }
    }

    private HistoryRig rig(Path at, Faults faults) throws Exception {
        Path replica = new FaultyFiles(faults).path(Files.createDirectories(at).resolve("replica"));
        HistoryRig rig = new HistoryRig(
                at,
                NOTHING_KEPT_UP,
                ignored -> new DirectoryStore(replica, FileModes.PRIVATE, false),
                new HistoryRig.Time());
        faults.seen.clear();
        faults.taken.clear();
        faults.named.clear();
        return rig;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "No space left on device",
                "Permission denied",
                "Read-only file system",
                "Too many open files",
                "Input/output error"
            })
    void failureOfAnyStepHurtsNobodyAndIsMadeUpForWithoutARestart(String reason) throws Exception {
        int steps = stepsOfOneFile(reason);
        assertThat(steps).isGreaterThan(5);
        for (int failAt = 1; failAt <= steps; failAt++) {
            oneFailure(reason, failAt, false);
            oneFailure(reason, failAt, true);
        }
    }

    private int stepsOfOneFile(String reason) throws Exception {
        Faults faults = new Faults(reason);
        try (HistoryRig rig = rig(directory.resolve("count-" + reason.length()), faults)) {
            rig.run("INSERT INTO counter VALUES (1, 1, randomblob(20000))");
            rig.settle();
            return faults.seen.size();
        }
    }

    private void oneFailure(String reason, int failAt, boolean failOn) throws Exception {
        Faults faults = new Faults(reason);
        String what = reason + " at step " + failAt + (failOn ? " and after it" : "");
        Path at = directory.resolve(reason.length() + "-" + failAt + failOn);
        try (HistoryRig rig = rig(at, faults)) {
            faults.failAt = failAt;
            faults.failOn = failOn;
            rig.run("INSERT INTO counter VALUES (1, 1, randomblob(20000))");
            rig.settle();
            if (failOn) {
                assertThat(rig.progress.replicaError()).as(what).contains(reason);
                assertThat(rig.progress.unreplicatedCommits()).as(what).isEqualTo(1);
            }
            // Neither the application nor capture notices.
            rig.run("INSERT INTO counter VALUES (2, 2, randomblob(20000))");
            assertThat(rig.capture.reading().state()).as(what).isEqualTo(ReplicationState.STREAMING);
            faults.heal();
            rig.time.advance(Duration.ofMinutes(1));
            rig.settle();
            assertThat(rig.progress.replicaError()).as(what).isNull();
            assertThat(rig.progress.unreplicatedCommits()).as(what).isZero();
            assertThat(rig.listing().stream().map(LtxFile::level)).as(what).containsOnly(0);
            assertThat(rig.listing()).as(what).hasSize((int) rig.progress.captured());
            assertThat(faults.taken.get(faults.taken.size() - 1))
                    .as("%s: the last name is durable", what)
                    .isEqualTo(Step.FORCE_DIRECTORY);
            try (Stream<Path> left = Files.walk(at.resolve("replica"))) {
                assertThat(left.filter(path -> path.toString().endsWith(".tmp")))
                        .as(what)
                        .isEmpty();
            }
            rig.restore(at.resolve("restored.db"));
            assertThat(HistoryRig.hash(Files.readAllBytes(at.resolve("restored.db"))))
                    .as(what)
                    .isEqualTo(rig.hash());
        }
    }

    @Test
    void nameThatAFailedPutLeftBehindIsMadeDurableBeforeItCounts() throws Exception {
        Faults faults = new Faults("Input/output error");
        try (HistoryRig rig = rig(directory, faults)) {
            rig.run("INSERT INTO counter VALUES (1, 1, NULL)");
            rig.settle();
            faults.failAt = faults.seen.size() + faults.seen.lastIndexOf(Step.FORCE_DIRECTORY) + 1;
            rig.run("INSERT INTO counter VALUES (2, 2, NULL)");
            rig.take();
            rig.upload();
            assertThat(rig.progress.unreplicatedCommits()).isEqualTo(1);
            assertThat(rig.listing()).as("it has its name").hasSize((int) rig.progress.captured());
            faults.taken.clear();
            rig.upload();
            assertThat(rig.progress.unreplicatedCommits()).isZero();
            assertThat(faults.taken).contains(Step.FORCE_DIRECTORY);
        }
    }

    @Test
    void longBacklogGoesUpInOrderAndOneFileAtATime() throws Exception {
        Faults faults = new Faults("Input/output error");
        try (HistoryRig rig = rig(directory, faults)) {
            faults.failAt = 1;
            faults.failOn = true;
            long first = rig.progress.captured() + 1;
            for (int i = 0; i < 200; i++) {
                rig.run("INSERT INTO counter VALUES (" + i + ", 0, NULL)");
                rig.progress.requestSync();
                rig.settle();
            }
            long last = rig.progress.captured();
            assertThat(last).isGreaterThanOrEqualTo(first + 199);
            faults.heal();
            rig.time.advance(Duration.ofMinutes(1));
            long before = rig.progress.uploaded();
            while (rig.progress.uploaded() < last) {
                rig.upload();
                assertThat(rig.progress.uploaded()).as("files a step").isLessThanOrEqualTo(before + 1);
                before = rig.progress.uploaded();
            }
            assertThat(faults.named)
                    .containsExactlyElementsOf(LongStream.rangeClosed(first, last)
                            .mapToObj(txid -> String.format("%016x-%016x.ltx", txid, txid))
                            .toList());
            assertThat(rig.local.list())
                    .as("local files that are of no use to anybody")
                    .hasSizeLessThanOrEqualTo(2);
        }
    }
}
