package io.github.litestreamjdbc.ltx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.litestreamjdbc.api.PageEncoding;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LtxIndexTest {
    private static final int PAGE_SIZE = 512;

    @Test
    void fetchesASmallFileOnceAndThenOnlyThePagesAskedFor() throws IOException {
        byte[] file = file(20);
        List<Long> reads = new ArrayList<>();
        LtxIndex index = LtxIndex.load("file.ltx", file.length, recording(file, reads));
        assertThat(reads).containsExactly((long) file.length);
        assertThat(index.page(7)).isEqualTo(LtxFiles.read(file).get(7L));
        assertThat(reads).hasSize(2);
        assertThat(index.page(21)).isNull();
        assertThat(reads).hasSize(2);
    }

    @Test
    void fetchesALongIndexByItself() throws IOException {
        byte[] file = file(20_000);
        List<Long> reads = new ArrayList<>();
        LtxIndex index = LtxIndex.load("file.ltx", file.length, recording(file, reads));
        long indexBytes = Bytes.getLong(file, file.length - 24);
        assertThat(indexBytes).isGreaterThan(32 * 1024);
        assertThat(reads).containsExactly(32 * 1024L, 100L, indexBytes);
        assertThat(index.pageCount()).isEqualTo(20_000);
        assertThat(index.page(19_999)).isEqualTo(LtxFiles.page(PAGE_SIZE, 19_999));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE, Long.MAX_VALUE, 1 << 30})
    void refusesImpossibleIndexLengths(long length) {
        byte[] file = file(3);
        Bytes.putLong(file, file.length - 24, length);
        assertRefused(file, "page index length " + Long.toUnsignedString(length));
    }

    @Test
    void refusesASnapshotThatLacksAPage() {
        byte[] file = file(3);
        file[15] = 4;
        assertRefused(file, "page 4 of 4 is missing");
    }

    @Test
    void noticesThatTheFileIsShorterThanSaid() {
        byte[] file = file(3);
        assertThatExceptionOfType(LtxFormatException.class)
                .isThrownBy(() -> LtxIndex.load("file.ltx", file.length + 1, LtxFiles.range(file)))
                .withMessageContaining("file ends before");
    }

    @Test
    void noticesThatAPageIsAnother() throws IOException {
        byte[] file = file(3);
        LtxIndex index = LtxIndex.load("file.ltx", file.length, LtxFiles.range(file));
        file[LtxHeader.SIZE + 3] = 2;
        assertThatExceptionOfType(LtxFormatException.class)
                .isThrownBy(() -> index.page(1))
                .withMessageContaining("page 1 is not where the page index says");
    }

    @Test
    void readsAFileWithoutPages() throws IOException {
        byte[] file = LtxFiles.write(LtxFiles.header(PAGE_SIZE, 3, 2, 2), new TreeMap<>(), PageEncoding.BLOCK);
        LtxIndex index = LtxIndex.load("file.ltx", file.length, LtxFiles.range(file));
        assertThat(index.pageCount()).isZero();
        assertThat(index.page(1)).isNull();
    }

    private static void assertRefused(byte[] file, String rule) {
        assertThatExceptionOfType(LtxFormatException.class)
                .isThrownBy(() -> LtxIndex.load("file.ltx", file.length, LtxFiles.range(file)))
                .withMessageContaining(rule);
    }

    private static byte[] file(int pages) {
        return LtxFiles.write(
                LtxFiles.header(PAGE_SIZE, pages, 1, 1), LtxFiles.pages(PAGE_SIZE, 1, pages, 0), PageEncoding.FRAME);
    }

    private static LtxIndex.RangeSource recording(byte[] file, List<Long> lengths) {
        return (offset, length) -> {
            lengths.add((long) length);
            return Arrays.copyOfRange(file, (int) offset, (int) offset + length);
        };
    }
}
