package io.github.litestreamjdbc.ltx;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.api.PageEncoding;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class LtxMergeProperties {
    private static final int PAGE_SIZE = 512;

    /** A database and the files that its transactions left. */
    private static final class History {
        private final Random random;
        private final SortedMap<Long, byte[]> database = new TreeMap<>();
        private final List<byte[]> files = new ArrayList<>();
        private final List<SortedMap<Long, byte[]>> states = new ArrayList<>();

        History(long seed, int transactions) {
            random = new Random(seed);
            for (int txid = 1; txid <= transactions; txid++) {
                commit(txid);
            }
        }

        private void commit(int txid) {
            long before = database.size();
            long after = 1 + random.nextInt(12);
            SortedMap<Long, byte[]> changes = new TreeMap<>();
            for (long pgno = 1; pgno <= after; pgno++) {
                if (pgno > before || random.nextInt(3) == 0) {
                    changes.put(pgno, LtxFiles.page(PAGE_SIZE, random.nextLong()));
                }
            }
            database.putAll(changes);
            database.tailMap(after + 1).clear();
            states.add(new TreeMap<>(database));
            files.add(LtxFiles.write(
                    LtxFiles.header(PAGE_SIZE, after, txid, txid),
                    changes,
                    random.nextBoolean() ? PageEncoding.BLOCK : PageEncoding.FRAME));
        }
    }

    @Property(tries = 300)
    void mergingEqualsReplaying(@ForAll long seed, @ForAll @IntRange(min = 1, max = 12) int transactions)
            throws IOException {
        History history = new History(seed, transactions);
        byte[] merged = merge(history.files);
        assertThat(LtxFiles.open(merged).header())
                .isEqualTo(LtxFiles.header(PAGE_SIZE, history.database.size(), 1, transactions));
        assertSame(LtxFiles.read(merged), history.database);
    }

    @Property(tries = 200)
    void mergingInStepsAndWithOverlapEqualsMergingAtOnce(
            @ForAll long seed,
            @ForAll @IntRange(min = 3, max = 12) int transactions,
            @ForAll @IntRange(min = 1, max = 11) int cut,
            @ForAll @IntRange(max = 5) int overlap)
            throws IOException {
        History history = new History(seed, transactions);
        int middle = Math.min(cut, transactions - 1);
        byte[] older = merge(history.files.subList(0, middle));
        byte[] newer = merge(history.files.subList(Math.max(0, middle - overlap), transactions));
        assertSame(LtxFiles.read(older), history.states.get(middle - 1));
        assertThat(merge(List.of(older, newer))).isEqualTo(merge(history.files));
    }

    private static byte[] merge(List<byte[]> files) throws IOException {
        List<LtxReader> inputs = new ArrayList<>();
        for (byte[] file : files) {
            inputs.add(LtxFiles.open(file));
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        LtxMerge.merge(inputs, out, PageEncoding.BLOCK);
        return out.toByteArray();
    }

    private static void assertSame(SortedMap<Long, byte[]> actual, SortedMap<Long, byte[]> expected) {
        assertThat(actual).containsOnlyKeys(expected.keySet());
        expected.forEach(
                (pgno, page) -> assertThat(actual.get(pgno)).as("page %d", pgno).isEqualTo(page));
    }
}
