package io.github.litestreamjdbc.ltx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.litestreamjdbc.api.PageEncoding;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Damage to a file is found, or makes no difference to what is read from it. */
class LtxCorruptionTest {
    private static final int PAGE_SIZE = 512;

    /**
     * The file checksum covers pages as they are after decompression, so a byte of compressed data can change without
     * any consequence; every other byte is covered.
     */
    @ParameterizedTest
    @EnumSource
    void findsEveryChangedByteThatMatters(PageEncoding encoding) throws IOException {
        byte[] file = file(encoding);
        SortedMap<Long, byte[]> pages = LtxFiles.read(file);
        int found = 0;
        for (int at = 0; at < file.length; at++) {
            for (int mask : new int[] {1, 2, 4, 8, 16, 32, 64, 128, 255}) {
                byte[] damaged = file.clone();
                damaged[at] ^= (byte) mask;
                if (isRefused(damaged)) {
                    found++;
                } else {
                    assertThat(isCompressedData(file, at)).as("byte %d", at).isTrue();
                    assertSame(LtxFiles.read(damaged), pages);
                }
            }
        }
        assertThat(found).isGreaterThan(9 * file.length * 99 / 100);
    }

    @ParameterizedTest
    @EnumSource
    void findsEveryTruncation(PageEncoding encoding) throws IOException {
        byte[] file = file(encoding);
        for (int length = 0; length < file.length; length++) {
            byte[] truncated = Arrays.copyOf(file, length);
            assertThat(isRefused(truncated)).as("%d bytes", length).isTrue();
            assertThat(isIndexRefused(truncated)).as("%d bytes", length).isTrue();
        }
    }

    @Test
    void findsAppendedBytes() throws IOException {
        byte[] file = file(PageEncoding.BLOCK);
        assertThat(isRefused(Arrays.copyOf(file, file.length + 1))).isTrue();
    }

    @Test
    void findsChangesOfTheIndexWhenItIsLoadedAlone() throws IOException {
        byte[] file = file(PageEncoding.BLOCK);
        int footer = file.length - LtxTrailer.SIZE - 8;
        int indexBytes = (int) Bytes.getLong(file, footer);
        for (int at = footer - indexBytes; at < footer + 8; at++) {
            for (int bit = 0; bit < 8; bit++) {
                byte[] damaged = file.clone();
                damaged[at] ^= (byte) (1 << bit);
                if (!isIndexRefused(damaged)) {
                    assertThatPagesAreNotFoundElsewhere(damaged, LtxFiles.read(file));
                }
            }
        }
    }

    @Test
    void namesFileOffsetAndRule() throws IOException {
        byte[] file = file(PageEncoding.BLOCK);
        file[LtxHeader.SIZE + 5] = 3;
        assertThatExceptionOfType(LtxFormatException.class)
                .isThrownBy(() -> LtxFiles.read(file))
                .withMessage("file.ltx: not a valid LTX file at byte 100: flags 0x0003 are none of page 2")
                .satisfies(e -> assertThat(e.offset()).isEqualTo(100));
    }

    @Test
    void isUnusableOnceReadingHasFailed() throws IOException {
        byte[] file = file(PageEncoding.BLOCK);
        file[LtxHeader.SIZE + 5] = 3;
        try (LtxReader reader = LtxFiles.open(file)) {
            assertThatExceptionOfType(LtxFormatException.class).isThrownBy(reader::next);
            assertThatExceptionOfType(IllegalStateException.class).isThrownBy(reader::next);
            assertThatExceptionOfType(IllegalStateException.class).isThrownBy(reader::trailer);
        }
    }

    /** An index that misleads about a page is noticed when the page is fetched, at the latest. */
    private static void assertThatPagesAreNotFoundElsewhere(byte[] damaged, SortedMap<Long, byte[]> pages)
            throws IOException {
        LtxIndex index = LtxIndex.load("file.ltx", damaged.length, LtxFiles.range(damaged));
        for (long pgno = 1; pgno <= 9; pgno++) {
            try {
                byte[] page = index.page(pgno);
                if (page != null) {
                    assertThat(page).isEqualTo(pages.get(pgno));
                }
            } catch (LtxFormatException e) {
                assertThat(e.rule()).isNotEmpty();
            }
        }
    }

    private static byte[] file(PageEncoding encoding) {
        SortedMap<Long, byte[]> pages = new TreeMap<>(Map.of(
                2L, LtxFiles.page(PAGE_SIZE, 1),
                5L, new byte[PAGE_SIZE],
                6L, LtxFiles.page(PAGE_SIZE, 2)));
        return LtxFiles.write(LtxFiles.header(PAGE_SIZE, 9, 2, 3), pages, encoding);
    }

    private static boolean isCompressedData(byte[] file, int at) {
        int indexOffset = file.length - LtxTrailer.SIZE - 8 - (int) Bytes.getLong(file, file.length - 24);
        return at >= LtxHeader.SIZE + PageFrame.HEADER_BYTES && at < indexOffset - PageFrame.HEADER_BYTES;
    }

    private static boolean isRefused(byte[] file) throws IOException {
        try {
            LtxFiles.read(file);
            return false;
        } catch (LtxFormatException e) {
            return true;
        }
    }

    private static boolean isIndexRefused(byte[] file) throws IOException {
        try {
            LtxIndex.load("file.ltx", file.length, LtxFiles.range(file));
            return false;
        } catch (LtxFormatException e) {
            return true;
        }
    }

    private static void assertSame(SortedMap<Long, byte[]> actual, SortedMap<Long, byte[]> expected) {
        assertThat(actual).containsOnlyKeys(expected.keySet());
        expected.forEach((pgno, page) -> assertThat(actual.get(pgno)).isEqualTo(page));
    }
}
