package io.github.litestreamjdbc.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.api.ReplicationEvent;
import io.github.litestreamjdbc.api.ReplicationEvent.Kind;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LagTest {
    private static final long LIMIT = ReplicationEvent.LAG_THRESHOLD_MILLIS;

    private final Progress progress = new Progress();

    @Test
    void lagIsTheAgeOfTheOldestCommitThatIsNotSafe() {
        assertThat(progress.lagMillis(1000)).isZero();
        progress.uncaptured(1000);
        progress.uncaptured(1500);
        assertThat(progress.lagMillis(1600)).as("not captured").isEqualTo(600);
        progress.captured(1, 1, 10, 1700);
        progress.captured(2, 1, 10, 1800);
        assertThat(progress.lagMillis(2000)).as("captured").isEqualTo(1000);
        progress.uploaded(1, 2000);
        assertThat(progress.lagMillis(2000)).as("the first is safe").isEqualTo(200);
        progress.uploaded(2, 2100);
        assertThat(progress.lagMillis(9000)).as("all are safe").isZero();
        assertThat(progress.lags().maxMillis()).isEqualTo(1000);
    }

    @Test
    void lagAboveTheThresholdIsToldOnceAndSoIsItsEnd() {
        List<Kind> told = new ArrayList<>();
        progress.onEvent((kind, reason) -> told.add(kind));
        progress.captured(1, 1, 10, 1000);
        progress.checkLag(1000 + LIMIT);
        assertThat(told).isEmpty();
        progress.checkLag(1001 + LIMIT);
        progress.checkLag(5000 + LIMIT);
        assertThat(told).containsExactly(Kind.LAGGING);
        progress.uploaded(1, 6000 + LIMIT);
        progress.checkLag(6000 + LIMIT);
        assertThat(told).containsExactly(Kind.LAGGING, Kind.CAUGHT_UP);
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
