package io.github.litestreamjdbc.replica;

import io.github.litestreamjdbc.ltx.Txid;
import io.github.litestreamjdbc.ltx.TxidRange;
import io.github.litestreamjdbc.store.LtxFile;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Which files of a replica can go, and which file makes each of them dispensable. The newest file of every level stays, so
 * that level 0 in particular never becomes empty. Pure.
 */
final class RetentionPlan {
    private static final Comparator<LtxFile> BY_MAX =
            Comparator.comparing(file -> file.txids().max(), Txid::compare);

    private RetentionPlan() {}

    /**
     * A file that can go.
     *
     * @param successor the file that leads where this one led; to be seen in the replica before anything is deleted
     */
    record Deletion(LtxFile file, LtxFile successor) {}

    /**
     * Level-0 files whose TXIDs are in a level-1 file. Those of one level-1 file go together: without the first of them
     * nothing would lead to the others.
     *
     * @param before only of level-1 files whose newest transaction is from before this instant, or of it
     */
    static List<Deletion> merged(Collection<LtxFile> files, Instant before) {
        TreeMap<TxidRange, LtxFile> merged = new TreeMap<>();
        files.stream().filter(file -> file.level() == 1).forEach(file -> merged.put(file.txids(), file));
        Map<Integer, LtxFile> newest = newestOfEachLevel(files);
        List<Deletion> deletions = new ArrayList<>();
        for (LtxFile file : files) {
            if (file.level() != 0
                    || file.equals(newest.get(0))
                    || file.created().isAfter(before)) {
                continue;
            }
            Map.Entry<TxidRange, LtxFile> into =
                    merged.floorEntry(new TxidRange(file.txids().min(), -1));
            if (into != null
                    && into.getKey().contains(file.txids().max())
                    && !into.getValue().created().isAfter(before)) {
                deletions.add(new Deletion(file, into.getValue()));
            }
        }
        return deletions;
    }

    /**
     * What only leads to states before the oldest one kept. That is the newest whole database not newer than the limit:
     * with it every later state can be reached, and without it none at the limit itself.
     *
     * @param limit from this instant on every point is kept
     */
    static List<Deletion> expired(Collection<LtxFile> files, Instant limit) {
        Optional<LtxFile> base = files.stream()
                .filter(file -> file.txids().isSnapshot() && !file.created().isAfter(limit))
                .max(BY_MAX.thenComparing(LtxFile::level));
        if (base.isEmpty()) {
            return List.of();
        }
        Map<Integer, LtxFile> newest = newestOfEachLevel(files);
        return files.stream()
                .filter(file -> BY_MAX.compare(file, base.get()) <= 0)
                .filter(file -> !file.equals(base.get()) && !file.equals(newest.get(file.level())))
                .map(file -> new Deletion(file, base.get()))
                .toList();
    }

    private static Map<Integer, LtxFile> newestOfEachLevel(Collection<LtxFile> files) {
        Map<Integer, LtxFile> newest = new HashMap<>();
        for (LtxFile file : files) {
            newest.merge(file.level(), file, (one, other) -> BY_MAX.compare(one, other) >= 0 ? one : other);
        }
        return newest;
    }
}
