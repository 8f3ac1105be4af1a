package io.github.litestreamjdbc.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.api.PageEncoding;
import io.github.litestreamjdbc.api.ReplicationConfig;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class CutPaceTest {
    private static final long BEGIN = 1_000_000_000_000L;
    private static final long MILLI = 1_000_000;
    private static final long SECOND = 1000 * MILLI;

    private final CutPace pace = pace(Duration.ofSeconds(1));

    private static CutPace pace(Duration monitorInterval) {
        return new CutPace(
                new ReplicationConfig.Capture(
                        Duration.ofMillis(500), monitorInterval, 1000, 10_000, Duration.ZERO, PageEncoding.BLOCK),
                BEGIN);
    }

    private static WalStatus wal(long log, long checkpointed) {
        return new WalStatus(false, log, checkpointed);
    }

    @Test
    void firstFileMayBeCutAtOnceAndTheNextOneASyncIntervalLater() {
        assertThat(pace.mayCut(BEGIN)).isTrue();
        pace.captured(BEGIN);
        assertThat(pace.mayCut(BEGIN + 500 * MILLI - 1)).isFalse();
        assertThat(pace.mayCut(BEGIN + 500 * MILLI)).isTrue();
    }

    @Test
    void commitsAloneMakeNoHaste() {
        long now = BEGIN;
        pace.captured(now);
        for (int frames = 1; frames < 100; frames++) {
            pace.observe(wal(frames, 0), now += MILLI);
            assertThat(pace.makesWay(now)).isFalse();
        }
        assertThat(pace.waitNanos(now, true)).isLessThanOrEqualTo(20 * MILLI);
    }

    @Test
    void checkpointOfAnotherProcessMovesThePinAsSoonAsTheWalStandsStill() {
        pace.observe(wal(10, 0), BEGIN);
        pace.captured(BEGIN);
        pace.observe(wal(12, 5), BEGIN + MILLI);
        assertThat(pace.makesWay(BEGIN + MILLI)).as("its end moved just now").isFalse();
        assertThat(pace.makesWay(BEGIN + 2 * MILLI)).isTrue();
        assertThat(pace.waitNanos(BEGIN + 2 * MILLI, true)).isEqualTo(MILLI / 4);
        pace.pinMoved(BEGIN + 2 * MILLI);
        assertThat(pace.makesWay(BEGIN + 3 * MILLI - 1))
                .as("the pin moved just now")
                .isFalse();
        assertThat(pace.makesWay(BEGIN + MILLI + SECOND)).as("a second later").isFalse();
    }

    @Test
    void emptiedWalIsSomebodysCheckpointToo() {
        pace.observe(wal(10, 10), BEGIN);
        pace.observe(wal(0, 0), BEGIN + MILLI);
        assertThat(pace.makesWay(BEGIN + 2 * MILLI)).isTrue();
    }

    @Test
    void ownCheckpointsMakeNoHaste() {
        pace.observe(wal(10, 0), BEGIN);
        pace.own(wal(10, 10), BEGIN + MILLI);
        pace.observe(wal(11, 10), BEGIN + 2 * MILLI);
        assertThat(pace.makesWay(BEGIN + 20 * MILLI)).isFalse();
    }

    @Test
    void pinRestsForWhoeverBeganToWaitWhileItMoved() {
        pace.restPin(BEGIN, 2 * MILLI);
        assertThat(pace.isPinToRest(BEGIN + 11 * MILLI - 1)).isTrue();
        assertThat(pace.isPinToRest(BEGIN + 11 * MILLI)).isFalse();
    }

    @Test
    void whoeverHoldsTheWriteLockIsAskedForOnceTheEndStandsStill() {
        pace.observe(wal(10, 0), BEGIN);
        assertThat(pace.standsStill(BEGIN + 19 * MILLI)).isFalse();
        assertThat(pace.standsStill(BEGIN + 20 * MILLI)).isTrue();
        pace.observe(wal(11, 0), BEGIN + 21 * MILLI);
        assertThat(pace.standsStill(BEGIN + 22 * MILLI)).isFalse();
    }

    @Test
    void pinThatMayObstructRestsAQuarterOfASecondAtMost() {
        pace.pinMoved(BEGIN);
        assertThat(pace.pinRestedLong(BEGIN + 249 * MILLI)).isFalse();
        assertThat(pace.pinRestedLong(BEGIN + 250 * MILLI)).isTrue();
    }

    @Test
    void looksAfterACommitGetRarerAndEndWithTheMonitorInterval() {
        pace.captured(BEGIN);
        assertThat(pace.restNanos(BEGIN, true)).isEqualTo(5 * MILLI);
        assertThat(pace.restNanos(BEGIN + 100 * MILLI, true)).isEqualTo(100 * MILLI);
        assertThat(pace.restNanos(BEGIN + SECOND, true)).isEqualTo(250 * MILLI);
        assertThat(pace.restNanos(BEGIN + 5 * SECOND, true)).isEqualTo(SECOND);
        assertThat(pace.restNanos(BEGIN + 100 * MILLI, false))
                .as("nobody has to wait for the pin")
                .isEqualTo(SECOND);
    }

    @Test
    void withoutAMonitorIntervalNothingIsLookedAtBeforeAHint() {
        CutPace hinted = pace(Duration.ZERO);
        assertThat(hinted.restNanos(BEGIN, true)).isEqualTo(Long.MAX_VALUE);
        hinted.captured(BEGIN);
        assertThat(hinted.restNanos(BEGIN + 5 * SECOND, true)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void whileTheReplicaIsAwayTheNextCutIsNotWaitedFor() {
        pace.captured(BEGIN);
        assertThat(pace.waitNanos(BEGIN + 495 * MILLI, true)).isEqualTo(5 * MILLI);
        assertThat(pace.waitNanos(BEGIN + 495 * MILLI, false)).isEqualTo(20 * MILLI);
        assertThat(pace.waitNanos(BEGIN + SECOND, true)).as("overdue").isZero();
    }

    @Test
    void fileThatIsDueIsWaitedForAsLongAsThePinRests() {
        pace.captured(BEGIN);
        long due = BEGIN + 500 * MILLI;
        pace.observe(wal(10, 0), due);
        pace.restPin(due, 3 * MILLI);
        assertThat(pace.isPinToRest(due)).isTrue();
        assertThat(pace.waitNanos(due, true)).isEqualTo(14 * MILLI);
        long later = due + 14 * MILLI;
        assertThat(pace.isPinToRest(later)).isFalse();
        assertThat(pace.waitNanos(later, true)).isZero();
    }
}
