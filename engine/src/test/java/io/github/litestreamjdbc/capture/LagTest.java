package io.github.litestreamjdbc.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.github.litestreamjdbc.agent.TimeSource;
import io.github.litestreamjdbc.api.ReplicationEvent.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class LagTest {
    private static final long LIMIT = 300_000;

    private final Clocks clocks = new Clocks();
    private final Progress progress = new Progress(Duration.ofMillis(LIMIT), new Counters(), clocks);

    /** Monotonic time that is moved by hand, and a wall clock that somebody sets. */
    private static final class Clocks implements TimeSource {
        private long monotonicMillis;
        private long wallMillis = 1_800_000_000_000L;

        void setWall(long byMillis) {
            wallMillis += byMillis;
        }

        @Override
        public Instant instant() {
            return Instant.ofEpochMilli(wallMillis + monotonicMillis);
        }

        @Override
        public long nanoTime() {
            return monotonicMillis * 1_000_000;
        }

        @Override
        public RandomGenerator jitter() {
            return new Random(1);
        }
    }

    private void at(long millis) {
        clocks.monotonicMillis = millis;
    }

    private long lagAt(long millis) {
        at(millis);
        return progress.lagMillis();
    }

    private void noticedAt(long millis) {
        at(millis);
        progress.noticed();
    }

    private void capturedAt(long millis, long txid) {
        at(millis);
        progress.captured(txid, 1, 10);
    }

    private void uploadedAt(long millis, long txid) {
        at(millis);
        progress.uploaded(txid, clocks.millis());
    }

    private void checkedAt(long millis) {
        at(millis);
        progress.checkLag();
    }

    @Test
    void lagIsTheAgeOfTheOldestCommitThatIsNotSafe() {
        assertThat(lagAt(1000)).isZero();
        noticedAt(1000);
        noticedAt(1200);
        assertThat(lagAt(1250)).as("capture has not looked").isEqualTo(250);
        progress.looking();
        assertThat(lagAt(1300)).as("it looks").isEqualTo(300);
        at(1500);
        progress.uncaptured();
        assertThat(lagAt(1600)).as("not captured").isEqualTo(600);
        capturedAt(1700, 1);
        capturedAt(1800, 2);
        assertThat(lagAt(2000)).as("captured").isEqualTo(1000);
        uploadedAt(2000, 1);
        assertThat(lagAt(2000)).as("the first is safe").isEqualTo(200);
        uploadedAt(2100, 2);
        assertThat(lagAt(9000)).as("all are safe").isZero();
        noticedAt(9000);
        assertThat(lagAt(9000)).as("never 0 for what is not safe").isOne();
        progress.looking();
        progress.allCaptured();
        assertThat(lagAt(9100)).as("noticed later than captured").isZero();
        assertThat(progress.lags().maxMillis()).isEqualTo(1000);
    }

    @Test
    void beforeTheReplicaHasAnsweredNothingIsSafe() {
        List<String> told = new ArrayList<>();
        progress.onEvent((kind, reason) -> told.add(kind + ": " + reason));
        at(1000);
        progress.awaitReplica();
        progress.found(7, 10, clocks.millis() - 86_400_000);
        assertThat(lagAt(3000)).as("its age does not count yet").isEqualTo(2000);
        progress.looking();
        progress.allCaptured();
        assertThat(lagAt(4000)).isEqualTo(3000);
        checkedAt(2000 + LIMIT);
        assertThat(told)
                .containsExactly(
                        "LAGGING: the replica has not answered since the start 301 s ago: no commit is known to be"
                                + " safe");
        progress.foundUploaded(7);
        assertThat(lagAt(2000 + LIMIT)).isZero();
        progress.checkLag();
        assertThat(told).last().isEqualTo("CAUGHT_UP: every commit is safe in the replica");
    }

    @Test
    void onceItHasAnsweredWhatItLacksIsAsOldAsItIs() {
        at(1000);
        progress.awaitReplica();
        progress.found(7, 10, clocks.millis() - 86_400_000);
        progress.found(8, 10, clocks.millis() - 60_000);
        at(2000);
        progress.foundUploaded(7);
        assertThat(progress.lagMillis()).isEqualTo(61_000);
    }

    @Test
    void clockThatIsSetChangesNoLag() {
        List<Kind> told = new ArrayList<>();
        progress.onEvent((kind, reason) -> told.add(kind));
        noticedAt(1000);
        clocks.setWall(3_600_000);
        assertThat(lagAt(1500)).as("set forward").isEqualTo(500);
        progress.looking();
        capturedAt(1600, 1);
        clocks.setWall(-7_200_000);
        assertThat(lagAt(2000)).as("set back").isEqualTo(1000);
        progress.checkLag();
        assertThat(told).isEmpty();
        checkedAt(1001 + LIMIT);
        assertThat(told).as("by a clock that was set back").containsExactly(Kind.LAGGING);
        clocks.setWall(3_600_000);
        uploadedAt(2000 + LIMIT, 1);
        assertThat(progress.lags().maxMillis()).isEqualTo(1000 + LIMIT);
    }

    @Test
    void fileOfAClockThatIsAheadHasNoAge() {
        at(1000);
        progress.found(1, 10, clocks.millis() + 3_600_000);
        assertThat(lagAt(1500)).isEqualTo(500);
    }

    @Test
    void lagAboveTheThresholdIsToldOnceAndSoIsItsEnd() {
        List<Kind> told = new ArrayList<>();
        progress.onEvent((kind, reason) -> told.add(kind));
        capturedAt(1000, 1);
        checkedAt(1000 + LIMIT);
        assertThat(told).isEmpty();
        assertThat(progress.lagDueNanos()).isEqualTo(1);
        checkedAt(1001 + LIMIT);
        checkedAt(5000 + LIMIT);
        assertThat(told).containsExactly(Kind.LAGGING);
        assertThat(progress.lagDueNanos()).isEqualTo(Long.MAX_VALUE);
        uploadedAt(6000 + LIMIT, 1);
        assertThat(told).as("at the upload").containsExactly(Kind.LAGGING, Kind.CAUGHT_UP);
    }

    @Test
    void lagIsDueFromTheMomentOfTheCommitOn() {
        assertThat(progress.lagDueNanos()).isEqualTo(Long.MAX_VALUE);
        noticedAt(1000);
        assertThat(progress.lagDueNanos()).isEqualTo(LIMIT * 1_000_000);
    }

    @Test
    void underConstantLoadLagEndsWhereThereIsAlwaysACommitThatIsNotSafe() {
        List<String> told = new ArrayList<>();
        progress.onEvent((kind, reason) -> told.add(kind + ": " + reason));
        for (int txid = 1; txid <= 4; txid++) {
            capturedAt(txid * LIMIT / 4, txid);
        }
        long late = LIMIT / 4 + LIMIT + 1000;
        checkedAt(late);
        uploadedAt(late, 1);
        uploadedAt(late, 2);
        assertThat(told).containsExactly("LAGGING: the oldest commit that is not safe in the replica is 301 s old");
        noticedAt(late);
        uploadedAt(late, 3);
        assertThat(told).last().isEqualTo("CAUGHT_UP: the oldest commit that is not safe in the replica is 76 s old");
        uploadedAt(late, 4);
        assertThat(told).hasSize(2);
    }

    @Test
    void whatTheReplicaWasFoundToHaveDoesNotEndALagThatGoesOn() {
        List<Kind> told = new ArrayList<>();
        progress.onEvent((kind, reason) -> told.add(kind));
        at(1000);
        progress.found(1, 10, clocks.millis());
        at(2000);
        progress.found(2, 10, clocks.millis());
        checkedAt(3000 + LIMIT);
        progress.foundUploaded(1);
        progress.checkLag();
        assertThat(told).containsExactly(Kind.LAGGING);
    }

    @Test
    void withoutAThresholdNothingIsTold() {
        Progress silent = new Progress(Duration.ZERO, new Counters(), clocks);
        silent.onEvent((kind, reason) -> fail("told " + kind));
        silent.captured(1, 1, 10);
        at(Long.MAX_VALUE / 1_000_000);
        silent.checkLag();
        assertThat(silent.lagDueNanos()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void percentagesAreOfTheLastMinutesAndTheMaximumIsOfAllTime() {
        RecentDurations durations = new RecentDurations();
        assertThat(durations.millis(0.99, 0)).isZero();
        for (int i = 1; i <= 100; i++) {
            durations.add(i * 1_000_000L, 0);
        }
        assertThat(durations.millis(0.5, 0)).isEqualTo(50);
        assertThat(durations.millis(0.99, 0)).isEqualTo(99);
        long later = 301_000_000_000L;
        durations.add(7_000_000, later);
        assertThat(durations.millis(0.5, later)).isEqualTo(7);
        assertThat(durations.maxMillis()).isEqualTo(100);
    }
}
