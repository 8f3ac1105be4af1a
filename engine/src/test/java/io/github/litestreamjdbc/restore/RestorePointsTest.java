package io.github.litestreamjdbc.restore;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.api.History;
import io.github.litestreamjdbc.api.RestoreTarget;
import io.github.litestreamjdbc.ltx.TxidRange;
import io.github.litestreamjdbc.restore.RestorePlan.NoPlanException;
import io.github.litestreamjdbc.store.LtxFile;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class RestorePointsTest {
    private static final int NEWEST = 14;

    private static LtxFile file(int level, long min, long max, long second) {
        return new LtxFile(level, new TxidRange(min, max), 200, Instant.ofEpochSecond(second));
    }

    /** Any files at any level; the time is that of the newest transaction, as it is in a replica. */
    @Provide
    Arbitrary<List<LtxFile>> files() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 4),
                        Arbitraries.longs().between(1, NEWEST),
                        Arbitraries.longs().between(0, 4))
                .as((level, min, more) ->
                        level == 4 ? file(9, 1, min, min * 10) : file(level, min, min + more, (min + more) * 10))
                .list()
                .ofMaxSize(25);
    }

    private static boolean canBePlanned(List<LtxFile> listing, RestoreTarget target) {
        try {
            RestorePlan.of(listing, target, true);
            return true;
        } catch (NoPlanException e) {
            return false;
        }
    }

    @Property(tries = 2000)
    void pointsAreExactlyTheTxidsThatCanBePlanned(@ForAll("files") List<LtxFile> listing) {
        List<Long> planned = new ArrayList<>();
        for (long txid = 1; txid <= NEWEST + 4; txid++) {
            if (canBePlanned(listing, new RestoreTarget.AtTxid(txid))) {
                planned.add(txid);
            }
        }
        assertThat(RestorePoints.of(listing).points().stream().map(History.Point::txid))
                .containsExactlyElementsOf(planned);
    }

    @Property(tries = 2000)
    void anInstantGivesTheNewestPointBeforeIt(@ForAll("files") List<LtxFile> listing) throws Exception {
        History history = RestorePoints.of(listing);
        for (long second = 5; second <= (NEWEST + 4) * 10; second += 5) {
            Instant time = Instant.ofEpochSecond(second);
            RestoreTarget target = new RestoreTarget.AtTime(time);
            if (canBePlanned(listing, target)) {
                assertThat(RestorePlan.of(listing, target, true).txid())
                        .isEqualTo(RestorePoints.lastBefore(history, time)
                                .orElseThrow()
                                .txid());
            }
        }
    }

    @Example
    void periodsTellHowFinelyTheyCanBeRestored() {
        List<LtxFile> listing = List.of(
                file(9, 1, 10, 100),
                file(2, 11, 30, 300),
                file(2, 31, 40, 400),
                file(1, 41, 43, 430),
                file(1, 44, 44, 440),
                file(0, 44, 44, 440),
                file(0, 45, 45, 455),
                file(0, 46, 46, 9999));
        List<History.Period> periods = RestorePoints.of(listing).periods();
        assertThat(periods).extracting(History.Period::level).containsExactly(9, 2, 1, 0);
        assertThat(periods).extracting(History.Period::points).containsExactly(1, 2, 1, 3);
        assertThat(periods)
                .extracting(History.Period::resolution)
                .containsExactly(Duration.ZERO, Duration.ofSeconds(200), Duration.ofSeconds(30), Duration.ZERO);
    }

    @Example
    void gapIsWhatNoFileBehindTheFirstPointHas() {
        List<LtxFile> listing =
                List.of(file(1, 2, 3, 30), file(9, 1, 4, 40), file(0, 5, 5, 50), file(0, 8, 8, 80), file(9, 1, 9, 90));
        History history = RestorePoints.of(listing);
        assertThat(history.points()).extracting(History.Point::txid).containsExactly(4L, 5L, 9L);
        assertThat(history.gaps()).containsExactly(new History.Gap(6, 7));
        assertThat(history.oldest().orElseThrow().created()).isEqualTo(Instant.ofEpochSecond(40));
    }
}
