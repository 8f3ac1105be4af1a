package io.github.litestreamjdbc.ltx;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the pages of a file are.
 *
 * <pre>
 * varint page number, varint offset of the page's frame in the file, varint size of the frame    for each page
 * 00
 * 8 bytes: length of all that, with the 00
 * </pre>
 *
 * <p>An instance collects the index of a file being written. It keeps the step in page numbers and the frame size,
 * about three bytes a page, since an offset is the sum of the sizes before it.
 */
final class PageIndex {
    /** Length in bytes of the field that ends the index. */
    static final int LENGTH_FIELD_BYTES = 8;

    /** The most that one entry takes. */
    static final int MAX_ENTRY_BYTES = 3 * Bytes.MAX_VARINT_BYTES;

    private static final int CHUNK_BYTES = 4 * 1024;

    private final List<byte[]> chunks = new ArrayList<>();
    private final byte[] entry = new byte[MAX_ENTRY_BYTES];
    private int chunkUsed = CHUNK_BYTES;
    private long entries;
    private long lastPgno;

    /** Takes the encoded parts of the index in order; the array is reused. */
    interface Sink {
        void accept(byte[] bytes, int length) throws IOException;
    }

    /** Encodes one entry; returns its end. */
    static int putEntry(byte[] bytes, long pgno, long offset, int frameBytes) {
        int at = Bytes.putVarint(bytes, 0, pgno);
        at = Bytes.putVarint(bytes, at, offset);
        return Bytes.putVarint(bytes, at, frameBytes);
    }

    /** Adds the next page, whose frame begins where the frame before it ends. */
    void add(long pgno, int frameBytes) {
        if (chunkUsed > CHUNK_BYTES - 2 * Bytes.MAX_VARINT_BYTES) {
            chunks.add(new byte[CHUNK_BYTES]);
            chunkUsed = 0;
        }
        byte[] chunk = chunks.get(chunks.size() - 1);
        chunkUsed = Bytes.putVarint(chunk, chunkUsed, pgno - lastPgno);
        chunkUsed = Bytes.putVarint(chunk, chunkUsed, frameBytes);
        lastPgno = pgno;
        entries++;
    }

    /** Encodes the index, its end and its length. */
    void writeTo(Sink sink) throws IOException {
        Cursor cursor = new Cursor();
        long pgno = 0;
        long offset = LtxHeader.SIZE;
        long indexBytes = 0;
        for (long i = 0; i < entries; i++) {
            pgno += cursor.nextEntryVarint();
            int frameBytes = (int) cursor.nextVarint();
            int length = putEntry(entry, pgno, offset, frameBytes);
            sink.accept(entry, length);
            offset += frameBytes;
            indexBytes += length;
        }
        entry[0] = 0;
        Bytes.putLong(entry, 1, indexBytes + 1);
        sink.accept(entry, 1 + LENGTH_FIELD_BYTES);
    }

    /** Reads the collected steps and sizes again. A chunk ends where no further entry was sure to fit. */
    private final class Cursor {
        private int chunk;
        private int at;

        long nextEntryVarint() {
            if (at > CHUNK_BYTES - 2 * Bytes.MAX_VARINT_BYTES) {
                chunk++;
                at = 0;
            }
            return nextVarint();
        }

        long nextVarint() {
            byte[] bytes = chunks.get(chunk);
            long value = 0;
            int shift = 0;
            byte b;
            do {
                b = bytes[at++];
                value |= (long) (b & 0x7f) << shift;
                shift += 7;
            } while (b < 0);
            return value;
        }
    }
}
