package io.github.litestreamjdbc.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.litestreamjdbc.api.RestoreTarget;
import io.github.litestreamjdbc.ltx.TxidRange;
import io.github.litestreamjdbc.restore.RestorePlan.NoPlanException;
import io.github.litestreamjdbc.store.LtxFile;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class RestorePlanTest {
    private static LtxFile file(int level, long min, long max) {
        return new LtxFile(level, new TxidRange(min, max), 200, Instant.EPOCH);
    }

    private static List<LtxFile> plan(List<LtxFile> listing) throws NoPlanException {
        return RestorePlan.of(listing, RestoreTarget.LATEST, false).files();
    }

    private static List<LtxFile> plan(List<LtxFile> listing, long txid) throws NoPlanException {
        RestorePlan plan = RestorePlan.of(listing, new RestoreTarget.AtTxid(txid), false);
        assertThat(plan.txid()).isEqualTo(txid);
        return plan.files();
    }

    @Test
    void singleTransactionsFollowEachOther() throws Exception {
        List<LtxFile> listing = List.of(file(0, 1, 1), file(0, 2, 2), file(0, 3, 3));
        assertThat(plan(listing)).isEqualTo(listing);
        assertThat(plan(listing, 2)).isEqualTo(listing.subList(0, 2));
    }

    @Test
    void newestSnapshotComesFirstAndNothingBeforeItIsRead() throws Exception {
        List<LtxFile> listing =
                List.of(file(0, 1, 1), file(0, 2, 2), file(0, 3, 3), file(0, 4, 4), file(9, 1, 2), file(9, 1, 3));
        assertThat(plan(listing)).containsExactly(file(9, 1, 3), file(0, 4, 4));
    }

    @Test
    void snapshotNewerThanTheTargetIsNotUsed() throws Exception {
        List<LtxFile> listing = List.of(file(0, 3, 3), file(9, 1, 2), file(9, 1, 4));
        assertThat(plan(listing, 3)).containsExactly(file(9, 1, 2), file(0, 3, 3));
        assertThat(plan(listing, 4)).containsExactly(file(9, 1, 4));
    }

    @Test
    void fileThatReachesFurthestIsPreferred() throws Exception {
        List<LtxFile> listing =
                List.of(file(0, 1, 1), file(0, 2, 2), file(0, 3, 3), file(1, 1, 2), file(2, 1, 3), file(1, 3, 3));
        assertThat(plan(listing)).containsExactly(file(2, 1, 3));
    }

    @Test
    void tiesGoToTheLowestMinThenTheHighestLevelThenTheEarliest() throws Exception {
        LtxFile late = new LtxFile(3, new TxidRange(1, 5), 200, Instant.EPOCH.plusSeconds(1));
        List<LtxFile> listing = List.of(late, file(2, 1, 5), file(3, 1, 5), file(0, 1, 1));
        assertThat(plan(listing)).containsExactly(file(3, 1, 5));
        LtxFile snapshot = file(9, 1, 2);
        assertThat(plan(List.of(snapshot, file(3, 3, 5), file(1, 2, 5)))).containsExactly(snapshot, file(1, 2, 5));
    }

    @Test
    void planWithoutSnapshotStartsWithTxidOneAtAnyLevel() throws Exception {
        assertThat(plan(List.of(file(3, 1, 7), file(0, 8, 8)))).containsExactly(file(3, 1, 7), file(0, 8, 8));
        assertThatThrownBy(() -> plan(List.of(file(0, 2, 2))))
                .isInstanceOf(NoPlanException.class)
                .hasMessageContaining("no file begins with TXID 1");
    }

    @Test
    void latestBehindAGapIsRefusedAndTheGapIsNamed() {
        List<LtxFile> listing = List.of(file(0, 1, 1), file(0, 2, 2), file(1, 5, 6), file(0, 7, 7));
        assertThatThrownBy(() -> plan(listing))
                .isInstanceOf(NoPlanException.class)
                .hasMessageContaining("gap")
                .hasMessageContaining("lead to TXID 0000000000000002")
                .hasMessageContaining("0000000000000005-0000000000000006.ltx at level 1");
    }

    @Test
    void gapBeforeASnapshotDoesNotMatter() throws Exception {
        assertThat(plan(List.of(file(0, 1, 1), file(9, 1, 4), file(0, 5, 5))))
                .containsExactly(file(9, 1, 4), file(0, 5, 5));
    }

    @Test
    void txidBeforeAGapIsReached() throws Exception {
        assertThat(plan(List.of(file(0, 1, 1), file(0, 4, 4)), 1)).containsExactly(file(0, 1, 1));
    }

    @Test
    void txidInsideAMergedFileIsRefusedAndTheNearestIsNamed() {
        assertThatThrownBy(() -> plan(List.of(file(0, 1, 1), file(1, 2, 5)), 3))
                .isInstanceOf(NoPlanException.class)
                .hasMessageContaining("TXID 0000000000000003")
                .hasMessageContaining("nearest before it is 0000000000000001")
                .hasMessageContaining("newest file ends at 0000000000000005");
    }

    @Test
    void txidBeyondTheReplicaIsRefused() {
        assertThatThrownBy(() -> plan(List.of(file(0, 1, 1)), 9))
                .isInstanceOf(NoPlanException.class)
                .hasMessageContaining("newest file ends at 0000000000000001");
        assertThatThrownBy(() -> plan(List.of(file(0, 2, 2)), 1))
                .isInstanceOf(NoPlanException.class)
                .hasMessageContaining("none before it");
    }

    @Test
    void txidsAreUnsigned() throws Exception {
        long huge = 0x8000_0000_0000_0000L;
        List<LtxFile> listing = List.of(file(0, huge + 1, huge + 1), file(0, huge, huge), file(1, 1, huge - 1));
        assertThat(plan(listing))
                .containsExactly(file(1, 1, huge - 1), file(0, huge, huge), file(0, huge + 1, huge + 1));
        assertThat(plan(listing, huge)).hasSize(2);
        LtxFile last = file(0, -1, -1);
        assertThat(plan(List.of(file(1, 1, -2), last))).containsExactly(file(1, 1, -2), last);
    }

    /** A planner that looks through the listing at each step needs minutes for this. */
    @Test
    @Timeout(20)
    void hundredThousandFilesInAnyOrderArePlanned() throws Exception {
        List<LtxFile> listing = new ArrayList<>(LongStream.rangeClosed(1, 100_000)
                .mapToObj(txid -> file(0, txid, txid))
                .toList());
        Collections.shuffle(listing, new Random(1));
        assertThat(plan(listing)).hasSize(100_000);
        assertThat(plan(listing, 99_999)).hasSize(99_999);
    }

    private static LtxFile fileAt(int level, long min, long max, long second) {
        return new LtxFile(level, new TxidRange(min, max), 200, Instant.ofEpochSecond(second));
    }

    private static RestorePlan planBefore(List<LtxFile> listing, long second) throws NoPlanException {
        return RestorePlan.of(listing, new RestoreTarget.AtTime(Instant.ofEpochSecond(second)), false);
    }

    @Test
    void instantIsExclusive() throws Exception {
        List<LtxFile> listing = List.of(fileAt(0, 1, 1, 10), fileAt(0, 2, 2, 20), fileAt(0, 3, 3, 30));
        assertThat(planBefore(listing, 20).txid()).isEqualTo(1);
        assertThat(planBefore(listing, 21).txid()).isEqualTo(2);
        assertThat(planBefore(listing, 30).txid()).isEqualTo(2);
    }

    @Test
    void instantOutsideTheHistoryNamesTheNearestPoint() {
        List<LtxFile> listing = List.of(fileAt(0, 1, 1, 10), fileAt(0, 2, 2, 20));
        assertThatThrownBy(() -> planBefore(listing, 21))
                .isInstanceOf(NoPlanException.class)
                .hasMessageContaining("ends before 1970-01-01T00:00:21Z")
                .hasMessageContaining("TXID 0000000000000002 captured at 1970-01-01T00:00:20Z");
        assertThatThrownBy(() -> planBefore(listing, 10))
                .isInstanceOf(NoPlanException.class)
                .hasMessageContaining("no state captured before 1970-01-01T00:00:10Z")
                .hasMessageContaining("TXID 0000000000000001 captured at 1970-01-01T00:00:10Z");
    }

    @Test
    void snapshotOfALaterTimeIsNotUsed() throws Exception {
        List<LtxFile> listing =
                List.of(fileAt(9, 1, 2, 25), fileAt(9, 1, 4, 50), fileAt(0, 3, 3, 30), fileAt(0, 4, 4, 40));
        assertThat(planBefore(listing, 41).files()).containsExactly(listing.get(0), listing.get(2), listing.get(3));
        assertThatThrownBy(() -> planBefore(listing, 25)).isInstanceOf(NoPlanException.class);
    }

    @Test
    void instantBehindAGapIsRefusedUnlessItIsAllowed() throws Exception {
        List<LtxFile> listing =
                List.of(fileAt(0, 1, 1, 10), fileAt(0, 2, 2, 20), fileAt(0, 4, 4, 40), fileAt(0, 5, 5, 50));
        assertThat(planBefore(listing, 40).txid()).as("the gap is later").isEqualTo(2);
        assertThatThrownBy(() -> planBefore(listing, 45))
                .isInstanceOf(NoPlanException.class)
                .hasMessageContaining("there is a gap before 1970-01-01T00:00:45Z")
                .hasMessageContaining("TXID 0000000000000002 captured at 1970-01-01T00:00:20Z");
        RestorePlan allowed = RestorePlan.of(listing, new RestoreTarget.AtTime(Instant.ofEpochSecond(45)), true);
        assertThat(allowed.txid()).isEqualTo(2);
    }

    @Test
    void laterSnapshotDoesNotHideAGap() {
        List<LtxFile> listing = List.of(
                fileAt(0, 1, 1, 10),
                fileAt(0, 2, 2, 20),
                fileAt(0, 4, 4, 40),
                fileAt(9, 1, 5, 50),
                fileAt(0, 6, 6, 60));
        assertThatThrownBy(() -> planBefore(listing, 45))
                .isInstanceOf(NoPlanException.class)
                .hasMessageContaining("TXID 0000000000000005 captured at 1970-01-01T00:00:50Z");
    }

    @Test
    void whatIsOnlyKeptMergedIsCoarserAndNoGap() throws Exception {
        List<LtxFile> listing = List.of(
                fileAt(1, 1, 3, 30),
                fileAt(1, 4, 6, 60),
                fileAt(0, 5, 5, 50),
                fileAt(0, 6, 6, 60),
                fileAt(0, 7, 7, 70));
        assertThat(planBefore(listing, 55).txid()).isEqualTo(3);
        assertThat(planBefore(listing, 61).txid()).isEqualTo(6);
    }
}
