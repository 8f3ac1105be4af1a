package io.github.litestreamjdbc.ltx;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Single pages of an LTX file, fetched by byte ranges: two or three to load the index, then one a page. The index is
 * checked to tile the file without gaps and each page to decode exactly, but nothing verifies the file checksum, since
 * that takes the whole file; {@link LtxReader} does. Holds 12 bytes a page. Safe for use by several threads if the
 * source is.
 */
public final class LtxIndex {
    private static final int TAIL_BYTES = 32 * 1024;
    private static final int RANGE_BYTES = 1024 * 1024;
    private static final int FOOTER_BYTES = PageIndex.LENGTH_FIELD_BYTES + LtxTrailer.SIZE;
    private static final int MIN_FILE_BYTES = LtxHeader.SIZE + PageFrame.HEADER_BYTES + 1 + FOOTER_BYTES;
    private static final String PART = "the page index";

    private final String fileName;
    private final RangeSource source;
    private final LtxHeader header;
    private final LtxTrailer trailer;
    private int[] pgnos = new int[64];
    private long[] offsets = new long[64];
    private int pageCount;

    /** The bytes of one file. */
    public interface RangeSource {
        /** The {@code length} bytes from {@code offset} on, or fewer if the file ends before. */
        byte[] read(long offset, int length) throws IOException;
    }

    private LtxIndex(String fileName, long sizeBytes, RangeSource source) throws IOException {
        this.fileName = fileName;
        this.source = source;
        if (sizeBytes < MIN_FILE_BYTES) {
            throw new LtxFormatException(fileName, sizeBytes, "file is shorter than any LTX file");
        }
        long tailOffset = Math.max(0, sizeBytes - TAIL_BYTES);
        byte[] tail = read(tailOffset, (int) (sizeBytes - tailOffset));
        this.header = LtxHeader.decode(fileName, tailOffset == 0 ? tail : read(0, LtxHeader.SIZE));
        this.trailer = LtxTrailer.decode(tail, tail.length - LtxTrailer.SIZE);
        long lengthOffset = sizeBytes - FOOTER_BYTES;
        long indexBytes = Bytes.getLong(tail, tail.length - FOOTER_BYTES);
        if (indexBytes < 1 || indexBytes > lengthOffset - LtxHeader.SIZE - PageFrame.HEADER_BYTES) {
            throw new LtxFormatException(
                    fileName,
                    lengthOffset,
                    "page index length " + Long.toUnsignedString(indexBytes) + " is impossible");
        }
        long indexOffset = lengthOffset - indexBytes;
        InputStream bytes = indexOffset >= tailOffset
                ? new ByteArrayInputStream(tail, (int) (indexOffset - tailOffset), (int) indexBytes)
                : new RangeStream(indexOffset, lengthOffset);
        parse(new LtxInput(fileName, bytes, indexOffset), indexOffset);
    }

    /**
     * Reads header, trailer and index.
     *
     * @param fileName how errors name the file; if its last part is a name made of TXIDs, the header must state the
     *     same ones
     * @param sizeBytes length of the file
     * @throws LtxFormatException if one of them breaks a rule of the format
     */
    public static LtxIndex load(String fileName, long sizeBytes, RangeSource source) throws IOException {
        return new LtxIndex(fileName, sizeBytes, source);
    }

    public LtxHeader header() {
        return header;
    }

    /** The trailer as it stands in the file; its checksums have not been verified. */
    public LtxTrailer trailer() {
        return trailer;
    }

    public int pageCount() {
        return pageCount;
    }

    /**
     * Fetches a page, also one beyond the commit if the file holds it.
     *
     * @return its content, or null if the file does not hold the page
     * @throws LtxFormatException if the page is not where the index says, or cannot be decoded
     */
    public byte[] page(long pgno) throws IOException {
        int i = find(pgno);
        if (i < 0) {
            return null;
        }
        long offset = offsets[i];
        byte[] frame = read(offset, (int) (offsets[i + 1] - offset));
        LtxInput in = new LtxInput(fileName, new ByteArrayInputStream(frame), offset);
        PageDecoder decoder = new PageDecoder(in, header.pageSize());
        if (!decoder.next() || decoder.pgno() != pgno || decoder.frameBytes() != frame.length) {
            throw new LtxFormatException(fileName, offset, "page " + pgno + " is not where the page index says");
        }
        return decoder.page();
    }

    /** Page numbers are kept with the top bit flipped, so that signed order is unsigned order. */
    private int find(long pgno) {
        return pgno >>> 32 == 0 ? Arrays.binarySearch(pgnos, 0, pageCount, (int) pgno ^ Integer.MIN_VALUE) : -1;
    }

    private void parse(LtxInput in, long indexOffset) throws IOException {
        PageOrder order = new PageOrder(header);
        long maxFrameBytes = PageDecoder.maxFrameBytes(header.pageSize());
        long frameOffset = LtxHeader.SIZE;
        long at = in.position();
        for (long pgno = in.takeVarint(PART); pgno != 0; pgno = in.takeVarint(PART)) {
            if (pgno >>> 32 != 0) {
                throw in.defect(at, "page number " + Long.toUnsignedString(pgno) + " exceeds 32 bits");
            }
            checkOrder(in, at, order.violationBy(pgno));
            long offset = in.takeVarint(PART);
            long frameBytes = in.takeVarint(PART);
            if (offset != frameOffset || frameBytes <= 0 || frameBytes > maxFrameBytes) {
                throw in.defect(
                        at,
                        "page " + pgno + " cannot take " + Long.toUnsignedString(frameBytes) + " bytes at "
                                + Long.toUnsignedString(offset) + ", the page before ends at " + frameOffset);
            }
            add(pgno, offset);
            frameOffset += frameBytes;
            at = in.position();
        }
        in.requireEnd(PART);
        checkOrder(in, at, order.violationByEnd());
        offsets[pageCount] = frameOffset;
        if (frameOffset + PageFrame.HEADER_BYTES != indexOffset) {
            throw in.defect(indexOffset, "page index does not follow the end of the pages, " + frameOffset);
        }
    }

    private static void checkOrder(LtxInput in, long offset, String violation) throws LtxFormatException {
        if (violation != null) {
            throw in.defect(offset, violation);
        }
    }

    private void add(long pgno, long offset) {
        if (pageCount + 1 == offsets.length) {
            pgnos = Arrays.copyOf(pgnos, 2 * pageCount + 2);
            offsets = Arrays.copyOf(offsets, 2 * pageCount + 2);
        }
        pgnos[pageCount] = (int) pgno ^ Integer.MIN_VALUE;
        offsets[pageCount++] = offset;
    }

    private byte[] read(long offset, int length) throws IOException {
        byte[] bytes = source.read(offset, length);
        if (bytes.length != length) {
            throw new LtxFormatException(
                    fileName, offset + bytes.length, "file ends before the " + length + " bytes at " + offset);
        }
        return bytes;
    }

    /** A long index, fetched piece by piece. */
    private final class RangeStream extends InputStream {
        private final long end;
        private long position;
        private byte[] piece = {};
        private int used;

        RangeStream(long start, long end) {
            this.position = start;
            this.end = end;
        }

        @Override
        public int read() throws IOException {
            return fill() ? Byte.toUnsignedInt(piece[used++]) : -1;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (!fill()) {
                return -1;
            }
            int count = Math.min(length, piece.length - used);
            System.arraycopy(piece, used, target, offset, count);
            used += count;
            return count;
        }

        private boolean fill() throws IOException {
            if (used == piece.length && position < end) {
                piece = LtxIndex.this.read(position, (int) Math.min(RANGE_BYTES, end - position));
                position += piece.length;
                used = 0;
            }
            return used < piece.length;
        }
    }
}
