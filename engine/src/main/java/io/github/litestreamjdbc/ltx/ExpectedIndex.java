package io.github.litestreamjdbc.ltx;

import java.io.IOException;

/**
 * The page index that the pages read so far ask for. The one in the file must be the same byte for byte; so only length and
 * checksum are kept, and the file's is never parsed or held.
 */
final class ExpectedIndex {
    private static final int CHUNK_BYTES = 4096;
    private static final String PART = "the page index";

    private final byte[] entry = new byte[PageIndex.MAX_ENTRY_BYTES];
    private final Crc64 checksum = new Crc64();
    private long bytes;

    void add(long pgno, long offset, int frameBytes) {
        take(PageIndex.putEntry(entry, pgno, offset, frameBytes));
    }

    private void take(int length) {
        checksum.update(entry, 0, length);
        bytes += length;
    }

    /** Reads the index, with its end and its length, into the file's checksum. */
    void verify(LtxInput in, Crc64 fileChecksum) throws IOException {
        entry[0] = 0;
        take(1);
        long start = in.position();
        Crc64 found = new Crc64();
        for (long rest = bytes; rest > 0; ) {
            int length = (int) Math.min(rest, CHUNK_BYTES);
            int at = in.take(length, PART);
            fileChecksum.update(in.buffer(), at, length);
            found.update(in.buffer(), at, length);
            rest -= length;
        }
        if (found.getValue() != checksum.getValue()) {
            throw in.defect(start, "page index disagrees with the pages");
        }
        long lengthOffset = in.position();
        int at = in.take(PageIndex.LENGTH_FIELD_BYTES, PART);
        fileChecksum.update(in.buffer(), at, PageIndex.LENGTH_FIELD_BYTES);
        long length = Bytes.getLong(in.buffer(), at);
        if (length != bytes) {
            throw in.defect(lengthOffset, "page index of " + bytes + " bytes states a length of " + length);
        }
    }
}
