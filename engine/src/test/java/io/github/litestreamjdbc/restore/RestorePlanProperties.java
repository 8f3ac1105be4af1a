package io.github.litestreamjdbc.restore;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.api.RestoreTarget;
import io.github.litestreamjdbc.ltx.Txid;
import io.github.litestreamjdbc.ltx.TxidRange;
import io.github.litestreamjdbc.restore.RestorePlan.NoPlanException;
import io.github.litestreamjdbc.store.LtxFile;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.statistics.Statistics;
import net.jqwik.api.statistics.StatisticsReport;

/** Layouts with overlaps and gaps, planned and compared with the rules of the layout applied word by word. */
class RestorePlanProperties {
    private static final int NEWEST = 16;
    private static final int SNAPSHOTS = 9;

    /** Any files at any level. */
    @Provide
    Arbitrary<List<LtxFile>> anyFiles() {
        Arbitrary<LtxFile> file = Combinators.combine(
                        Arbitraries.integers().between(0, 4),
                        Arbitraries.longs().between(1, NEWEST),
                        Arbitraries.longs().between(0, 5),
                        Arbitraries.longs().between(0, 2))
                .as((level, min, more, second) -> {
                    boolean snapshot = level == 4;
                    TxidRange txids = new TxidRange(snapshot ? 1 : min, min + more);
                    return new LtxFile(snapshot ? SNAPSHOTS : level, txids, 200, Instant.ofEpochSecond(second));
                });
        return file.list().ofMaxSize(30);
    }

    /** What a replica looks like: level 0, merged in steps, snapshots, and some files lost. */
    @Provide
    Arbitrary<List<LtxFile>> layouts() {
        return Combinators.combine(
                        Arbitraries.integers().between(1, NEWEST),
                        Arbitraries.longs(),
                        Arbitraries.integers().between(0, 3))
                .as(RestorePlanProperties::layout);
    }

    private static List<LtxFile> layout(int newest, long seed, int lost) {
        Random random = new Random(seed);
        List<LtxFile> files = new ArrayList<>();
        int pruned = random.nextInt(newest);
        for (int level = 0; level <= 2; level++) {
            int merged = newest >> level;
            for (int min = 1; min <= merged; ) {
                int max = level == 0 ? min : Math.min(merged, min + random.nextInt(3 * level) + 1);
                if (level > 0 || min > pruned) {
                    files.add(file(level, min, max));
                }
                min = max + 1;
            }
        }
        for (int i = random.nextInt(3); i > 0; i--) {
            files.add(file(SNAPSHOTS, 1, 1 + random.nextInt(newest)));
        }
        Collections.shuffle(files, random);
        return files.subList(Math.min(lost, files.size()), files.size());
    }

    private static LtxFile file(int level, long min, long max) {
        return new LtxFile(level, new TxidRange(min, max), 200, Instant.EPOCH);
    }

    @Property(tries = 3000)
    @StatisticsReport(StatisticsReport.StatisticsReportMode.OFF)
    void anyFilesToTheNewestState(@ForAll("anyFiles") List<LtxFile> listing) {
        check(listing, 0);
    }

    @Property(tries = 3000)
    @StatisticsReport(StatisticsReport.StatisticsReportMode.OFF)
    void anyFilesToATxid(
            @ForAll("anyFiles") List<LtxFile> listing, @ForAll @LongRange(min = 1, max = NEWEST) long txid) {
        check(listing, txid);
    }

    @Property(tries = 3000)
    @StatisticsReport(StatisticsReport.StatisticsReportMode.OFF)
    void layoutsToTheNewestState(@ForAll("layouts") List<LtxFile> listing) {
        check(listing, 0);
    }

    @Property(tries = 3000)
    @StatisticsReport(StatisticsReport.StatisticsReportMode.OFF)
    void layoutsToATxid(@ForAll("layouts") List<LtxFile> listing, @ForAll @LongRange(min = 1, max = NEWEST) long txid) {
        check(listing, txid);
    }

    private static void check(List<LtxFile> listing, long txid) {
        Optional<List<LtxFile>> expected = byTheRules(listing, txid);
        Statistics.collect(expected.isPresent());
        Statistics.coverage(coverage -> {
            coverage.check(true).percentage(share -> share > 10);
            coverage.check(false).percentage(share -> share > 10);
        });
        try {
            RestorePlan plan =
                    RestorePlan.of(listing, txid == 0 ? RestoreTarget.LATEST : new RestoreTarget.AtTxid(txid), false);
            assertThat(plan.files()).isEqualTo(expected.orElse(null));
            assertLeadsTo(plan, txid == 0 ? plan.txid() : txid);
        } catch (NoPlanException e) {
            assertThat(expected).as(e.getMessage()).isEmpty();
            long reached = end(chain(listing, txid));
            if (reached != 0) {
                assertThat(e).hasMessageContaining(Txid.format(reached));
            }
        }
    }

    private static void assertLeadsTo(RestorePlan plan, long txid) {
        assertThat(plan.txid()).isEqualTo(txid);
        long end = 0;
        for (LtxFile file : plan.files()) {
            assertThat(file.txids().min()).isLessThanOrEqualTo(end + 1);
            assertThat(file.txids().max()).isGreaterThan(end);
            end = file.txids().max();
        }
        assertThat(end).isEqualTo(txid);
    }

    private static Optional<List<LtxFile>> byTheRules(List<LtxFile> listing, long txid) {
        List<LtxFile> chain = chain(listing, txid);
        long end = end(chain);
        boolean gap = txid == 0
                && listing.stream()
                        .anyMatch(file ->
                                file.level() != SNAPSHOTS && file.txids().min() > end + 1);
        return chain.isEmpty() || gap || (txid != 0 && end != txid) ? Optional.empty() : Optional.of(chain);
    }

    /** Steps 1 to 3 of the layout's section 11; TXID 0 means the newest state. */
    private static List<LtxFile> chain(List<LtxFile> listing, long txid) {
        List<LtxFile> chain = new ArrayList<>();
        LtxFile last = null;
        for (LtxFile file : listing) {
            boolean fits =
                    file.level() == SNAPSHOTS && (txid == 0 || file.txids().max() <= txid);
            if (fits && (last == null || file.txids().max() > last.txids().max())) {
                last = file;
            }
        }
        if (last != null) {
            chain.add(last);
        }
        Comparator<LtxFile> best = Comparator.<LtxFile, Long>comparing(
                        file -> -file.txids().max())
                .thenComparing(file -> file.txids().min())
                .thenComparing(file -> -file.level())
                .thenComparing(LtxFile::created);
        while (true) {
            long end = end(chain);
            Optional<LtxFile> next = listing.stream()
                    .filter(file -> file.level() != SNAPSHOTS)
                    .filter(file ->
                            file.txids().min() <= end + 1 && file.txids().max() > end)
                    .filter(file -> txid == 0 || file.txids().max() <= txid)
                    .min(best);
            if (next.isEmpty()) {
                return chain;
            }
            chain.add(next.get());
        }
    }

    private static long end(List<LtxFile> chain) {
        return chain.isEmpty() ? 0 : chain.get(chain.size() - 1).txids().max();
    }
}
