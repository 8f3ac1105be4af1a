package io.github.litestreamjdbc.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.api.History;
import io.github.litestreamjdbc.ltx.TxidRange;
import io.github.litestreamjdbc.restore.RestorePoints;
import io.github.litestreamjdbc.store.LtxFile;
import io.github.litestreamjdbc.store.LtxStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** The plans, applied for a while to a replica of names and times. */
class HistoryPlansProperties {
    private static final Instant START = Instant.parse("2026-03-01T11:59:13.5Z");

    /** A replica whose writer commits now and then, and whose maintenance does at once what the plans say. */
    private static final class Scenario {
        final Random random;
        final List<Duration> levels;
        final Duration snapshotInterval;
        final Duration l0Retention;
        final Duration retention;
        final List<LtxFile> files = new ArrayList<>();
        final List<LtxFile> captured = new ArrayList<>();
        final Set<Integer> used = new HashSet<>();
        Instant now = START;

        Scenario(long seed) {
            random = new Random(seed);
            int first = 1 + random.nextInt(30);
            List<Duration> intervals = new ArrayList<>();
            for (int seconds = first; intervals.size() < 1 + random.nextInt(4); seconds *= 1 + random.nextInt(8)) {
                intervals.add(Duration.ofSeconds(seconds));
            }
            levels = intervals;
            l0Retention = Duration.ofSeconds(1 + random.nextInt(100));
            retention = Duration.ofSeconds(60 + random.nextInt(3000));
            snapshotInterval = Duration.ofSeconds(30 + random.nextInt(3000));
        }

        long uploaded() {
            return captured.size();
        }

        void commit() {
            long txid = captured.size() + 1;
            LtxFile file = new LtxFile(0, TxidRange.of(txid), 100, now);
            captured.add(file);
            files.add(file);
        }

        void maintain() {
            Optional<CompactionPlan> plan = CompactionPlan.next(files, levels, now, uploaded());
            while (plan.isPresent()) {
                List<LtxFile> inputs = plan.get().inputs();
                assertThat(inputs).hasSizeBetween(1, CompactionPlan.MOST_INPUTS);
                files.add(new LtxFile(
                        plan.get().level(),
                        plan.get().txids(),
                        100,
                        inputs.get(inputs.size() - 1).created()));
                plan = CompactionPlan.next(files, levels, now, uploaded());
            }
            delete(RetentionPlan.merged(files, now.minus(l0Retention)));
            delete(RetentionPlan.expired(files, now.minus(retention)));
            Optional<Instant> snapshot = SnapshotPlan.due(files, snapshotInterval, uploaded());
            if (snapshot.isPresent() && !snapshot.get().isAfter(now)) {
                assertThat(SnapshotPlan.isWhole(files, uploaded()))
                        .as("a snapshot of what one file holds already")
                        .isFalse();
                files.add(new LtxFile(LtxStore.SNAPSHOT_LEVEL, new TxidRange(1, uploaded()), 100, now));
            }
            files.forEach(file -> used.add(file.level()));
        }

        void delete(List<RetentionPlan.Deletion> deletions) {
            for (RetentionPlan.Deletion deletion : deletions) {
                assertThat(files).contains(deletion.successor());
                assertThat(deletion.successor()
                                .txids()
                                .contains(deletion.file().txids().max()))
                        .isTrue();
                files.remove(deletion.file());
            }
        }

        /** What the policy promises at this instant. */
        List<Long> promised() {
            List<Long> promised = new ArrayList<>();
            Instant oldest = now.minus(retention);
            for (int i = 0; i < captured.size(); i++) {
                LtxFile file = captured.get(i);
                boolean last = i + 1 == captured.size();
                boolean withinWindow = last || captured.get(i + 1).created().isAfter(oldest);
                boolean endOfSlot = last
                        || !CompactionPlan.slotEnd(file.created(), levels.get(0))
                                .isAfter(captured.get(i + 1).created());
                boolean young = file.created().isAfter(now.minus(l0Retention));
                if (withinWindow && (endOfSlot || young)) {
                    promised.add(file.txids().max());
                }
            }
            return promised;
        }
    }

    @Property(tries = 60)
    void everyPromisedPointCanBeRestoredAtEveryMoment(@ForAll long seed) {
        Scenario history = new Scenario(seed);
        for (int i = 0; i < 400; i++) {
            history.now = history.now.plusMillis(history.random.nextInt(i % 50 == 0 ? 2_000_000 : 9_000));
            if (history.random.nextInt(3) > 0) {
                history.commit();
            }
            if (history.random.nextInt(4) > 0) {
                history.maintain();
            }
            History points = RestorePoints.of(history.files);
            assertThat(points.points().stream().map(History.Point::txid))
                    .as("seed %s, step %s", seed, i)
                    .containsAll(history.promised());
            assertThat(history.files.stream().map(LtxFile::level))
                    .as("every level keeps a file; seed %s", seed)
                    .containsAll(history.used);
        }
    }

    @Property(tries = 60)
    void everythingElseGoesAwayInTheEnd(@ForAll long seed) {
        Scenario history = new Scenario(seed);
        for (int i = 0; i < 200; i++) {
            history.now = history.now.plusMillis(history.random.nextInt(9_000));
            history.commit();
            history.maintain();
        }
        Instant end = history.now;
        for (int i = 0; i < 4; i++) {
            history.now = history.now.plus(history.retention).plus(history.snapshotInterval);
            history.commit();
            history.maintain();
        }
        long newOnes = history.files.stream()
                .filter(file -> file.created().isAfter(end))
                .count();
        assertThat(history.files.size() - newOnes)
                .as("of the 200 commits nothing but the newest file of a level is left; seed %s", seed)
                .isLessThanOrEqualTo(history.levels.size() + 2L);
    }

    @Property(tries = 60)
    void whereNothingChangesNothingBecomesDueForEver(@ForAll long seed) {
        Scenario history = new Scenario(seed);
        for (int i = 0; i < 100; i++) {
            history.now = history.now.plusMillis(history.random.nextInt(9_000));
            history.commit();
            history.maintain();
        }
        history.now = history.now.plus(Duration.ofDays(2));
        history.maintain();
        history.now = history.now.plus(history.retention);
        history.maintain();
        List<LtxFile> settled = List.copyOf(history.files);
        history.now = history.now.plus(Duration.ofDays(300));
        history.maintain();
        assertThat(history.files).isEqualTo(settled);
        assertThat(CompactionPlan.due(settled, history.levels, history.uploaded()))
                .isEmpty();
        assertThat(SnapshotPlan.due(settled, history.snapshotInterval, history.uploaded()))
                .isEmpty();
        assertThat(RetentionPlan.merged(settled, Instant.MAX)).isEmpty();
        assertThat(RetentionPlan.expired(settled, Instant.MAX)).isEmpty();
    }
}
