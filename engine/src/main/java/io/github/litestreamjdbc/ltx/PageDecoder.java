package io.github.litestreamjdbc.ltx;

import java.io.IOException;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4SafeDecompressor;

/**
 * Decodes page frames, one at a time.
 *
 * <p>An LZ4 frame may have several blocks, block checksums, a content size and any maximum block size. As with the
 * readers of Litestream it must have a content checksum; a dictionary, and blocks that refer to earlier ones, are
 * refused.
 */
final class PageDecoder {
    private static final String PART = "a page";

    /** Version (2 bits), a reserved bit, content checksum and dictionary: they must be as below, the others are free. */
    private static final int LZ4_FIXED_FLAGS = 0xC7;

    private static final int LZ4_VERSION_1_WITH_CONTENT_CHECKSUM = 0x44;
    private static final int LZ4_BLOCK_CHECKSUM = 0x10;
    private static final int LZ4_CONTENT_SIZE = 0x08;

    /** What an LZ4 frame may take besides one block: far more than its fixed fields, so a few blocks are no problem. */
    private static final int LZ4_FRAME_SLACK_BYTES = 256;

    private final LZ4SafeDecompressor decompressor = PageFrame.LZ4.safeDecompressor();
    private final LtxInput in;
    private final int pageSize;
    private byte[] page;
    private int pageAt;
    private final byte[] head = new byte[PageFrame.BLOCK_HEADER_BYTES];
    private int headBytes;
    private long offset;

    PageDecoder(LtxInput in, int pageSize) {
        this.in = in;
        this.pageSize = pageSize;
    }

    /** Reads one frame into the buffer of its own; false if it was the end marker. */
    boolean next() throws IOException {
        return next(page == null ? new byte[pageSize] : page, 0);
    }

    /** Reads one frame and decodes the page to somewhere; false if it was the end marker. */
    boolean next(byte[] target, int at) throws IOException {
        page = target;
        pageAt = at;
        offset = in.position();
        takeHead(0, PageFrame.HEADER_BYTES);
        int flags = Bytes.getUnsignedShort(head, PageFrame.FLAGS_AT);
        if (pgno() == 0 && flags == 0) {
            return false;
        }
        if (pgno() == 0 || (flags & ~PageFrame.FLAG_BLOCK) != 0) {
            throw defect(String.format("flags 0x%04x are none of page %d", flags, pgno()));
        }
        int length = flags == PageFrame.FLAG_BLOCK ? readBlock() : readFrame();
        if (length != pageSize) {
            throw defect("page of " + length + " bytes instead of " + pageSize);
        }
        return true;
    }

    long pgno() {
        return Bytes.getUnsignedInt(head, 0);
    }

    /** The page's content after {@link #next()}; overwritten by the next call. */
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

    /**
     * How many bytes the frame takes that begins at the next byte, without consuming or decoding it; 0 if it is the end
     * marker. Nothing is verified but what the length depends on: decoding does the rest.
     */
    static int frameBytes(LtxInput in, int pageSize) throws IOException {
        int at = in.peek(PageFrame.HEADER_BYTES, "a page header");
        int flags = Bytes.getUnsignedShort(in.buffer(), at + PageFrame.FLAGS_AT);
        if (Bytes.getUnsignedInt(in.buffer(), at) == 0 && flags == 0) {
            return 0;
        }
        if (flags == PageFrame.FLAG_BLOCK) {
            at = in.peek(PageFrame.BLOCK_HEADER_BYTES, "a page header");
            int length = Bytes.getInt(in.buffer(), at + PageFrame.HEADER_BYTES);
            return PageFrame.BLOCK_HEADER_BYTES + bounded(in, length, PageFrame.maxBlockBytes(pageSize));
        }
        int length = PageFrame.HEADER_BYTES + 4;
        at = in.peek(length + 1, PART);
        int descriptor = Byte.toUnsignedInt(in.buffer()[at + length]);
        length += 3 + ((descriptor & LZ4_CONTENT_SIZE) == 0 ? 0 : 8);
        int sum = (descriptor & LZ4_BLOCK_CHECKSUM) == 0 ? 0 : 4;
        while (true) {
            at = in.peek(length + 4, PART);
            int size = Bytes.getIntLittleEndian(in.buffer(), at + length);
            length += 4;
            if (size == 0) {
                return length + 4;
            }
            length += sum + bounded(in, size & ~PageFrame.LZ4_STORED, PageFrame.maxBlockBytes(pageSize));
            bounded(in, length, maxFrameBytes(pageSize));
        }
    }

    private static int bounded(LtxInput in, int length, int most) throws LtxFormatException {
        if (length <= 0 || length > most) {
            throw in.defect(
                    in.position(), Integer.toUnsignedString(length) + " bytes are no length of a compressed page");
        }
        return length;
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
        boolean summed = (readFrameDescriptor() & LZ4_BLOCK_CHECKSUM) != 0;
        int filled = 0;
        for (int size = takeIntLittleEndian(); size != 0; size = takeIntLittleEndian()) {
            int length = size & ~PageFrame.LZ4_STORED;
            checkBlockLength(length);
            int at = in.take(summed ? length + 4 : length, PART);
            if (summed && Bytes.getIntLittleEndian(in.buffer(), at + length) != xxHash(in.buffer(), at, length)) {
                throw defect("LZ4 block checksum does not match");
            }
            filled += size < 0 ? copy(at, length, filled) : decompress(at, length, filled);
            if (frameBytes() > maxFrameBytes(pageSize)) {
                throw defect("LZ4 frame is too long for a page");
            }
        }
        if (takeIntLittleEndian() != xxHash(page, pageAt, pageSize)) {
            throw defect("LZ4 content checksum does not match");
        }
        return filled;
    }

    /** Reads from the magic to the header checksum; returns the flags. */
    private int readFrameDescriptor() throws IOException {
        if (takeIntLittleEndian() != PageFrame.LZ4_FRAME_MAGIC) {
            throw defect("LZ4 frame does not begin with its magic");
        }
        int flags = Byte.toUnsignedInt(in.buffer()[in.peek(1, PART)]);
        if ((flags & LZ4_FIXED_FLAGS) != LZ4_VERSION_1_WITH_CONTENT_CHECKSUM) {
            throw defect(String.format(
                    "LZ4 frame flags 0x%02x are not version 1 with content checksum, without dictionary", flags));
        }
        boolean sized = (flags & LZ4_CONTENT_SIZE) != 0;
        int length = sized ? 2 + 8 : 2;
        int at = in.take(length + 1, PART);
        byte[] bytes = in.buffer();
        if ((byte) (xxHash(bytes, at, length) >>> 8) != bytes[at + length]) {
            throw defect("LZ4 header checksum does not match");
        }
        if (sized && Bytes.getLongLittleEndian(bytes, at + 2) != pageSize) {
            throw defect("LZ4 content size is not the page size");
        }
        return flags;
    }

    private int copy(int at, int length, int filled) throws LtxFormatException {
        if (length > pageSize - filled) {
            throw defect("LZ4 data is longer than a page");
        }
        System.arraycopy(in.buffer(), at, page, pageAt + filled, length);
        return length;
    }

    private int decompress(int at, int length, int filled) throws LtxFormatException {
        try {
            return decompressor.decompress(in.buffer(), at, length, page, pageAt + filled, pageSize - filled);
        } catch (LZ4Exception e) {
            throw defect("LZ4 data is invalid or longer than a page");
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
        if (length <= 0 || length > PageFrame.maxBlockBytes(pageSize)) {
            throw defect(Integer.toUnsignedString(length) + " bytes are no length of a compressed page");
        }
    }

    private LtxFormatException defect(String rule) {
        return in.defect(offset, rule);
    }
}
