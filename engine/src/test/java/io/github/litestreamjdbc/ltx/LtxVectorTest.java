package io.github.litestreamjdbc.ltx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.litestreamjdbc.api.PageEncoding;
import java.io.IOException;
import java.util.HexFormat;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Whole files whose every byte is written down here; the reference tools accept the ones built by hand. */
class LtxVectorTest {
    private static final HexFormat HEX = HexFormat.of();
    private static final String EMPTY_PAGE_HEX = "00".repeat(512);

    static byte[] firstPage() {
        byte[] page = new byte[512];
        for (int i = 0; i < page.length; i++) {
            page[i] = (byte) i;
        }
        return page;
    }

    @Test
    void readsPagesOfASingleLiteralRun() throws IOException {
        byte[] file = literalFile("00000002", "0000000000000020", "0000000000000000", "d34535f22479d49b");
        assertThat(file).hasSize(1190);
        assertPages(file);
    }

    @Test
    void readsASnapshotWithDatabaseChecksums() throws IOException {
        byte[] file = literalFile("00000000", "0000000000000000", "a992da1927bb5c9f", "cf8dbfb3f3555b9a");
        assertPages(file);
        try (LtxReader reader = LtxFiles.open(file)) {
            while (reader.next()) {
                assertThat(reader.header().tracksChecksums()).isTrue();
            }
            assertThat(reader.trailer()).isEqualTo(new LtxTrailer(0xa992da1927bb5c9fL, 0xcf8dbfb3f3555b9aL));
        }
    }

    @Test
    void refusesASnapshotWhoseDatabaseChecksumIsOfOtherPages() throws IOException {
        byte[] file = LtxFiles.withChecksumRefixed(
                literalFile("00000000", "0000000000000000", "a992da1927bb5c9e", "8000000000000000"));
        assertThatExceptionOfType(LtxFormatException.class)
                .isThrownBy(() -> LtxFiles.read(file))
                .withMessageContaining("post-apply checksum a992da1927bb5c9e does not match the pages'");
    }

    @Test
    void writesPagesAsLz4Frames() {
        SortedMap<Long, byte[]> pages = new TreeMap<>(Map.of(2L, new byte[512]));
        byte[] file = LtxFiles.write(LtxFiles.header(512, 3, 2, 3), pages, PageEncoding.FRAME);
        assertThat(HEX.formatHex(file, LtxHeader.SIZE, file.length - 8))
                .isEqualTo("00000002" + "0000"
                        + "04224d18" + "6440a7"
                        + "0c000000" + "1f00" + "0100" + "ffe8" + "50" + "0000000000"
                        + "00000000" + "de53c132"
                        + "000000000000"
                        + "026425" + "00" + "0000000000000004"
                        + "0000000000000000");
    }

    @Test
    void writesPagesAsLz4Blocks() {
        SortedMap<Long, byte[]> pages = new TreeMap<>(Map.of(2L, new byte[512]));
        byte[] file = LtxFiles.write(LtxFiles.header(512, 3, 2, 3), pages, PageEncoding.BLOCK);
        assertThat(HEX.formatHex(file, LtxHeader.SIZE, file.length - 8))
                .isEqualTo("00000002" + "0001" + "0000000c"
                        + "1f00" + "0100" + "ffe8" + "50" + "0000000000"
                        + "000000000000"
                        + "026416" + "00" + "0000000000000004"
                        + "0000000000000000");
    }

    private static void assertPages(byte[] file) throws IOException {
        SortedMap<Long, byte[]> pages = LtxFiles.read(file);
        assertThat(pages).containsOnlyKeys(1L, 2L);
        assertThat(pages.get(1L)).isEqualTo(firstPage());
        assertThat(pages.get(2L)).isEqualTo(new byte[512]);
    }

    /** Two pages of 512 bytes, commit 2, TXIDs 1-1, each page an LZ4 block that is one run of literals. */
    private static byte[] literalFile(String flags, String walOffset, String postApply, String fileChecksum) {
        return HEX.parseHex("4c545831" + flags + "00000200" + "00000002"
                + "0000000000000001" + "0000000000000001"
                + "0000018bcfe56800" + "0000000000000000"
                + walOffset + "0000000000000000" + "0000000000000000" + "0000000000000000"
                + "00".repeat(20)
                + "00000001" + "0001" + "00000203" + "f0fff2" + HEX.formatHex(firstPage())
                + "00000002" + "0001" + "00000203" + "f0fff2" + EMPTY_PAGE_HEX
                + "000000000000"
                + "01648d04" + "02f1048d04" + "00" + "000000000000000a"
                + postApply + fileChecksum);
    }
}
