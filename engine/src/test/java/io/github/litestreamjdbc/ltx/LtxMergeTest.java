package io.github.litestreamjdbc.ltx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.litestreamjdbc.api.PageEncoding;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class LtxMergeTest {
    @Test
    void refusesAGapInTxids() {
        assertRefused("do not continue", file(1, 1, 1, 3), file(3, 3, 1, 3));
    }

    @Test
    void refusesAFileThatGoesNoFurther() {
        assertRefused("do not continue", file(1, 3, 1, 3), file(2, 3, 1, 3));
    }

    @Test
    void refusesDifferentPageSizes() {
        byte[] other =
                LtxFiles.write(LtxFiles.header(1024, 3, 2, 2), LtxFiles.pages(1024, 1, 3, 0), PageEncoding.BLOCK);
        assertRefused("page size 1024 differs from 512", file(1, 1, 1, 3), other);
    }

    @Test
    void refusesASnapshotThatLacksGrowthPages() {
        assertRefused("page 4 of 5 is missing", file(1, 1, 1, 3), file(2, 2, 5, 5));
    }

    @Test
    void refusesNoInputs() {
        assertThatIllegalArgumentException().isThrownBy(() -> new LtxMerge(List.of()));
    }

    @Test
    void verifiesInputsOfWhichNoPageIsUsed() {
        byte[] superseded = file(1, 1, 1, 3);
        superseded[superseded.length - 1] ^= 1;
        assertRefused("file checksum", superseded, file(2, 2, 1, 3));
    }

    @Test
    void verifiesTheRestOfAnInputBeyondTheFinalCommit() {
        byte[] longer = file(1, 1, 1, 9);
        longer[longer.length - 1] ^= 1;
        assertRefused("file checksum", longer, file(2, 2, 1, 2));
    }

    @Test
    void isUnusableOnceMergingHasFailed() throws IOException {
        byte[] superseded = file(1, 1, 1, 3);
        superseded[superseded.length - 1] ^= 1;
        try (LtxMerge merge = new LtxMerge(List.of(LtxFiles.open(superseded), LtxFiles.open(file(2, 2, 1, 3))))) {
            assertThat(merge.next()).isTrue();
            assertThat(merge.next()).isTrue();
            assertThatExceptionOfType(LtxFormatException.class).isThrownBy(() -> {
                while (merge.next()) {
                    assertThat(merge.pgno()).isEqualTo(3);
                }
            });
            assertThatExceptionOfType(IllegalStateException.class).isThrownBy(merge::next);
        }
    }

    @Test
    void dropsPagesBeyondTheFinalCommit() throws IOException {
        assertThat(read(file(1, 1, 1, 9), file(2, 2, 1, 2))).containsOnlyKeys(1L, 2L);
    }

    @Test
    void takesTheNewestPageHoweverManyFilesHoldIt() throws IOException {
        byte[][] files = new byte[20][];
        for (int i = 0; i < files.length; i++) {
            SortedMap<Long, byte[]> pages = LtxFiles.pages(512, 1, 2, 0);
            pages.get(1L)[0] = (byte) i;
            files[i] = LtxFiles.write(LtxFiles.header(512, 2, i + 1, i + 1), pages, PageEncoding.FRAME);
        }
        assertThat(read(files).get(1L)[0]).isEqualTo((byte) 19);
    }

    @Test
    void closesAllInputsEvenIfOneCannotBe() throws IOException {
        List<String> closed = new ArrayList<>();
        List<LtxReader> inputs = new ArrayList<>();
        for (int txid = 1; txid <= 3; txid++) {
            String name = TxidRange.of(txid).fileName();
            inputs.add(new LtxReader(name, new ByteArrayInputStream(file(txid, txid, 1, 2)) {
                @Override
                public void close() throws IOException {
                    closed.add(name);
                    throw new IOException(name);
                }
            }));
        }
        LtxMerge merge = new LtxMerge(inputs);
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(merge::close)
                .satisfies(e -> assertThat(e.getSuppressed()).hasSize(2));
        assertThat(closed).hasSize(3);
    }

    private static byte[] file(long minTxid, long maxTxid, long firstPgno, long lastPgno) {
        return LtxFiles.write(
                LtxFiles.header(512, lastPgno, minTxid, maxTxid),
                LtxFiles.pages(512, firstPgno, lastPgno, maxTxid),
                PageEncoding.BLOCK);
    }

    private static SortedMap<Long, byte[]> read(byte[]... files) throws IOException {
        List<LtxReader> inputs = new ArrayList<>();
        for (byte[] file : files) {
            inputs.add(LtxFiles.open(file));
        }
        SortedMap<Long, byte[]> pages = new TreeMap<>();
        try (LtxMerge merge = new LtxMerge(inputs)) {
            while (merge.next()) {
                pages.put(merge.pgno(), merge.page().clone());
            }
        }
        return pages;
    }

    private static void assertRefused(String rule, byte[]... files) {
        assertThatExceptionOfType(LtxFormatException.class)
                .isThrownBy(() -> read(files))
                .withMessageContaining(rule);
    }
}
