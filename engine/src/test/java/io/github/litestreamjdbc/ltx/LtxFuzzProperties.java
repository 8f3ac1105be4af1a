package io.github.litestreamjdbc.ltx;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.api.PageEncoding;
import io.github.litestreamjdbc.testing.Allocation;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Whatever the bytes are, the outcome is a page, an end or an {@link LtxFormatException}, in little memory. */
class LtxFuzzProperties {
    private static final long MEMORY_BYTES = 8 << 20;

    @Property(tries = 1000)
    void survivesNoiseBehindAValidHeader(@ForAll long seed) throws IOException {
        Random random = new Random(seed);
        byte[] file = new byte[LtxHeader.SIZE + random.nextInt(3000)];
        random.nextBytes(file);
        byte[] header = LtxFiles.header(512 << random.nextInt(8), random.nextInt(9), 2, 2)
                .encode();
        System.arraycopy(header, 0, file, 0, header.length);
        if (random.nextBoolean() && file.length > LtxHeader.SIZE + 10) {
            Bytes.putInt(file, LtxHeader.SIZE, 1);
            Bytes.putShort(file, LtxHeader.SIZE + 4, random.nextInt(2));
        }
        consume(file);
    }

    @Property(tries = 1000)
    void survivesNoise(@ForAll byte[] file) throws IOException {
        consume(file);
    }

    @Property(tries = 3000)
    void survivesMutationsWithTheChecksumRefixed(@ForAll long seed) throws IOException {
        Random random = new Random(seed);
        int pageSize = 512 << random.nextInt(4);
        byte[] file = LtxFiles.write(
                LtxFiles.header(pageSize, 9, 1 + random.nextInt(2), 2),
                LtxFiles.pages(pageSize, 1, 9, seed),
                random.nextBoolean() ? PageEncoding.BLOCK : PageEncoding.FRAME);
        for (int i = random.nextInt(4); i >= 0; i--) {
            mutate(file, random);
        }
        consume(refixed(file));
    }

    private static void mutate(byte[] file, Random random) {
        int at = random.nextInt(file.length - 8);
        switch (random.nextInt(4)) {
            case 0 -> file[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> file[at] = (byte) random.nextInt();
            case 2 ->
                Bytes.putInt(
                        file,
                        at,
                        List.of(-1, 0, Integer.MAX_VALUE, Integer.MIN_VALUE).get(random.nextInt(4)));
            default -> System.arraycopy(file, random.nextInt(file.length - 8), file, at, 8);
        }
    }

    private static byte[] refixed(byte[] file) throws IOException {
        try {
            return LtxFiles.withChecksumRefixed(file);
        } catch (LtxFormatException e) {
            return file;
        }
    }

    private static void consume(byte[] file) throws IOException {
        long before = Allocation.bytes();
        read(file);
        lookUp(file);
        merge(file);
        assertThat(Allocation.bytes() - before).isLessThan(MEMORY_BYTES);
    }

    private static void read(byte[] file) throws IOException {
        try (LtxReader reader = LtxFiles.open(file)) {
            while (reader.next()) {
                assertThat(reader.bytesRead()).isLessThan(file.length);
            }
        } catch (LtxFormatException e) {
            assertThat(e.offset()).isBetween(0L, (long) file.length);
        }
    }

    private static void lookUp(byte[] file) throws IOException {
        try {
            LtxIndex index = LtxIndex.load("file.ltx", file.length, LtxFiles.range(file));
            for (long pgno = 0; pgno < 12; pgno++) {
                byte[] page = index.page(pgno);
                assertThat(page == null || page.length == index.header().pageSize())
                        .isTrue();
            }
        } catch (LtxFormatException e) {
            assertThat(e.offset()).isBetween(0L, (long) file.length);
        }
    }

    private static void merge(byte[] file) throws IOException {
        try {
            LtxMerge.merge(List.of(LtxFiles.open(file)), new ByteArrayOutputStream(), PageEncoding.BLOCK);
        } catch (LtxFormatException e) {
            assertThat(e.rule()).isNotEmpty();
        }
    }
}
