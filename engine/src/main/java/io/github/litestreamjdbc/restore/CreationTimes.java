package io.github.litestreamjdbc.restore;

import io.github.litestreamjdbc.ltx.Txid;
import io.github.litestreamjdbc.store.LtxFile;
import io.github.litestreamjdbc.store.LtxStore;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Future;

/**
 * Gives listed files the exact times that a restore to an instant goes by. Where a listing cannot tell them this costs a
 * request a file, so only those are asked that can matter: the snapshots, and then what goes on behind the one that the
 * plan will begin with. A file that ends at or before that snapshot is in no plan and proves no gap, whatever its time.
 */
final class CreationTimes {
    private final LtxStore replica;
    private final int parallelism;

    CreationTimes(LtxStore replica, int parallelism) {
        this.replica = replica;
        this.parallelism = parallelism;
    }

    /** The files that can matter to a plan for the instant, with their exact times. */
    List<LtxFile> of(Collection<LtxFile> listing, Instant before) throws IOException {
        try (Workers workers = new Workers("litestream-times", Math.max(1, Math.min(parallelism, listing.size())))) {
            List<LtxFile> timed = ask(
                    workers,
                    listing.stream()
                            .filter(file -> file.level() == LtxStore.SNAPSHOT_LEVEL)
                            .toList());
            long start = timed.stream()
                    .filter(file -> file.created().isBefore(before))
                    .mapToLong(file -> file.txids().max())
                    .reduce(0, Txid::max);
            List<LtxFile> behind = listing.stream()
                    .filter(file -> file.level() != LtxStore.SNAPSHOT_LEVEL)
                    .filter(file -> Txid.compare(file.txids().max(), start) > 0)
                    .toList();
            timed.addAll(ask(workers, behind));
            return timed;
        }
    }

    private List<LtxFile> ask(Workers workers, List<LtxFile> files) throws IOException {
        List<Future<LtxFile>> asked = new ArrayList<>();
        for (LtxFile file : files) {
            asked.add(workers.submit(
                    () -> new LtxFile(file.level(), file.txids(), file.sizeBytes(), replica.created(file))));
        }
        List<LtxFile> timed = new ArrayList<>();
        for (Future<LtxFile> one : asked) {
            timed.add(Workers.await(one));
        }
        return timed;
    }
}
