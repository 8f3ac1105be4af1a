package io.github.litestreamjdbc.wal;

import java.util.Arrays;

/**
 * Page number → newest committed frame, in primitive arrays: 8 bytes a page at a load of at most two thirds, whatever
 * the page size. Not safe for use by several threads.
 */
public final class PageMap {
    private static final int FIRST_CAPACITY = 64;

    /** Open addressing; page 0 does not exist, so 0 is a free slot. Numbers are unsigned. */
    private int[] pages = new int[FIRST_CAPACITY];

    private int[] frames = new int[FIRST_CAPACITY];
    private int count;
    private long largestPage;

    /** Sets the newest frame of a page. */
    public void put(long page, long frame) {
        if (3L * (count + 1) > 2L * pages.length) {
            grow();
        }
        int slot = slotOf((int) page);
        if (pages[slot] == 0) {
            pages[slot] = (int) page;
            count++;
            largestPage = Math.max(largestPage, page);
        }
        frames[slot] = (int) frame;
    }

    /** The newest frame of a page, or 0. */
    public long frameOf(long page) {
        return Integer.toUnsignedLong(frames[slotOf((int) page)]);
    }

    /** Forgets the pages above a database size: a commit has cut them off. */
    public void truncate(long sizePages) {
        if (largestPage <= sizePages) {
            return;
        }
        int[] oldPages = pages;
        int[] oldFrames = frames;
        clear(oldPages.length);
        for (int i = 0; i < oldPages.length; i++) {
            long page = Integer.toUnsignedLong(oldPages[i]);
            if (page != 0 && page <= sizePages) {
                put(page, Integer.toUnsignedLong(oldFrames[i]));
            }
        }
    }

    /** How many pages there are. */
    public int size() {
        return count;
    }

    /** The page numbers in ascending order. */
    public long[] sortedPages() {
        long[] sorted = new long[count];
        int next = 0;
        for (int page : pages) {
            if (page != 0) {
                sorted[next++] = Integer.toUnsignedLong(page);
            }
        }
        Arrays.sort(sorted);
        return sorted;
    }

    private void clear(int capacity) {
        pages = new int[capacity];
        frames = new int[capacity];
        count = 0;
        largestPage = 0;
    }

    private void grow() {
        int[] oldPages = pages;
        int[] oldFrames = frames;
        clear(Math.multiplyExact(oldPages.length, 2));
        for (int i = 0; i < oldPages.length; i++) {
            if (oldPages[i] != 0) {
                put(Integer.toUnsignedLong(oldPages[i]), Integer.toUnsignedLong(oldFrames[i]));
            }
        }
    }

    private int slotOf(int page) {
        int mask = pages.length - 1;
        int slot = (page * 0x9E3779B9 >>> 7) & mask;
        while (pages[slot] != 0 && pages[slot] != page) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }
}
