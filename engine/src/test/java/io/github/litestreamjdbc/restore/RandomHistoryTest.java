package io.github.litestreamjdbc.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.litestreamjdbc.api.History;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.api.RestoreOptions;
import io.github.litestreamjdbc.api.RestoreTarget;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A history across levels, pruned behind, restored at random times and TXIDs: each time the recorded state or an error. */
class RandomHistoryTest {
    private static final int NEWEST = 64;
    private static final int PAGES = 12;

    @TempDir
    private Path directory;

    private final List<int[]> versions = new ArrayList<>();
    private Replica replica;

    private void write(int level, int min, int max) throws Exception {
        Map<Long, byte[]> pages = new TreeMap<>();
        for (int page = 1; page <= PAGES; page++) {
            int version = versions.get(max)[page - 1];
            if (version >= min || min == 1) {
                pages.put((long) page, Replica.page(page, version));
            }
        }
        replica.put(level, min, max, PAGES, pages);
    }

    private void write(Random random) throws Exception {
        versions.add(new int[PAGES]);
        for (int txid = 1; txid <= NEWEST; txid++) {
            int[] state = versions.get(txid - 1).clone();
            for (int i = random.nextInt(3); i >= 0; i--) {
                state[random.nextInt(PAGES)] = txid;
            }
            versions.add(state);
        }
        replica = new Replica(directory.resolve("replica"));
        write(9, 1, 20);
        write(9, 1, 45);
        for (int level = 0; level <= 2; level++) {
            int step = 1 << 2 * level;
            int kept = NEWEST - step * 12;
            for (int min = 1; min + step - 1 <= NEWEST; min += step) {
                if (min > kept && min + step - 1 >= 20) {
                    write(level, min, min + step - 1);
                }
            }
        }
    }

    @Test
    void everyTimeAndTxidGivesTheRecordedStateOrAnError() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        write(random);
        History history = RestorePoints.of(replica.store.listAll());
        assertThat(history.points()).hasSizeGreaterThan(15);
        for (int i = 0; i < 200; i++) {
            int txid = random.nextInt(NEWEST + 4) + 1;
            boolean byTime = random.nextBoolean();
            RestoreTarget target = byTime
                    ? new RestoreTarget.AtTime(Instant.ofEpochMilli(Replica.FIRST_MILLIS + txid))
                    : new RestoreTarget.AtTxid(txid);
            long expected = history.points().stream()
                    .mapToLong(History.Point::txid)
                    .filter(point -> byTime ? point < txid && txid <= NEWEST : point == txid)
                    .max()
                    .orElse(0);
            check(target, (int) expected);
        }
    }

    private void check(RestoreTarget target, int expected) throws Exception {
        Path output = directory.resolve("app.db");
        Restorer restorer = new Restorer(replica.store, "file:replica");
        RestoreOptions options = RestoreOptions.DEFAULTS.withTarget(target);
        if (expected == 0) {
            assertThatThrownBy(() -> restorer.restore(output, options, progress -> {}, restored -> {}))
                    .isInstanceOf(ReplicationException.Config.class);
            assertThat(output).doesNotExist();
            return;
        }
        Restorer.Restored restored =
                restorer.restore(output, options, progress -> {}, each -> {}).orElseThrow();
        assertThat(restored.report().txid()).as(target.toString()).isEqualTo(expected);
        assertThat(output).hasBinaryContent(Replica.database(versions.get(expected)));
        Files.delete(output);
    }
}
