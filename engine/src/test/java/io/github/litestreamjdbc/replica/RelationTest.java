package io.github.litestreamjdbc.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.github.litestreamjdbc.api.ReplicationConfig.OnMismatch;
import io.github.litestreamjdbc.capture.RestoreMarker;
import io.github.litestreamjdbc.ltx.TxidRange;
import io.github.litestreamjdbc.replica.Relation.Compare;
import io.github.litestreamjdbc.replica.Relation.Comparison;
import io.github.litestreamjdbc.replica.Relation.Continue;
import io.github.litestreamjdbc.replica.Relation.Rebase;
import io.github.litestreamjdbc.replica.Relation.Refuse;
import io.github.litestreamjdbc.replica.Relation.Verdict;
import io.github.litestreamjdbc.store.LtxFile;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The decision table of the design, row by row. */
class RelationTest {
    private static final LocalState NOTHING = new LocalState(1, 0, Optional.empty(), false);
    private static final ReplicaLook EMPTY = new ReplicaLook(Optional.empty());

    private static LocalState files(long first, long newest) {
        return new LocalState(first, newest, Optional.empty(), false);
    }

    private static LocalState provenFiles(long first, long newest) {
        return new LocalState(first, newest, Optional.empty(), true);
    }

    /** No local files yet: a restore of {@code txid} at a time when the replica had {@code newest}. */
    private static LocalState restored(long txid, long newest) {
        return new LocalState(1, 0, Optional.of(new RestoreMarker(txid, newest, 4096, 0)), true);
    }

    private static ReplicaLook at(long newest) {
        return new ReplicaLook(Optional.of(new LtxFile(0, TxidRange.of(newest), 200, Instant.EPOCH)));
    }

    private static Verdict refusing(LocalState local, ReplicaLook replica) {
        return Relation.of(local, replica, OnMismatch.REFUSE);
    }

    private static Verdict adopting(LocalState local, ReplicaLook replica) {
        return Relation.of(local, replica, OnMismatch.ADOPT);
    }

    private static void assertRebase(Verdict verdict, long lastTxid, boolean withSnapshot) {
        assertThat(verdict).asInstanceOf(type(Rebase.class)).satisfies(rebase -> {
            assertThat(rebase.lastTxid()).isEqualTo(lastTxid);
            assertThat(rebase.withSnapshot()).isEqualTo(withSnapshot);
            assertThat(rebase.reason()).isNotBlank();
        });
    }

    @ParameterizedTest
    @EnumSource
    void newDatabaseAndEmptyReplicaBeginAtTheFirstTxid(OnMismatch onMismatch) {
        assertThat(Relation.of(NOTHING, EMPTY, onMismatch)).isEqualTo(new Continue(0));
    }

    @ParameterizedTest
    @EnumSource
    void filesNotYetUploadedAreUploadedFromTheFirst(OnMismatch onMismatch) {
        assertThat(Relation.of(files(1, 5), EMPTY, onMismatch)).isEqualTo(new Continue(0));
    }

    @ParameterizedTest
    @EnumSource
    void filesThatBeginRightBehindTheReplicaAreUploaded(OnMismatch onMismatch) {
        assertThat(Relation.of(files(8, 12), at(7), onMismatch)).isEqualTo(new Continue(7));
    }

    @Test
    void filesThatOverlapTheReplicaAreUploadedIfTheSharedTxidIsTheSame() {
        assertThat(refusing(files(3, 12), at(7)))
                .asInstanceOf(type(Compare.class))
                .satisfies(compare -> {
                    assertThat(compare.what()).isEqualTo(Comparison.TRAILER);
                    assertThat(compare.equal()).isEqualTo(new Continue(7));
                    assertThat(compare.otherwise()).isInstanceOf(Refuse.class);
                });
    }

    @Test
    void sameTxidWithOtherContentsIsRefused() {
        assertThat(refusing(files(3, 7), at(7)))
                .asInstanceOf(type(Compare.class))
                .satisfies(compare -> {
                    assertThat(compare.what()).isEqualTo(Comparison.TRAILER);
                    assertThat(compare.equal()).isEqualTo(new Continue(7));
                    assertThat(compare.otherwise())
                            .asInstanceOf(type(Refuse.class))
                            .extracting(Refuse::reason)
                            .asString()
                            .contains("is at TXID 0000000000000007", "different contents");
                });
    }

    @Test
    void sameTxidWithOtherContentsIsAdoptedBehindBoth() {
        Compare level = (Compare) adopting(files(3, 7), at(7));
        assertRebase(level.otherwise(), 7, false);
        Compare localBeyond = (Compare) adopting(files(3, 12), at(7));
        assertRebase(localBeyond.otherwise(), 12, true);
    }

    @Test
    void newestFileThatCannotBeReadIsTakenForUploadedIfTheReplicaHasItsTxid() {
        assertThat(refusing(files(8, 7), at(7))).isEqualTo(new Continue(7));
    }

    @Test
    void provenDatabaseBehindTheReplicaIsRefused() {
        assertThat(refusing(provenFiles(1, 4), at(7)))
                .asInstanceOf(type(Refuse.class))
                .extracting(Refuse::reason)
                .asString()
                .contains("is at TXID 0000000000000004", "replica is at TXID 0000000000000007", "older");
        assertRebase(adopting(provenFiles(1, 4), at(7)), 7, false);
    }

    @Test
    void databaseWithoutAnyStateIsComparedPageByPage() {
        for (LocalState local : List.of(NOTHING, files(1, 4))) {
            assertThat(refusing(local, at(7))).asInstanceOf(type(Compare.class)).satisfies(compare -> {
                assertThat(compare.what()).isEqualTo(Comparison.PAGES);
                assertRebase(compare.equal(), 7, false);
                assertThat(compare.otherwise()).isInstanceOf(Refuse.class);
            });
            assertRebase(((Compare) adopting(local, at(7))).otherwise(), 7, false);
        }
    }

    @Test
    void refusalOfAStrangerSaysThatNothingConnectsTheTwo() {
        Compare compare = (Compare) refusing(NOTHING, at(7));
        assertThat(((Refuse) compare.otherwise()).reason())
                .contains("the database has no TXID", "nothing on this machine says that it is the replica's");
    }

    @ParameterizedTest
    @EnumSource
    void restoredDatabaseGoesOnWhereTheReplicaStands(OnMismatch onMismatch) {
        assertThat(Relation.of(restored(7, 7), at(7), onMismatch)).isEqualTo(new Continue(7));
    }

    @ParameterizedTest
    @EnumSource
    void databaseRestoredToAnOlderTxidGoesOnBehindTheNewest(OnMismatch onMismatch) {
        assertThat(Relation.of(restored(3, 7), at(7), onMismatch)).isEqualTo(new Continue(7));
    }

    @Test
    void replicaThatWentOnAfterARestoreIsRefused() {
        assertThat(refusing(restored(7, 7), at(9)))
                .asInstanceOf(type(Refuse.class))
                .extracting(Refuse::reason)
                .asString()
                .contains("was restored at TXID 0000000000000007", "replica is at TXID 0000000000000009", "somebody");
        assertRebase(adopting(restored(7, 7), at(9)), 9, false);
    }

    @ParameterizedTest
    @EnumSource
    void replicaThatLostWhatWasRestoredGetsImageAndSnapshot(OnMismatch onMismatch) {
        assertRebase(Relation.of(restored(7, 7), at(5), onMismatch), 7, true);
        assertRebase(Relation.of(restored(3, 7), EMPTY, onMismatch), 7, true);
    }

    @ParameterizedTest
    @EnumSource
    void replicaThatIsEmptyAlthoughItHadFilesGetsImageAndSnapshot(OnMismatch onMismatch) {
        assertRebase(Relation.of(files(4, 9), EMPTY, onMismatch), 9, true);
    }

    @ParameterizedTest
    @EnumSource
    void replicaThatEndsBeforeTheLocalFilesBeginGetsImageAndSnapshot(OnMismatch onMismatch) {
        assertRebase(Relation.of(files(6, 9), at(4), onMismatch), 9, true);
    }

    @Test
    void refusalNamesEveryWayOut() {
        Refuse refuse = (Refuse) refusing(provenFiles(1, 4), at(7));
        assertThat(refuse.reason()).contains("restore=if-missing", "another replica path", "on-mismatch=adopt");
    }

    @Test
    void txidsAreUnsigned() {
        long huge = 0xffff_ffff_ffff_fff0L;
        assertThat(refusing(files(huge + 1, huge + 2), at(huge))).isEqualTo(new Continue(huge));
        assertThat(refusing(provenFiles(1, 4), at(huge))).isInstanceOf(Refuse.class);
        assertRebase(refusing(files(huge, huge + 2), at(4)), huge + 2, true);
    }

    @Test
    void nothingIsEverWrittenUnderATxidThatEitherSideHas() {
        for (long local = 0; local <= 4; local++) {
            for (long first = 1; first <= local + 1; first++) {
                for (long replica = 0; replica <= 5; replica++) {
                    for (OnMismatch onMismatch : OnMismatch.values()) {
                        for (LocalState state : List.of(files(first, local), provenFiles(first, local))) {
                            ReplicaLook look = replica == 0 ? EMPTY : at(replica);
                            check(Relation.of(state, look, onMismatch), state, replica);
                        }
                    }
                }
            }
        }
    }

    private static void check(Verdict verdict, LocalState local, long replica) {
        if (verdict instanceof Continue next) {
            assertThat(next.uploadedTxid()).as("%s, %d", local, replica).isEqualTo(replica);
            boolean reachesBack = local.newestTxid() == 0 ? replica == 0 : local.firstTxid() <= replica + 1;
            assertThat(reachesBack).as("%s, %d", local, replica).isTrue();
        } else if (verdict instanceof Rebase image) {
            assertThat(image.lastTxid()).as("%s, %d", local, replica).isGreaterThanOrEqualTo(replica);
            assertThat(image.lastTxid()).as("%s, %d", local, replica).isGreaterThanOrEqualTo(local.newestTxid());
            boolean gap = image.lastTxid() != replica;
            assertThat(image.withSnapshot()).as("%s, %d", local, replica).isEqualTo(gap);
        } else if (verdict instanceof Compare compare) {
            check(compare.equal(), local, replica);
            check(compare.otherwise(), local, replica);
        } else {
            assertThat(verdict).isInstanceOf(Refuse.class);
        }
    }
}
