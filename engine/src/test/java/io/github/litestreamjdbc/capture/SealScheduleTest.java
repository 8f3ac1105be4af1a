package io.github.litestreamjdbc.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.api.PageEncoding;
import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.wal.WalSalts;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SealScheduleTest {
    private static final WalSalts FIRST = new WalSalts(1, 1);
    private static final WalSalts SECOND = new WalSalts(2, 2);

    private final SealSchedule schedule = new SealSchedule(
            new ReplicationConfig.Capture(
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(1),
                    1_000,
                    10_000,
                    Duration.ofMinutes(1),
                    PageEncoding.BLOCK),
            0);

    private SealSchedule.Due dueAt(WalSalts generation, long log, long nowNanos) {
        schedule.observe(generation, log, nowNanos);
        return schedule.due(nowNanos);
    }

    @Test
    void fewFramesWaitForTheInterval() {
        assertThat(dueAt(FIRST, 999, 1)).isEqualTo(SealSchedule.Due.NOT);
        assertThat(dueAt(FIRST, 999, TimeUnit.MINUTES.toNanos(1))).isEqualTo(SealSchedule.Due.PACED);
        assertThat(dueAt(FIRST, 0, TimeUnit.MINUTES.toNanos(2))).isEqualTo(SealSchedule.Due.NOT);
    }

    @Test
    void minimumWaitsForAFileAndMaximumDoesNot() {
        assertThat(dueAt(FIRST, 1_000, 1)).isEqualTo(SealSchedule.Due.PACED);
        assertThat(dueAt(FIRST, 4_999, 2)).isEqualTo(SealSchedule.Due.PACED);
        assertThat(dueAt(FIRST, 5_000, 3))
                .as("half of it, for as much may come meanwhile")
                .isEqualTo(SealSchedule.Due.NOW);
    }

    @Test
    void framesThatReadersKeepInTheWalAreNotSealedAgain() {
        dueAt(FIRST, 10_000, 1);
        schedule.sealed(FIRST, 10_000, 2);
        assertThat(dueAt(FIRST, 10_900, 3)).isEqualTo(SealSchedule.Due.NOT);
        assertThat(dueAt(FIRST, 19_999, 4)).isEqualTo(SealSchedule.Due.PACED);
        assertThat(dueAt(FIRST, 20_000, 5)).isEqualTo(SealSchedule.Due.NOW);
    }

    @Test
    void nextSealBeginsEarlierByWhatCameDuringTheLastOne() {
        dueAt(FIRST, 10_000, 1);
        schedule.sealed(FIRST, 15_000, 2);
        assertThat(dueAt(SECOND, 6_600, 3)).isEqualTo(SealSchedule.Due.PACED);
        assertThat(dueAt(SECOND, 6_667, 4)).isEqualTo(SealSchedule.Due.NOW);
        schedule.sealed(SECOND, 6_667, 5);
        assertThat(dueAt(FIRST, 9_999, 6)).as("nothing came during that one").isEqualTo(SealSchedule.Due.PACED);
        assertThat(dueAt(FIRST, 10_000, 7)).isEqualTo(SealSchedule.Due.NOW);
        schedule.sealed(FIRST, 20_000, 8);
        dueAt(SECOND, 5_000, 9);
        schedule.sealed(FIRST, 10, 10);
        assertThat(dueAt(FIRST, 5_010, 11))
                .as("begun anew during that one, which tells nothing")
                .isEqualTo(SealSchedule.Due.NOW);
    }

    @Test
    void loadThatOutrunsSealsNeverMakesThemFollowEachOtherBelowTheMinimum() {
        dueAt(FIRST, 1_000, 1);
        schedule.sealed(FIRST, 1_000_000, 2);
        assertThat(dueAt(SECOND, 999, 3)).isEqualTo(SealSchedule.Due.NOT);
        assertThat(dueAt(SECOND, 1_000, 4)).isEqualTo(SealSchedule.Due.NOW);
    }

    @Test
    void sealWithoutTheLockIsTriedAgainAfterPausesThatGrow() {
        dueAt(FIRST, 10_000, 0);
        assertThat(schedule.bulkFirst()).isTrue();
        schedule.noLock(0);
        assertThat(schedule.bulkFirst()).isFalse();
        assertThat(dueAt(FIRST, 10_000, TimeUnit.MILLISECONDS.toNanos(19))).isEqualTo(SealSchedule.Due.NOT);
        assertThat(schedule.urgentNanos(TimeUnit.MILLISECONDS.toNanos(19))).isEqualTo(TimeUnit.MILLISECONDS.toNanos(1));
        assertThat(dueAt(FIRST, 10_000, TimeUnit.MILLISECONDS.toNanos(20))).isEqualTo(SealSchedule.Due.NOW);
        schedule.noLock(TimeUnit.MILLISECONDS.toNanos(20));
        assertThat(dueAt(FIRST, 10_000, TimeUnit.MILLISECONDS.toNanos(59))).isEqualTo(SealSchedule.Due.NOT);
        assertThat(dueAt(FIRST, 11_000, TimeUnit.MILLISECONDS.toNanos(60))).isEqualTo(SealSchedule.Due.NOW);
        assertThat(schedule.bulkFirst()).as("the bulk grew again").isTrue();
    }

    @Test
    void sealThatAgeAsksForWaitsForItsBackOffToo() {
        long now = TimeUnit.MINUTES.toNanos(1);
        assertThat(dueAt(FIRST, 10, now)).isEqualTo(SealSchedule.Due.PACED);
        schedule.noLock(now);
        assertThat(schedule.due(now)).isEqualTo(SealSchedule.Due.NOT);
        assertThat(schedule.quietNanos(now)).isEqualTo(TimeUnit.MILLISECONDS.toNanos(20));
        assertThat(schedule.due(now + TimeUnit.MILLISECONDS.toNanos(20))).isEqualTo(SealSchedule.Due.PACED);
    }
}
