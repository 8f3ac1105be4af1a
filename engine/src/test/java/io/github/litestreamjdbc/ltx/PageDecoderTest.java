package io.github.litestreamjdbc.ltx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import net.jpountz.lz4.LZ4FrameOutputStream;
import net.jpountz.lz4.LZ4FrameOutputStream.BLOCKSIZE;
import net.jpountz.lz4.LZ4FrameOutputStream.FLG.Bits;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PageDecoderTest {
    private static final int PAGE_SIZE = 512;
    private static final byte[] PAGE = LtxVectorTest.firstPage();
    private static final String EMPTY_PAGE_BLOCK = "1f000100ffe8500000000000";

    @Test
    void readsLz4FramesOfSeveralBlocks() throws IOException {
        assertThat(decodeFrame(lz4Frame(100, BLOCKSIZE.SIZE_64KB, Bits.BLOCK_INDEPENDENCE, Bits.CONTENT_CHECKSUM)))
                .isEqualTo(PAGE);
    }

    @Test
    void readsLz4FramesWithEveryOption() throws IOException {
        assertThat(decodeFrame(lz4Frame(
                        PAGE_SIZE,
                        BLOCKSIZE.SIZE_4MB,
                        Bits.BLOCK_INDEPENDENCE,
                        Bits.CONTENT_CHECKSUM,
                        Bits.CONTENT_SIZE)))
                .isEqualTo(PAGE);
    }

    @Test
    void refusesLz4FramesWithoutContentChecksum() throws IOException {
        assertRefused("content checksum", "000000010000", lz4Frame(512, BLOCKSIZE.SIZE_64KB, Bits.BLOCK_INDEPENDENCE));
    }

    @Test
    void refusesLz4FramesOfManyTinyBlocks() throws IOException {
        assertRefused(
                "too long for a page",
                "000000010000",
                lz4Frame(1, BLOCKSIZE.SIZE_64KB, Bits.BLOCK_INDEPENDENCE, Bits.CONTENT_CHECKSUM));
    }

    @ParameterizedTest
    @CsvSource({
        "04224d18 64 40 a7 0c000000 BLOCK 00000000 de53c133, LZ4 content checksum",
        "04224d18 64 40 a6 0c000000 BLOCK 00000000 de53c132, LZ4 header checksum",
        "05224d18 64 40 a7 0c000000 BLOCK 00000000 de53c132, magic",
        "04224d18 65 40 a7 0c000000 BLOCK 00000000 de53c132, without dictionary",
        "04224d18 24 40 a7 0c000000 BLOCK 00000000 de53c132, version 1",
        "04224d18 64 40 a7 00000000 de53c132, page of 0 bytes",
        "04224d18 64 40 a7 ffffffff BLOCK, no length of a compressed page",
        "04224d18 64 40 a7 ffffff7f BLOCK, no length of a compressed page",
        "04224d18 64 40 a7 00000080 BLOCK, no length of a compressed page",
        "04224d18 64 40 a7 0c000000 BLOCK 0c000000 BLOCK 00000000 de53c132, longer than a page",
        "04224d18 64 40 a7 0c000000 BLOCK 0c000080 BLOCK 00000000 de53c132, longer than a page",
        "04224d18 64 40 a7 0c000000 BLOCK 00000000 de53c1, file ends inside a page",
    })
    void refusesDefectiveLz4Frames(String frame, String rule) {
        assertRefused(rule, "000000010000", bytes(frame));
    }

    @ParameterizedTest
    @CsvSource({
        "00000000, no length of a compressed page",
        "ffffffff, no length of a compressed page",
        "7fffffff, no length of a compressed page",
        "00000213, no length of a compressed page",
        "00000212 BLOCK, file ends inside a page",
        "0000000c 1f000100ffe7500000000000, page of 511 bytes",
        "0000000c 1f000100ffe9500000000000, longer than a page",
        "0000000c 1f000200ffe8500000000000, LZ4 data is invalid",
        "0000000b BLOCK, LZ4 data is invalid",
    })
    void refusesDefectiveLz4Blocks(String block, String rule) {
        assertRefused(rule, "000000010001", bytes(block));
    }

    @ParameterizedTest
    @CsvSource({
        "000000000001, flags 0x0001 are none of page 0",
        "000000010002, flags 0x0002",
        "000000018001, flags 0x8001",
        "0000000100, inside a page header"
    })
    void refusesDefectivePageHeaders(String header, String rule) {
        assertRefused(rule, header, new byte[0]);
    }

    @Test
    void buffersNoMoreThanAPageMayTake() {
        LtxInput in = input("000000010001", bytes("7fffffff"));
        assertThatExceptionOfType(LtxFormatException.class).isThrownBy(() -> new PageDecoder(in, PAGE_SIZE).next());
        assertThat(in.buffer()).hasSizeLessThan(1 << 16);
    }

    private static byte[] lz4Frame(int blockBytes, BLOCKSIZE blockSize, Bits... options) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        boolean sized = Arrays.asList(options).contains(Bits.CONTENT_SIZE);
        try (LZ4FrameOutputStream lz4 = sized
                ? new LZ4FrameOutputStream(out, blockSize, PAGE_SIZE, options)
                : new LZ4FrameOutputStream(out, blockSize, options)) {
            for (int at = 0; at < PAGE_SIZE; at += blockBytes) {
                lz4.write(PAGE, at, Math.min(blockBytes, PAGE_SIZE - at));
                lz4.flush();
            }
        }
        return out.toByteArray();
    }

    private static byte[] decodeFrame(byte[] frame) throws IOException {
        PageDecoder decoder = new PageDecoder(input("000000010000", frame), PAGE_SIZE);
        assertThat(decoder.next()).isTrue();
        assertThat(decoder.frameBytes()).isEqualTo(PageFrame.HEADER_BYTES + frame.length);
        return decoder.page();
    }

    private static void assertRefused(String rule, String header, byte[] rest) {
        assertThatExceptionOfType(LtxFormatException.class)
                .isThrownBy(() -> new PageDecoder(input(header, rest), PAGE_SIZE).next())
                .withMessageContaining(rule);
    }

    private static LtxInput input(String header, byte[] rest) {
        byte[] head = bytes(header);
        byte[] all = Arrays.copyOf(head, head.length + rest.length);
        System.arraycopy(rest, 0, all, head.length, rest.length);
        return new LtxInput("page", new ByteArrayInputStream(all), 0);
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replace("BLOCK", EMPTY_PAGE_BLOCK).replace(" ", ""));
    }
}
