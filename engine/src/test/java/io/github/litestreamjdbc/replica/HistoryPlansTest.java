package io.github.litestreamjdbc.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.ltx.TxidRange;
import io.github.litestreamjdbc.store.LtxFile;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HistoryPlansTest {
    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
    private static final List<Duration> LEVELS = List.of(Duration.ofSeconds(30), Duration.ofMinutes(5));

    private static LtxFile file(int level, long min, long max, long secondsAfterNoon) {
        return new LtxFile(level, new TxidRange(min, max), 1000, NOON.plusSeconds(secondsAfterNoon));
    }

    private static CompactionPlan next(List<LtxFile> files, long secondsAfterNoon) {
        return CompactionPlan.next(files, LEVELS, NOON.plusSeconds(secondsAfterNoon), 1000)
                .orElse(null);
    }

    @Test
    void slotIsMergedWhenItIsOver() {
        List<LtxFile> files = List.of(file(0, 1, 1, 3), file(0, 2, 2, 29), file(0, 3, 3, 31));
        assertThat(next(files, 29)).isNull();
        assertThat(next(files, 30)).isEqualTo(new CompactionPlan(1, files.subList(0, 2)));
        assertThat(CompactionPlan.due(files, LEVELS, 1000)).contains(NOON.plusSeconds(30));
    }

    @Test
    void nothingIsMergedThatIsNotUploaded() {
        List<LtxFile> files = List.of(file(0, 1, 1, 3), file(0, 2, 2, 4));
        assertThat(CompactionPlan.next(files, LEVELS, NOON.plusSeconds(60), 1))
                .contains(new CompactionPlan(1, files.subList(0, 1)));
        assertThat(CompactionPlan.next(files, LEVELS, NOON.plusSeconds(60), 0)).isEmpty();
    }

    @Test
    void gapEndsAFileAndHoldsUpNothing() {
        List<LtxFile> files = new ArrayList<>(List.of(file(0, 1, 1, 3), file(0, 4, 4, 5), file(0, 5, 5, 6)));
        CompactionPlan beforeTheGap = next(files, 300);
        assertThat(beforeTheGap).isEqualTo(new CompactionPlan(1, files.subList(0, 1)));
        files.add(file(1, 1, 1, 3));
        assertThat(next(files, 300)).isEqualTo(new CompactionPlan(1, files.subList(1, 3)));
        files.add(file(1, 4, 5, 6));
        assertThat(next(files, 300)).isEqualTo(new CompactionPlan(2, List.of(file(1, 1, 1, 3))));
        files.add(file(2, 1, 1, 3));
        assertThat(next(files, 300)).isEqualTo(new CompactionPlan(2, List.of(file(1, 4, 5, 6))));
    }

    @Test
    void fileThatReachesAcrossTheEndOfTheLevelAboveIsNotLeftOut() {
        List<LtxFile> files = List.of(file(1, 1, 5, 10), file(0, 4, 4, 8), file(0, 5, 8, 40));
        assertThat(next(files, 60)).isEqualTo(new CompactionPlan(1, List.of(file(0, 5, 8, 40))));
    }

    @Test
    void levelZeroKeepsItsNewestFileAndWhatIsNotMerged() {
        List<LtxFile> files = List.of(
                file(0, 1, 1, 1),
                file(0, 2, 2, 2),
                file(0, 3, 3, 3),
                file(0, 4, 4, 4),
                file(1, 1, 2, 2),
                file(1, 4, 4, 4));
        assertThat(RetentionPlan.merged(files, Instant.MAX))
                .extracting(RetentionPlan.Deletion::file)
                .containsExactly(file(0, 1, 1, 1), file(0, 2, 2, 2));
    }

    @Test
    void snapshotThatThePointsAtTheLimitNeedStays() {
        List<LtxFile> files =
                List.of(file(9, 1, 10, 0), file(9, 1, 20, 100), file(9, 1, 30, 200), file(0, 31, 31, 210));
        assertThat(RetentionPlan.expired(files, NOON.plusSeconds(150)))
                .extracting(RetentionPlan.Deletion::file)
                .containsExactly(file(9, 1, 10, 0));
        assertThat(RetentionPlan.expired(files, NOON.minusSeconds(1))).isEmpty();
    }

    @Test
    void firstFullImageIsASnapshotUntilTheIntervalIsOver() {
        List<LtxFile> files = List.of(file(0, 1, 1, 5), file(0, 2, 2, 700));
        assertThat(SnapshotPlan.due(files, Duration.ofMinutes(10), 1)).isEmpty();
        assertThat(SnapshotPlan.due(files, Duration.ofMinutes(10), 2)).contains(NOON.plusSeconds(600));
        assertThat(SnapshotPlan.due(files, Duration.ZERO, 2)).isEmpty();
    }

    @Test
    void gapIsHealedByASnapshotAtOnce() {
        List<LtxFile> files = List.of(file(0, 1, 1, 5), file(0, 3, 3, 7));
        assertThat(SnapshotPlan.due(files, Duration.ZERO, 3)).contains(Instant.EPOCH);
    }
}
