package io.github.litestreamjdbc.ltx;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.api.PageEncoding;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

/** The scanner with its runs says of a file what the reader says: valid with the same pages, or not. */
class LtxScannerTest {
    private static final int PAGE_SIZE = 512;

    private static byte[] file(PageEncoding encoding, int pages, long seed) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        LtxWriter writer = new LtxWriter(out, LtxHeader.of(PAGE_SIZE, pages, TxidRange.of(1), 1, 0, 0, 0, 0), encoding);
        Random random = new Random(seed);
        for (int pgno = 1; pgno <= pages; pgno++) {
            byte[] page = new byte[PAGE_SIZE];
            random.nextBytes(page);
            if (random.nextBoolean()) {
                java.util.Arrays.fill(page, 40, PAGE_SIZE, (byte) pgno);
            }
            writer.writePage(pgno, page, 0);
        }
        writer.finish();
        return out.toByteArray();
    }

    /** Checksum of all pages, or -1 if the file is not valid. */
    private static long read(byte[] file) throws IOException {
        Crc64 crc = new Crc64();
        try (LtxReader reader = new LtxReader("f", new ByteArrayInputStream(file))) {
            while (reader.next()) {
                crc.update(reader.page(), 0, PAGE_SIZE);
            }
            return crc.getValue();
        } catch (LtxFormatException e) {
            return -1;
        }
    }

    private static long scan(byte[] file) throws IOException {
        Crc64 crc = new Crc64();
        PageRun run = new PageRun(PAGE_SIZE);
        PageRun.Sum sum = PageRun.Sum.NONE;
        try {
            LtxScanner scanner = new LtxScanner("f", new ByteArrayInputStream(file), new byte[LtxScanner.BUFFER_BYTES]);
            while (scanner.next(run)) {
                run.decode();
                sum = sum.then(run.sum());
                crc.update(run.pages(), 0, run.count() * PAGE_SIZE);
            }
            scanner.verify(sum);
            return crc.getValue();
        } catch (LtxFormatException e) {
            return -1;
        }
    }

    @Property(tries = 20)
    void validFileHasTheSamePages(
            @ForAll PageEncoding encoding, @ForAll @IntRange(min = 1, max = 5000) int pages, @ForAll long seed)
            throws IOException {
        byte[] file = file(encoding, pages, seed);
        assertThat(read(file)).isNotEqualTo(-1);
        assertThat(scan(file)).isEqualTo(read(file));
    }

    @Property(tries = 2000)
    void flippedBitHasTheSameConsequence(@ForAll PageEncoding encoding, @ForAll @LongRange(min = 0) long position)
            throws IOException {
        byte[] file = file(encoding, 20, 7);
        file[(int) (position % file.length)] ^= 1 << (position % 8);
        assertThat(scan(file)).isEqualTo(read(file));
    }

    @Property(tries = 500)
    void truncatedFileIsNoticed(@ForAll PageEncoding encoding, @ForAll @IntRange(min = 0, max = 5000) int length)
            throws IOException {
        byte[] file = file(encoding, 20, 7);
        assertThat(scan(java.util.Arrays.copyOf(file, length % file.length))).isEqualTo(-1);
    }

    @Property(tries = 500)
    void checksumsOfPartsCombine(@ForAll byte[] first, @ForAll byte[] second) {
        Crc64 whole = new Crc64();
        whole.update(first, 0, first.length);
        whole.update(second, 0, second.length);
        Crc64 one = new Crc64();
        one.update(first, 0, first.length);
        Crc64 two = new Crc64();
        two.update(second, 0, second.length);
        assertThat(Crc64.combine(one.getValue(), two.getValue(), second.length)).isEqualTo(whole.getValue());
    }
}
