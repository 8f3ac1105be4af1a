package io.github.litestreamjdbc.restore;

import io.github.litestreamjdbc.agent.BufferBytes;
import io.github.litestreamjdbc.ltx.PageRun;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Pages of newer files that lie scattered over the database, held as frames until an older file brings the pages around
 * them: written one by one they would cost a system call each, and the disk a place each. Bounded; what does not fit is
 * written where it is. Used by one thread; what it gave out may be read by others.
 *
 * <pre>
 * table, open addressing:  page number (32 bits) | position + 1 (32 bits), 0 once it was given out
 * position:                chunk number (12 bits) | offset in the chunk (20 bits)
 * there:                   4 bytes length of the frame, the frame
 * </pre>
 */
final class HeldPages {
    private static final long MOST_BYTES = 48L << 20;

    /** In small heaps less: a restore must not fail for what only makes it faster. */
    private static final int HEAP_SHARE = 5;

    private static final int CHUNK_BITS = 20;
    private static final int CHUNK_BYTES = 1 << CHUNK_BITS;
    private static final int LENGTH_BYTES = 4;
    private static final int FIRST_ENTRIES = 1 << 10;

    private final BufferBytes buffers;
    private final long mostBytes;
    private final List<byte[]> chunks = new ArrayList<>();

    /** Of the last chunk. */
    private int usedBytes = CHUNK_BYTES;

    private long[] table = new long[FIRST_ENTRIES];
    private int entries;

    /** @param buffers told of what is held */
    HeldPages(BufferBytes buffers) {
        this(buffers, Math.min(MOST_BYTES, Runtime.getRuntime().maxMemory() / HEAP_SHARE));
    }

    HeldPages(BufferBytes buffers, long mostBytes) {
        this.buffers = buffers;
        this.mostBytes = mostBytes;
        buffers.add(Long.BYTES * (long) FIRST_ENTRIES);
    }

    /** Holds a page of a run, which was not held before; false if there is no room. */
    boolean hold(PageRun run, int i) {
        int bytes = LENGTH_BYTES + run.frameBytes(i);
        if (bytes > CHUNK_BYTES - usedBytes && !addChunk()) {
            return false;
        }
        if (2 * entries >= table.length && !growTable()) {
            return false;
        }
        byte[] chunk = chunks.get(chunks.size() - 1);
        int length = run.frameBytes(i);
        for (int at = 0; at < LENGTH_BYTES; at++) {
            chunk[usedBytes + at] = (byte) (length >>> 8 * at);
        }
        run.copyFrame(i, chunk, usedBytes + LENGTH_BYTES);
        put(run.pgno(i) << Integer.SIZE | ((chunks.size() - 1) << CHUNK_BITS | usedBytes) + 1);
        entries++;
        usedBytes += bytes;
        return true;
    }

    private boolean addChunk() {
        if (!fits(CHUNK_BYTES)) {
            return false;
        }
        buffers.add(CHUNK_BYTES);
        chunks.add(new byte[CHUNK_BYTES]);
        usedBytes = 0;
        return true;
    }

    private boolean growTable() {
        long[] before = table;
        if (!fits(Long.BYTES * 2L * before.length)) {
            return false;
        }
        buffers.add(Long.BYTES * (long) before.length);
        table = new long[2 * before.length];
        for (long entry : before) {
            if (entry != 0) {
                put(entry);
            }
        }
        return true;
    }

    private boolean fits(long moreBytes) {
        return (long) chunks.size() * CHUNK_BYTES + Long.BYTES * (long) table.length + moreBytes <= mostBytes;
    }

    private void put(long entry) {
        table[slot(entry >>> Integer.SIZE)] = entry;
    }

    /** Where a page is, or is to be put. */
    private int slot(long pgno) {
        int mask = table.length - 1;
        int slot = (int) (pgno * 0x9E37_79B9L >>> 8) & mask;
        while (table[slot] != 0 && table[slot] >>> Integer.SIZE != pgno) {
            slot = slot + 1 & mask;
        }
        return slot;
    }

    /** Gives a held page to a run of an older file, in place of the content that it has there. */
    void giveTo(PageRun run, int i) {
        int slot = slot(run.pgno(i));
        int position = (int) table[slot] - 1;
        if (position >= 0) {
            byte[] chunk = chunk(position);
            run.wantInstead(i, chunk, frameAt(position), frameBytes(chunk, position));
            table[slot] &= -1L << Integer.SIZE;
        }
    }

    /** Those that were not given out, in order. */
    LongStream left() {
        return LongStream.of(table).filter(entry -> (int) entry != 0).sorted();
    }

    /** Adds one of those {@link #left} to a run. */
    void addTo(PageRun run, long left) {
        int position = (int) left - 1;
        byte[] chunk = chunk(position);
        run.add(left >>> Integer.SIZE, chunk, frameAt(position), frameBytes(chunk, position));
    }

    private byte[] chunk(int position) {
        return chunks.get(position >>> CHUNK_BITS);
    }

    private static int frameAt(int position) {
        return (position & CHUNK_BYTES - 1) + LENGTH_BYTES;
    }

    private static int frameBytes(byte[] chunk, int position) {
        int at = position & CHUNK_BYTES - 1;
        int bytes = 0;
        for (int i = LENGTH_BYTES - 1; i >= 0; i--) {
            bytes = bytes << 8 | Byte.toUnsignedInt(chunk[at + i]);
        }
        return bytes;
    }
}
