package io.github.litestreamjdbc.restore;

import io.github.litestreamjdbc.spi.StoredObject;
import io.github.litestreamjdbc.store.LtxFile;
import io.github.litestreamjdbc.store.LtxStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;

/**
 * What a replica holds.
 *
 * @param files of all levels, level by level
 * @param old parts of replicas of Litestream 0.3
 */
record Listing(List<LtxFile> files, List<StoredObject> old) {
    /**
     * Asks the replica. Level 0 comes first, and the other levels at once: what is merged meanwhile is then seen in one of the
     * two at least.
     *
     * @param withOld whether to look for the layout of Litestream 0.3
     */
    static Listing of(LtxStore replica, boolean withOld, int parallelism) throws IOException {
        List<LtxFile> files = new ArrayList<>(replica.list(0));
        int requests = LtxStore.SNAPSHOT_LEVEL + 1;
        try (Workers workers = new Workers("litestream-list", Math.min(parallelism, requests))) {
            Future<List<StoredObject>> generations =
                    workers.submit(() -> withOld ? replica.listGenerations() : List.of());
            List<Future<List<LtxFile>>> levels = new ArrayList<>();
            for (int level = 1; level <= LtxStore.SNAPSHOT_LEVEL; level++) {
                int asked = level;
                levels.add(workers.submit(() -> replica.list(asked)));
            }
            for (Future<List<LtxFile>> level : levels) {
                files.addAll(Workers.await(level));
            }
            return new Listing(
                    files,
                    Workers.await(generations).stream().filter(V03Plan::isPart).toList());
        }
    }

    boolean isEmpty() {
        return files.isEmpty() && old.isEmpty();
    }
}
