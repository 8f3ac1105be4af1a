package io.github.litestreamjdbc.restore;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.api.RestoreTarget;
import io.github.litestreamjdbc.ltx.Txid;
import io.github.litestreamjdbc.ltx.TxidRange;
import io.github.litestreamjdbc.spi.StoredObject;
import io.github.litestreamjdbc.store.LtxFile;
import io.github.litestreamjdbc.testing.Allocation;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Names and listings that nobody sane would make: a plan that is sound, or words why there is none, in little memory. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ListingFuzzTest {
    private static final int LISTINGS = 5000;
    private static final long MEMORY_BYTES = 8 << 20;
    private static final long[] EDGES = {1, 2, 3, 4, 5, 100, Long.MAX_VALUE, Long.MIN_VALUE, -2, -1};

    private static final String[] PIECES = {
        "0000000000000001",
        "ffffffffffffffff",
        "8000000000000000",
        "0000000000000000",
        "FFFFFFFFFFFFFFFF",
        "000000000000000g",
        "1",
        "",
        "-",
        "--",
        ".ltx",
        ".LTX",
        ".ltx.tmp",
        "/",
        "..",
        "\u0661",
        "\uff11",
        "\ud83d",
        "\0",
        "\n",
        "00000000000000000000000000000001",
        "-000000000000001",
        "+000000000000001",
        "%30"
    };

    private static final String[] V03_PIECES = {
        "generations/",
        "0123456789abcdef",
        "/snapshots/",
        "/wal/",
        "00000000",
        "ffffffff",
        "ffffffffffffffff",
        "_",
        ".snapshot.lz4",
        ".wal.lz4",
        "..",
        "\u0660"
    };

    private final long seed = Long.getLong("litestreamjdbc.seed", System.nanoTime());
    private final Random random = new Random(seed);

    private void sayTheSeed() {
        System.out.println("seed " + seed + " (-Dlitestreamjdbc.seed=" + seed + ")");
    }

    private String name(String[] pieces) {
        StringBuilder name = new StringBuilder();
        for (int i = random.nextInt(8); i >= 0; i--) {
            name.append(pieces[random.nextInt(pieces.length)]);
        }
        return name.toString();
    }

    @Test
    void nameIsAFilesOnlyIfItIsWrittenExactlySo() {
        sayTheSeed();
        int files = 0;
        for (int i = 0; i < 200_000; i++) {
            String name = random.nextBoolean()
                    ? name(PIECES)
                    : PIECES[random.nextInt(6)] + "-" + PIECES[random.nextInt(6)] + ".ltx";
            Optional<TxidRange> txids = TxidRange.parseFileName(name);
            if (txids.isPresent()) {
                files++;
                assertThat(txids.get().fileName()).isEqualTo(name);
                assertThat(Txid.compare(txids.get().min(), txids.get().max())).isNotPositive();
            }
        }
        assertThat(files).isPositive();
    }

    @Test
    void listingGivesASoundPlanOrNone() {
        sayTheSeed();
        int plans = 0;
        for (int i = 0; i < LISTINGS; i++) {
            List<LtxFile> listing = listing();
            long before = Allocation.bytes();
            plans += plan(listing, new RestoreTarget.Latest()) ? 1 : 0;
            plan(listing, new RestoreTarget.AtTxid(EDGES[random.nextInt(EDGES.length)]));
            plan(listing, new RestoreTarget.AtTime(instant()));
            RestorePoints.of(listing);
            Restorer.gap(listing);
            assertThat(Allocation.bytes() - before).as("bytes allocated").isLessThan(MEMORY_BYTES);
        }
        assertThat(plans).as("listings that lead to something").isBetween(1, LISTINGS - 1);
    }

    private List<LtxFile> listing() {
        List<LtxFile> files = new ArrayList<>();
        for (int i = random.nextInt(12); i > 0; i--) {
            long a = EDGES[random.nextInt(EDGES.length)];
            long b = random.nextInt(3) == 0 ? a : EDGES[random.nextInt(EDGES.length)];
            TxidRange txids = Txid.compare(a, b) <= 0 ? new TxidRange(a, b) : new TxidRange(b, a);
            long size = new long[] {-1, 0, 99, 100, 5000, Long.MAX_VALUE, Long.MIN_VALUE}[random.nextInt(7)];
            files.add(new LtxFile(random.nextInt(10), txids, size, instant()));
            if (random.nextInt(4) == 0) {
                files.add(files.get(random.nextInt(files.size())));
            }
        }
        return files;
    }

    private Instant instant() {
        return List.of(Instant.MIN, Instant.EPOCH, Instant.ofEpochMilli(random.nextInt(1000)), Instant.MAX)
                .get(random.nextInt(4));
    }

    private boolean plan(List<LtxFile> listing, RestoreTarget target) {
        RestorePlan plan;
        try {
            plan = RestorePlan.of(listing, target, random.nextBoolean());
        } catch (RestorePlan.NoPlanException e) {
            assertThat(e.getMessage()).isNotEmpty();
            return false;
        }
        assertThat(plan.files()).isNotEmpty();
        assertThat(plan.files().get(0).txids().min()).isEqualTo(1);
        for (int i = 1; i < plan.files().size(); i++) {
            assertThat(plan.files()
                            .get(i - 1)
                            .txids()
                            .isContinuedBy(plan.files().get(i).txids()))
                    .as("file %d of %s", i, plan)
                    .isTrue();
        }
        assertThat(plan.files().get(plan.files().size() - 1).txids().max()).isEqualTo(plan.txid());
        return true;
    }

    @Test
    void namesOfTheOldLayoutGiveAPlanInOrderOrNone() {
        sayTheSeed();
        int plans = 0;
        for (int i = 0; i < LISTINGS; i++) {
            List<StoredObject> objects = new ArrayList<>();
            for (int n = random.nextInt(12); n >= 0; n--) {
                objects.add(new StoredObject(oldName(), random.nextLong(), instant(), ""));
            }
            Optional<V03Plan> plan = V03Plan.of(objects, Optional.of(instant()).filter(at -> random.nextBoolean()));
            if (plan.isPresent()) {
                plans++;
                assertThat(plan.get().pieces())
                        .allMatch(
                                piece -> piece.index() >= plan.get().snapshot().index()
                                        && piece.generation()
                                                .equals(plan.get().snapshot().generation()));
                assertThat(plan.get().created()).isNotNull();
                plan.get().newerElsewhere(objects, Optional.empty());
            }
        }
        assertThat(plans).isPositive();
    }

    private String oldName() {
        String generation = "generations/" + V03_PIECES[1 + 5 * random.nextInt(2)];
        String index = V03_PIECES[4 + random.nextInt(2)];
        return switch (random.nextInt(3)) {
            case 0 -> name(V03_PIECES);
            case 1 -> generation + "/snapshots/" + index + ".snapshot.lz4";
            default -> generation + "/wal/" + index + "_" + V03_PIECES[4 + random.nextInt(3)] + ".wal.lz4";
        };
    }
}
