package io.github.litestreamjdbc.ltx;

import io.github.litestreamjdbc.api.PageEncoding;
import net.jpountz.lz4.LZ4Compressor;

/** Encodes pages, one at a time, into a buffer of its own. */
final class PageEncoder {
    private static final int LZ4_PREFIX_BYTES = 7;
    private static final int LZ4_SUFFIX_BYTES = 8;

    /** FLG, BD and header checksum of every LZ4 frame written, as {@link PageFrame} draws them. */
    private static final byte[] LZ4_DESCRIPTOR = {0x64, 0x40, (byte) 0xA7};

    private final LZ4Compressor compressor = PageFrame.LZ4.fastCompressor();
    private final int pageSize;
    private final PageEncoding encoding;
    private final byte[] frame;

    PageEncoder(int pageSize, PageEncoding encoding) {
        this.pageSize = pageSize;
        this.encoding = encoding;
        int lz4FrameBytes = LZ4_PREFIX_BYTES + PageFrame.maxBlockBytes(pageSize) + LZ4_SUFFIX_BYTES;
        this.frame = new byte[PageFrame.BLOCK_HEADER_BYTES + lz4FrameBytes];
    }

    /** The frame that {@link #encode} has made last. */
    byte[] frame() {
        return frame;
    }

    /** How many bytes at the frame's start the file checksum covers. */
    int hashedBytes() {
        return encoding == PageEncoding.BLOCK ? PageFrame.BLOCK_HEADER_BYTES : PageFrame.HEADER_BYTES;
    }

    /** Encodes the page at {@code offset}; returns the length of its frame. */
    int encode(long pgno, byte[] source, int offset) {
        Bytes.putInt(frame, 0, (int) pgno);
        return switch (encoding) {
            case BLOCK -> encodeBlock(source, offset);
            case FRAME -> encodeFrame(source, offset);
        };
    }

    private int encodeBlock(byte[] source, int offset) {
        Bytes.putShort(frame, PageFrame.FLAGS_AT, PageFrame.FLAG_BLOCK);
        int length = compressor.compress(source, offset, pageSize, frame, PageFrame.BLOCK_HEADER_BYTES);
        Bytes.putInt(frame, PageFrame.HEADER_BYTES, length);
        return PageFrame.BLOCK_HEADER_BYTES + length;
    }

    private int encodeFrame(byte[] source, int offset) {
        Bytes.putShort(frame, PageFrame.FLAGS_AT, 0);
        Bytes.putIntLittleEndian(frame, PageFrame.HEADER_BYTES, PageFrame.LZ4_FRAME_MAGIC);
        System.arraycopy(LZ4_DESCRIPTOR, 0, frame, PageFrame.HEADER_BYTES + 4, LZ4_DESCRIPTOR.length);
        int sizeAt = PageFrame.HEADER_BYTES + LZ4_PREFIX_BYTES;
        int dataAt = sizeAt + 4;
        int length = compressor.compress(source, offset, pageSize, frame, dataAt);
        if (length < pageSize) {
            Bytes.putIntLittleEndian(frame, sizeAt, length);
        } else {
            length = pageSize;
            Bytes.putIntLittleEndian(frame, sizeAt, length | PageFrame.LZ4_STORED);
            System.arraycopy(source, offset, frame, dataAt, length);
        }
        Bytes.putIntLittleEndian(frame, dataAt + length, 0);
        Bytes.putIntLittleEndian(frame, dataAt + length + 4, PageFrame.XX_HASH.hash(source, offset, pageSize, 0));
        return dataAt + length + LZ4_SUFFIX_BYTES;
    }
}
