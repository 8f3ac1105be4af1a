package io.github.litestreamjdbc.ltx;

import net.jpountz.lz4.LZ4Factory;
import net.jpountz.xxhash.XXHash32;
import net.jpountz.xxhash.XXHashFactory;

/**
 * How one page lies in a file.
 *
 * <pre>
 * LZ4 block                                LZ4 frame
 * 0  4  page number                        0   4  page number
 * 4  2  0001                               4   2  0000
 * 6  4  n                                  6   4  04 22 4D 18   magic
 * 10 n  LZ4 block                          10  1  64            version 1, independent blocks, content checksum
 *                                          11  1  40            blocks of at most 64 KiB
 *                                          12  1  A7            header checksum
 *                                          13  4  n             top bit set: stored, not compressed
 *                                          17  n  LZ4 block
 *                                           .  4  0             end of blocks
 *                                           .  4  xxHash32 of the page
 * </pre>
 *
 * The fields inside the LZ4 frame are little-endian. The drawing shows what is written; what an LZ4 frame may look
 * like when read is said at {@link PageDecoder}.
 */
final class PageFrame {
    /** Page number and flags. */
    static final int HEADER_BYTES = 6;

    /** The fixed part of a frame that holds an LZ4 block: page number, flags and size. */
    static final int BLOCK_HEADER_BYTES = HEADER_BYTES + 4;

    static final int FLAGS_AT = 4;
    static final int FLAG_BLOCK = 1;

    static final int LZ4_FRAME_MAGIC = 0x184D_2204;
    static final int LZ4_STORED = 0x8000_0000;

    /** Native where it can be loaded: three times as fast as Java, and without garbage. */
    static final LZ4Factory LZ4 = LZ4Factory.fastestInstance();

    static final XXHash32 XX_HASH = XXHashFactory.fastestInstance().hash32();

    private PageFrame() {}

    /** How many bytes at a frame's start the file checksum covers. */
    static int headBytes(byte[] frames, int at) {
        return Bytes.getUnsignedShort(frames, at + FLAGS_AT) == FLAG_BLOCK ? BLOCK_HEADER_BYTES : HEADER_BYTES;
    }

    /** The most that an LZ4 block of {@code pageSize} bytes can take. */
    static int maxBlockBytes(int pageSize) {
        return pageSize + pageSize / 255 + 16;
    }
}
