package io.github.litestreamjdbc.restore;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.agent.BufferBytes;
import io.github.litestreamjdbc.api.PageEncoding;
import io.github.litestreamjdbc.api.RestoreOptions;
import io.github.litestreamjdbc.ltx.LtxHeader;
import io.github.litestreamjdbc.ltx.LtxScanner;
import io.github.litestreamjdbc.ltx.LtxWriter;
import io.github.litestreamjdbc.ltx.PageRun;
import io.github.litestreamjdbc.ltx.TxidRange;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HeldPagesTest {
    private static final long SCATTERED = 3;

    @TempDir
    private Path directory;

    /** A decoded run of pages in this version, so many from one on, every so manyth. */
    private static PageRun run(int version, int count, long first, long step) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        LtxWriter writer = new LtxWriter(
                out, LtxHeader.of(Replica.PAGE_SIZE, 100_000, TxidRange.of(2), 1, 0, 0, 0, 0), PageEncoding.BLOCK);
        for (int i = 0; i < count; i++) {
            writer.writePage(first + i * step, Replica.page(first + i * step, version), 0);
        }
        writer.finish();
        PageRun run = new PageRun(Replica.PAGE_SIZE);
        LtxScanner scanner =
                new LtxScanner("test", new ByteArrayInputStream(out.toByteArray()), new byte[LtxScanner.BUFFER_BYTES]);
        assertThat(scanner.next(run)).isTrue();
        assertThat(run.count()).isEqualTo(count);
        run.decode();
        return run;
    }

    private static byte[] page(PageRun run, int i) {
        return Arrays.copyOfRange(run.pages(), i * Replica.PAGE_SIZE, (i + 1) * Replica.PAGE_SIZE);
    }

    @Test
    void heldPagesTakeThePlaceOfOlderOnesOnceAndTheOthersAreLeftInOrder() throws Exception {
        try (BufferBytes buffers = new BufferBytes()) {
            HeldPages held = new HeldPages(buffers, 48L << 20);
            PageRun newer = run(2, 2000, 1, SCATTERED);
            for (int i = newer.count() - 1; i >= 0; i--) {
                assertThat(held.hold(newer, i)).isTrue();
            }
            PageRun older = run(1, 500, 1000, 1);
            for (int i = 0; i < older.count(); i++) {
                held.giveTo(older, i);
            }
            older.replace();
            for (int i = 0; i < older.count(); i++) {
                boolean replaced = older.pgno(i) % SCATTERED == 1;
                assertThat(older.isWanted(i)).isEqualTo(replaced);
                assertThat(page(older, i)).isEqualTo(Replica.page(older.pgno(i), replaced ? 2 : 1));
            }
            PageRun again = run(0, 500, 1000, 1);
            for (int i = 0; i < again.count(); i++) {
                held.giveTo(again, i);
                assertThat(again.isWanted(i)).isFalse();
            }
            PageRun left = new PageRun(Replica.PAGE_SIZE);
            left.begin("left");
            held.left().forEach(each -> held.addTo(left, each));
            left.decode();
            assertThat(left.count()).isEqualTo(2000 - 167);
            for (int i = 0; i < left.count(); i++) {
                assertThat(i == 0 || left.pgno(i) > left.pgno(i - 1)).isTrue();
                assertThat(page(left, i)).isEqualTo(Replica.page(left.pgno(i), 2));
            }
        }
    }

    @Test
    void whatDoesNotFitIsRefusedAndWhatIsHeldStays() throws Exception {
        try (BufferBytes buffers = new BufferBytes()) {
            long before = BufferBytes.held();
            HeldPages held = new HeldPages(buffers, 1_200_000);
            int count = 0;
            for (int j = 0; j < 3; j++) {
                PageRun run = run(1, 2000, 1 + j * 10_000L, SCATTERED);
                for (int i = 0; i < run.count(); i++) {
                    count += held.hold(run, i) ? 1 : 0;
                }
            }
            // Noise: a frame of it is a little longer than a page.
            assertThat(count).isBetween(1900, 2100);
            assertThat(held.left().count()).isEqualTo(count);
            assertThat(BufferBytes.held() - before).isLessThanOrEqualTo(1_200_000);
        }
    }

    /** Several runs of pages in a row, and changes that lie between, beyond and at the ends of them. */
    @Test
    void restoresWhatManySmallFilesHaveScattered() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        Replica replica = new Replica(directory.resolve("replica"));
        TreeMap<Long, Integer> versions = new TreeMap<>();
        int pages = 7000;
        put(replica, versions, 1, pages, LongStream.rangeClosed(1, pages));
        for (int txid = 2; txid <= 60; txid++) {
            int before = pages;
            pages = Math.max(5000, pages + random.nextInt(-300, 400));
            // What makes it grow is there whole.
            put(
                    replica,
                    versions,
                    txid,
                    pages,
                    LongStream.concat(
                            random.longs(random.nextInt(300), 1, pages + 1L),
                            LongStream.rangeClosed(before + 1L, pages)));
        }
        Path output = directory.resolve("app.db");
        new Restorer(replica.store, "file:replica")
                .restore(output, RestoreOptions.DEFAULTS, progress -> {}, restored -> {})
                .orElseThrow();
        byte[] bytes = Files.readAllBytes(output);
        assertThat(bytes).hasSize(pages * Replica.PAGE_SIZE);
        for (long pgno = 1; pgno <= pages; pgno++) {
            int at = (int) (pgno - 1) * Replica.PAGE_SIZE;
            assertThat(Arrays.copyOfRange(bytes, at, at + Replica.PAGE_SIZE))
                    .as("page %d", pgno)
                    .isEqualTo(Replica.page(pgno, versions.get(pgno)));
        }
    }

    private static void put(Replica replica, Map<Long, Integer> versions, int txid, int commit, LongStream changed)
            throws IOException {
        Map<Long, byte[]> pages = new TreeMap<>();
        changed.forEach(pgno -> {
            pages.put(pgno, Replica.page(pgno, txid));
            versions.put(pgno, txid);
        });
        replica.put(0, txid, txid, commit, pages);
    }
}
