package io.github.litestreamjdbc.wal;

import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * The header of a WAL file (SQLite's file format, section 4.1). All fields are big-endian.
 *
 * <pre>
 *  offset size
 *   0     4    magic 0x377f0682 (checksums over little-endian words) or 0x377f0683 (over big-endian words)
 *   4     4    version 3007000
 *   8     4    page size, 512 … 65536
 *  12     4    checkpoint sequence
 *  16     4    salt 1: random, then +1 at every reset
 *  20     4    salt 2: random at every reset
 *  24     4    checksum 1 ┐ over bytes 0–23, from (0, 0)
 *  28     4    checksum 2 ┘
 * </pre>
 *
 * @param bigEndian whether checksums are over big-endian words
 * @param pageSizeBytes page size
 * @param salts names the generation: one pass through the file
 * @param checksum start of the frames' checksum chain
 */
public record WalHeader(boolean bigEndian, int pageSizeBytes, WalSalts salts, WalChecksum checksum) {
    /** Length in bytes. */
    public static final int SIZE_BYTES = 32;

    /** Length of a frame's header in bytes; the page image follows. */
    public static final int FRAME_HEADER_BYTES = 24;

    private static final int MAGIC_LITTLE = 0x377f0682;
    private static final int MAGIC_BIG = 0x377f0683;
    private static final int VERSION = 3007000;

    /** Decodes a header; empty if it is not one that SQLite would use. */
    public static Optional<WalHeader> decode(byte[] bytes) {
        if (bytes.length < SIZE_BYTES) {
            return Optional.empty();
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        int magic = buffer.getInt(0);
        int pageSize = buffer.getInt(8);
        boolean known = (magic == MAGIC_LITTLE || magic == MAGIC_BIG) && buffer.getInt(4) == VERSION;
        if (!known || pageSize < 512 || pageSize > 65536 || Integer.bitCount(pageSize) != 1) {
            return Optional.empty();
        }
        WalChecksum stored = new WalChecksum(buffer.getInt(24), buffer.getInt(28));
        boolean bigEndian = magic == MAGIC_BIG;
        if (!WalChecksum.START.update(bigEndian, bytes, 0, 24).equals(stored)) {
            return Optional.empty();
        }
        return Optional.of(
                new WalHeader(bigEndian, pageSize, new WalSalts(buffer.getInt(16), buffer.getInt(20)), stored));
    }

    /** Bytes of a frame with its page. */
    public int frameBytes() {
        return FRAME_HEADER_BYTES + pageSizeBytes;
    }

    /** Where frame {@code frame} begins, counted from 1; so also where frame {@code frame - 1} ends. */
    public long frameOffset(long frame) {
        return frameOffset(frame, pageSizeBytes);
    }

    /** Where frame {@code frame} begins in a WAL of that page size. */
    public static long frameOffset(long frame, int pageSizeBytes) {
        return SIZE_BYTES + (frame - 1) * (FRAME_HEADER_BYTES + pageSizeBytes);
    }
}
