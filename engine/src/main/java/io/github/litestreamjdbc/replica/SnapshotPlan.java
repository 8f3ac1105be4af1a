package io.github.litestreamjdbc.replica;

import io.github.litestreamjdbc.ltx.Txid;
import io.github.litestreamjdbc.store.LtxFile;
import io.github.litestreamjdbc.store.LtxStore;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * When a snapshot is due: at the end of the slot of its interval that the last one, or the beginning of the history, is in,
 * if something was written since; at once if no files lead to what was uploaded last. Pure.
 */
final class SnapshotPlan {
    private static final Comparator<LtxFile> BY_MAX =
            Comparator.comparing(file -> file.txids().max(), Txid::compare);

    private SnapshotPlan() {}

    /**
     * When the next one is due; empty if none ever will be unless something is written.
     *
     * @param interval zero is never by time
     * @param uploaded newest TXID that the replica has
     */
    static Optional<Instant> due(Collection<LtxFile> files, Duration interval, long uploaded) {
        if (uploaded == 0 || isWhole(files, uploaded)) {
            return Optional.empty();
        }
        if (Txid.compare(reached(files), uploaded) < 0) {
            return Optional.of(Instant.EPOCH);
        }
        if (interval.isZero()) {
            return Optional.empty();
        }
        Optional<LtxFile> last = files.stream()
                .filter(file -> file.level() == LtxStore.SNAPSHOT_LEVEL)
                .max(BY_MAX);
        return last.or(() ->
                        files.stream().filter(file -> file.txids().isSnapshot()).min(BY_MAX))
                .map(file -> CompactionPlan.slotEnd(file.created(), interval));
    }

    /** Whether one file alone holds the whole database at a TXID. */
    static boolean isWhole(Collection<LtxFile> files, long txid) {
        return files.stream()
                .anyMatch(file -> file.txids().isSnapshot() && file.txids().max() == txid);
    }

    /** The newest TXID that files lead to without a gap. */
    private static long reached(Collection<LtxFile> files) {
        long reached = files.stream()
                .filter(file -> file.txids().isSnapshot())
                .mapToLong(file -> file.txids().max())
                .reduce(0, Txid::max);
        List<LtxFile> sorted =
                files.stream().sorted(Comparator.comparing(LtxFile::txids)).toList();
        for (LtxFile file : sorted) {
            if (Txid.compare(file.txids().min() - 1, reached) <= 0) {
                reached = Txid.max(reached, file.txids().max());
            }
        }
        return reached;
    }
}
