package io.github.litestreamjdbc.ltx;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Some page frames of one file in a row, cut out by a {@link LtxScanner} so that another thread can decode and sum them. To
 * be used again and again; by one thread at a time.
 */
public final class PageRun {
    private static final int RUN_BYTES = 1024 * 1024;

    private final int pageSize;
    private final byte[] frames;
    private final byte[] pages;
    private final long[] pgnos;
    private final int[] frameAt;
    private final int[] frameBytes;
    private final boolean[] wanted;
    private final List<Replacement> replacements = new ArrayList<>();
    private String fileName;
    private long offset;
    private boolean verifiesPages;
    private int length;
    private int count;

    /** @param pageSize of the files that it will be used for */
    public PageRun(int pageSize) {
        int capacity = Math.max(1, RUN_BYTES / pageSize);
        this.pageSize = pageSize;
        this.frames = new byte[capacity * PageDecoder.maxFrameBytes(pageSize)];
        this.pages = new byte[capacity * pageSize];
        this.pgnos = new long[capacity];
        this.frameAt = new int[capacity];
        this.frameBytes = new int[capacity];
        this.wanted = new boolean[capacity];
    }

    /**
     * What the file checksum needs to know of a run, or of several in a row.
     *
     * @param crc CRC-64 of what it covers
     * @param hashedBytes length of that
     * @param pages XOR of the page checksums, where the file tracks checksums
     */
    public record Sum(long crc, long hashedBytes, long pages) {
        /** Of no run. */
        public static final Sum NONE = new Sum(0, 0, 0);

        /** Of this and what follows it. */
        public Sum then(Sum next) {
            return new Sum(
                    Crc64.combine(crc, next.crc, next.hashedBytes), hashedBytes + next.hashedBytes, pages ^ next.pages);
        }
    }

    /** A frame that lies elsewhere, for a page of this run. */
    private record Replacement(int page, byte[] source, int at, int bytes) {}

    /** Memory that it takes for frames and pages. */
    public long bufferBytes() {
        return (long) frames.length + pages.length;
    }

    void begin(String name, long fileOffset, boolean sumsPages) {
        fileName = name;
        offset = fileOffset;
        verifiesPages = sumsPages;
        length = 0;
        count = 0;
        replacements.clear();
    }

    /** Begins a run of frames that are added one by one, not cut out of a file. */
    public void begin(String name) {
        begin(name, 0, false);
    }

    /** Whether no further frame fits. */
    public boolean isFull() {
        return count == pgnos.length;
    }

    /** Whether it is full of pages in a row, so that they make one large write. */
    public boolean isDense() {
        return isFull() && pgnos[count - 1] - pgnos[0] == count - 1;
    }

    /** Copies a frame in. */
    public void add(long pgno, byte[] source, int at, int bytes) {
        System.arraycopy(source, at, frames, length, bytes);
        frameAt[count] = length;
        length += bytes;
        frameBytes[count] = bytes;
        wanted[count] = false;
        pgnos[count++] = pgno;
    }

    int pageSize() {
        return pageSize;
    }

    /** How many pages there are. */
    public int count() {
        return count;
    }

    /** The number of a page. */
    public long pgno(int i) {
        return pgnos[i];
    }

    /** Length of a page's frame. */
    public int frameBytes(int i) {
        return frameBytes[i];
    }

    /** Copies a page's frame somewhere. */
    public void copyFrame(int i, byte[] target, int at) {
        System.arraycopy(frames, frameAt[i], target, at, frameBytes[i]);
    }

    /** Marks a page whose content somebody wants. */
    public void want(int i) {
        wanted[i] = true;
    }

    /** Whether it is marked. */
    public boolean isWanted(int i) {
        return wanted[i];
    }

    /**
     * Another content is wanted for a page: that of a frame elsewhere, which must stay there until {@link #replace}. Sums
     * and checks are of the run's own frames.
     */
    public void wantInstead(int i, byte[] source, int at, int bytes) {
        replacements.add(new Replacement(i, source, at, bytes));
        wanted[i] = true;
    }

    /** Where the decoded pages are, in a row. */
    public byte[] pages() {
        return pages;
    }

    /**
     * Decodes all pages.
     *
     * @throws LtxFormatException if a frame breaks a rule of the format
     */
    public void decode() throws IOException {
        PageDecoder decoder = new PageDecoder(new LtxInput(fileName, frames, 0, length, offset), pageSize);
        for (int i = 0; i < count; i++) {
            decoder.next(pages, i * pageSize);
        }
    }

    /** Decodes what is wanted instead into its place; once the pages are summed. */
    public void replace() throws IOException {
        for (Replacement each : replacements) {
            new PageDecoder(new LtxInput(fileName, each.source(), each.at(), each.bytes(), 0), pageSize)
                    .next(pages, each.page() * pageSize);
        }
    }

    /** Sums the pages once they are decoded. */
    public Sum sum() {
        Crc64 crc = new Crc64();
        long hashed = 0;
        long xor = 0;
        for (int i = 0; i < count; i++) {
            int at = frameAt[i];
            int head = PageFrame.headBytes(frames, at);
            crc.update(frames, at, head);
            crc.update(pages, i * pageSize, pageSize);
            hashed += head + pageSize;
            if (verifiesPages) {
                xor ^= PageChecksum.of(pgnos[i], pages, i * pageSize, pageSize);
            }
        }
        return new Sum(crc.getValue(), hashed, xor);
    }
}
