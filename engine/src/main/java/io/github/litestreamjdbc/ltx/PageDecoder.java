package io.github.litestreamjdbc.ltx;

import java.io.IOException;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4SafeDecompressor;

/**
 * Decodes page frames, one at a time, into a buffer of its own.
 *
 * <p>An LZ4 frame may have several blocks, block checksums, a content size and any maximum block size. As with the
 * readers of Litestream it must have a content checksum; a dictionary, and blocks that refer to earlier ones, are
 * refused.
 */
final class PageDecoder {
    private static final String PART = "a page";

    private static final int LZ4_VERSION_MASK = 0xC2;
    private static final int LZ4_VERSION_1 = 0x40;
    private static final int LZ4_BLOCK_CHECKSUM = 0x10;
    private static final int LZ4_CONTENT_SIZE = 0x08;
    private static final int LZ4_DICTIONARY = 0x01;

    /** What an LZ4 frame may take besides one block: far more than its fixed fields, so a few blocks are no problem. */
    private static final int LZ4_FRAME_SLACK_BYTES = 256;

    private final LZ4SafeDecompressor decompressor = PageFrame.LZ4.safeDecompressor();
    private final LtxInput in;
    private final byte[] page;
    private final byte[] head = new byte[PageFrame.BLOCK_HEADER_BYTES];
    private int headBytes;
    private long offset;

    PageDecoder(LtxInput in, int pageSize) {
        this.in = in;
        this.page = new byte[pageSize];
    }

    /** Reads one frame; false if it was the end marker. */
    boolean next() throws IOException {
        offset = in.position();
        takeHead(0, PageFrame.HEADER_BYTES);
        int flags = Bytes.getUnsignedShort(head, PageFrame.FLAGS_AT);
        if (pgno() == 0) {
            check(flags == 0, "page number 0 with flags 0x%04x", flags);
            return false;
        }
        check((flags & ~PageFrame.FLAG_BLOCK) == 0, "page flags 0x%04x have unknown bits", flags);
        int length = flags == PageFrame.FLAG_BLOCK ? readBlock() : readFrame();
        check(length == page.length, "page of %d bytes instead of %d", length, page.length);
        return true;
    }

    long pgno() {
        return Bytes.getUnsignedInt(head, 0);
    }

    /** The page's content; overwritten by the next call. */
    byte[] page() {
        return page;
    }

    /** Position of the frame in the file. */
    long offset() {
        return offset;
    }

    int frameBytes() {
        return (int) (in.position() - offset);
    }

    /** The fixed part of the frame, which the file checksum covers: {@link #headBytes()} bytes. */
    byte[] head() {
        return head;
    }

    int headBytes() {
        return headBytes;
    }

    /** The most that the frame of one page may take. */
    static int maxFrameBytes(int pageSize) {
        return PageFrame.maxBlockBytes(pageSize) + LZ4_FRAME_SLACK_BYTES;
    }

    private void takeHead(int at, int length) throws IOException {
        int start = in.take(length, "a page header");
        System.arraycopy(in.buffer(), start, head, at, length);
        headBytes = at + length;
    }

    private int readBlock() throws IOException {
        takeHead(PageFrame.HEADER_BYTES, PageFrame.BLOCK_HEADER_BYTES - PageFrame.HEADER_BYTES);
        int length = Bytes.getInt(head, PageFrame.HEADER_BYTES);
        checkBlockLength(length);
        return decompress(in.take(length, PART), length, 0);
    }

    private int readFrame() throws IOException {
        int flags = readFrameDescriptor();
        int filled = 0;
        for (int size = takeIntLittleEndian(); size != 0; size = takeIntLittleEndian()) {
            int length = size & ~PageFrame.LZ4_STORED;
            checkBlockLength(length);
            boolean summed = (flags & LZ4_BLOCK_CHECKSUM) != 0;
            int at = in.take(summed ? length + 4 : length, PART);
            check(
                    !summed || xxHash(in.buffer(), at, length) == Bytes.getIntLittleEndian(in.buffer(), at + length),
                    "LZ4 block checksum does not match");
            filled += size < 0 ? copy(at, length, filled) : decompress(at, length, filled);
            check(frameBytes() <= maxFrameBytes(page.length), "LZ4 frame is too long for a page");
        }
        check(takeIntLittleEndian() == xxHash(page, 0, page.length), "LZ4 content checksum does not match");
        return filled;
    }

    /** Reads from the magic to the header checksum; returns the flags. */
    private int readFrameDescriptor() throws IOException {
        check(takeIntLittleEndian() == PageFrame.LZ4_FRAME_MAGIC, "LZ4 frame does not begin with its magic");
        int flags = in.buffer()[in.peek(1, PART)];
        check((flags & LZ4_VERSION_MASK) == LZ4_VERSION_1, "LZ4 frame flags 0x%02x are of another version", flags);
        check((flags & LZ4_DICTIONARY) == 0, "LZ4 frame needs a dictionary");
        check((flags & PageFrame.LZ4_CONTENT_CHECKSUM) != 0, "LZ4 frame lacks the content checksum");
        boolean sized = (flags & LZ4_CONTENT_SIZE) != 0;
        int length = sized ? 10 : 2;
        int at = in.take(length + 1, PART);
        byte[] bytes = in.buffer();
        check((byte) (xxHash(bytes, at, length) >>> 8) == bytes[at + length], "LZ4 header checksum does not match");
        check(
                !sized || Bytes.getLongLittleEndian(bytes, at + 2) == page.length,
                "LZ4 content size is not the page size");
        return flags;
    }

    private int copy(int at, int length, int filled) throws LtxFormatException {
        check(length <= page.length - filled, "LZ4 data is longer than a page");
        System.arraycopy(in.buffer(), at, page, filled, length);
        return length;
    }

    private int decompress(int at, int length, int filled) throws LtxFormatException {
        try {
            return decompressor.decompress(in.buffer(), at, length, page, filled, page.length - filled);
        } catch (LZ4Exception e) {
            throw in.defect(offset, "LZ4 data is invalid or longer than a page");
        }
    }

    private int takeIntLittleEndian() throws IOException {
        int at = in.take(4, PART);
        return Bytes.getIntLittleEndian(in.buffer(), at);
    }

    private static int xxHash(byte[] bytes, int at, int length) {
        return PageFrame.XX_HASH.hash(bytes, at, length, 0);
    }

    /** Before the length is used to buffer that much. */
    private void checkBlockLength(int length) throws LtxFormatException {
        check(
                length > 0 && length <= PageFrame.maxBlockBytes(page.length),
                "%s bytes are no length of a compressed page",
                Integer.toUnsignedString(length));
    }

    private void check(boolean kept, String rule, Object... values) throws LtxFormatException {
        if (!kept) {
            throw in.defect(offset, String.format(rule, values));
        }
    }
}
