package io.github.litestreamjdbc.capture;

import io.github.litestreamjdbc.agent.BufferBytes;
import io.github.litestreamjdbc.wal.WalCursor;
import io.github.litestreamjdbc.wal.WalFile;
import io.github.litestreamjdbc.wal.WalHeader;
import io.github.litestreamjdbc.wal.WalReader;
import java.io.IOException;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Committed pages that were read from the WAL and are in no level-0 file yet, so that the pin need not stand in the way of
 * another process's checkpoint until one is written. If this process dies with them they are in the database all the
 * same, and where the WAL does not have them any more the next start takes a full image.
 *
 * <p>Owned by the capture thread.
 */
final class Staged implements AutoCloseable {
    /** What may be kept at the most; more goes into a file at once. */
    private static final long MOST_BYTES = 4L << 20;

    private final TreeMap<Long, byte[]> images = new TreeMap<>();
    private final BufferBytes held = new BufferBytes();

    private WalHeader wal;
    private WalCursor begin;
    private WalCursor end;
    private long sizePages;
    private long commits;

    boolean isEmpty() {
        return images.isEmpty();
    }

    /** Whether a range can be added. */
    boolean hasRoom(WalHeader header, WalReader.Range range) {
        return (long) (images.size() + range.pages().size()) * header.pageSizeBytes() <= MOST_BYTES;
    }

    /** Adds the range that follows; nothing of it if it cannot be read. */
    void add(WalFile file, WalHeader header, WalCursor from, WalReader.Range range) throws IOException {
        TreeMap<Long, byte[]> added = new TreeMap<>();
        for (long page : range.pages().sortedPages()) {
            byte[] image = new byte[header.pageSizeBytes()];
            file.readFrame(header.pageSizeBytes(), range.pages().frameOf(page), image);
            added.put(page, image);
        }
        // What a commit cut off and a later one grew again has frames in this range.
        images.tailMap(range.smallestSizePages(), false).clear();
        images.putAll(added);
        if (begin == null || !begin.in(header)) {
            begin = from;
        }
        wal = header;
        end = range.end();
        sizePages = range.sizePages();
        commits += range.commits();
        held.close();
        held.add(bytes());
    }

    /** The newest images by page number. */
    SortedMap<Long, byte[]> images() {
        return images;
    }

    /** The header of the generation that the last range is of. */
    WalHeader wal() {
        return wal;
    }

    /** Behind which frame of that generation the ranges begin. */
    WalCursor begin() {
        return begin;
    }

    /** Up to where they go. */
    WalCursor end() {
        return end;
    }

    /** Size of the database in pages after the last of their commits. */
    long sizePages() {
        return sizePages;
    }

    long commits() {
        return commits;
    }

    /** Of the images. */
    long bytes() {
        return isEmpty() ? 0 : (long) images.size() * wal.pageSizeBytes();
    }

    /** Forgets everything. */
    @Override
    public void close() {
        images.clear();
        held.close();
        begin = null;
        commits = 0;
    }
}
