package io.github.litestreamjdbc.replica;

import io.github.litestreamjdbc.ltx.Txid;
import io.github.litestreamjdbc.ltx.TxidRange;
import io.github.litestreamjdbc.store.LtxFile;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Which files of a level to merge into one of the level above. Time is cut into slots of the level's interval, beginning at
 * multiples of it; the files of a slot are merged once the slot is over. Where TXIDs are missing the merged file ends, and
 * the next one begins behind the gap: a gap stays a gap, but holds up nothing. Pure.
 *
 * @param level where the merged file goes
 * @param inputs in the order of their TXIDs, never empty, without a gap
 */
record CompactionPlan(int level, List<LtxFile> inputs) {
    /** What one merge holds open at a time; a slot with more files becomes several files. */
    static final int MOST_INPUTS = 256;

    /** The TXIDs of the merged file. */
    TxidRange txids() {
        return new TxidRange(
                inputs.get(0).txids().min(),
                inputs.get(inputs.size() - 1).txids().max());
    }

    /**
     * The next merge, lowest level first; empty if none is due.
     *
     * @param levels intervals of the levels from 1 on
     * @param complete everything captured before this instant is uploaded
     * @param uploaded newest TXID that the replica has for certain
     */
    static Optional<CompactionPlan> next(
            Collection<LtxFile> files, List<Duration> levels, Instant complete, long uploaded) {
        for (int level = 1; level <= levels.size(); level++) {
            Duration interval = levels.get(level - 1);
            List<LtxFile> sources = unmerged(files, level, uploaded);
            if (!sources.isEmpty()
                    && !slotEnd(sources.get(0).created(), interval).isAfter(complete)) {
                return Optional.of(new CompactionPlan(level, firstGroup(sources, interval)));
            }
        }
        return Optional.empty();
    }

    /** When the next merge becomes due; empty if nothing is left to merge. */
    static Optional<Instant> due(Collection<LtxFile> files, List<Duration> levels, long uploaded) {
        Instant due = null;
        for (int level = 1; level <= levels.size(); level++) {
            List<LtxFile> sources = unmerged(files, level, uploaded);
            if (!sources.isEmpty()) {
                Instant end = slotEnd(sources.get(0).created(), levels.get(level - 1));
                due = due == null || end.isBefore(due) ? end : due;
            }
        }
        return Optional.ofNullable(due);
    }

    /** The end of the slot that an instant is in. */
    static Instant slotEnd(Instant instant, Duration interval) {
        return Instant.ofEpochMilli((slot(instant, interval) + 1) * Math.max(1, interval.toMillis()));
    }

    private static long slot(Instant instant, Duration interval) {
        return Math.floorDiv(instant.toEpochMilli(), Math.max(1, interval.toMillis()));
    }

    private static List<LtxFile> unmerged(Collection<LtxFile> files, int level, long uploaded) {
        long merged = files.stream()
                .filter(file -> file.level() == level)
                .mapToLong(file -> file.txids().max())
                .reduce(0, Txid::max);
        return files.stream()
                .filter(file -> file.level() == level - 1)
                .filter(file -> Txid.compare(file.txids().max(), merged) > 0)
                .filter(file -> Txid.compare(file.txids().max(), uploaded) <= 0)
                .sorted(Comparator.comparing(LtxFile::txids))
                .toList();
    }

    private static List<LtxFile> firstGroup(List<LtxFile> sources, Duration interval) {
        List<LtxFile> group = new ArrayList<>();
        long slot = slot(sources.get(0).created(), interval);
        TxidRange last = null;
        for (LtxFile file : sources) {
            boolean within = last != null && Txid.compare(file.txids().max(), last.max()) <= 0;
            if (within) {
                continue;
            }
            boolean continues = last == null || last.isContinuedBy(file.txids());
            if (!continues || slot(file.created(), interval) != slot || group.size() == MOST_INPUTS) {
                break;
            }
            group.add(file);
            last = file.txids();
        }
        return group;
    }
}
