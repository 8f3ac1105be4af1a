package io.github.litestreamjdbc.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.github.litestreamjdbc.api.ReplicationEvent.Kind;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LagTest {
    private static final long LIMIT = 300_000;

    private final Progress progress = new Progress(Duration.ofMillis(LIMIT), new Counters());

    @Test
    void lagIsTheAgeOfTheOldestCommitThatIsNotSafe() {
        assertThat(progress.lagMillis(1000)).isZero();
        progress.noticed(at(1000));
        progress.noticed(at(1200));
        assertThat(progress.lagMillis(1250)).as("capture has not looked").isEqualTo(250);
        progress.looking();
        assertThat(progress.lagMillis(1300)).as("it looks").isEqualTo(300);
        progress.uncaptured(1500);
        assertThat(progress.lagMillis(1600)).as("not captured").isEqualTo(600);
        progress.captured(1, 1, 10, 1700);
        progress.captured(2, 1, 10, 1800);
        assertThat(progress.lagMillis(2000)).as("captured").isEqualTo(1000);
        progress.uploaded(1, 2000);
        assertThat(progress.lagMillis(2000)).as("the first is safe").isEqualTo(200);
        progress.uploaded(2, 2100);
        assertThat(progress.lagMillis(9000)).as("all are safe").isZero();
        progress.noticed(at(9000));
        progress.looking();
        progress.allCaptured();
        assertThat(progress.lagMillis(9100)).as("noticed later than captured").isZero();
        assertThat(progress.lags().maxMillis()).isEqualTo(1000);
    }

    @Test
    void lagAboveTheThresholdIsToldOnceAndSoIsItsEnd() {
        List<Kind> told = new ArrayList<>();
        progress.onEvent((kind, reason) -> told.add(kind));
        progress.captured(1, 1, 10, 1000);
        progress.checkLag(1000 + LIMIT);
        assertThat(told).isEmpty();
        assertThat(progress.lagDueMillis(1000 + LIMIT)).isEqualTo(1);
        progress.checkLag(1001 + LIMIT);
        progress.checkLag(5000 + LIMIT);
        assertThat(told).containsExactly(Kind.LAGGING);
        assertThat(progress.lagDueMillis(5000 + LIMIT)).isEqualTo(Long.MAX_VALUE);
        progress.uploaded(1, 6000 + LIMIT);
        assertThat(told).as("at the upload").containsExactly(Kind.LAGGING, Kind.CAUGHT_UP);
    }

    @Test
    void underConstantLoadLagEndsWhereThereIsAlwaysACommitThatIsNotSafe() {
        List<String> told = new ArrayList<>();
        progress.onEvent((kind, reason) -> told.add(kind + ": " + reason));
        for (int txid = 1; txid <= 4; txid++) {
            progress.captured(txid, 1, 10, txid * LIMIT / 4);
        }
        long late = LIMIT / 4 + LIMIT + 1000;
        progress.checkLag(late);
        progress.uploaded(1, late);
        progress.uploaded(2, late);
        assertThat(told).containsExactly("LAGGING: the oldest commit that is not safe in the replica is 301 s old");
        progress.noticed(at(late));
        progress.uploaded(3, late);
        assertThat(told).last().isEqualTo("CAUGHT_UP: the oldest commit that is not safe in the replica is 76 s old");
        progress.uploaded(4, late);
        assertThat(told).hasSize(2);
    }

    @Test
    void whatTheReplicaWasFoundToHaveDoesNotEndALagThatGoesOn() {
        List<Kind> told = new ArrayList<>();
        progress.onEvent((kind, reason) -> told.add(kind));
        progress.found(1, 10, 1000);
        progress.found(2, 10, 2000);
        progress.checkLag(3000 + LIMIT);
        progress.foundUploaded(1);
        assertThat(told).containsExactly(Kind.LAGGING);
    }

    @Test
    void withoutAThresholdNothingIsTold() {
        Progress silent = new Progress(Duration.ZERO, new Counters());
        silent.onEvent((kind, reason) -> fail("told " + kind));
        silent.captured(1, 1, 10, 1000);
        silent.checkLag(Long.MAX_VALUE);
        assertThat(silent.lagDueMillis(1_000_000)).isEqualTo(Long.MAX_VALUE);
    }

    private static InstantSource at(long millis) {
        return InstantSource.fixed(Instant.ofEpochMilli(millis));
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
