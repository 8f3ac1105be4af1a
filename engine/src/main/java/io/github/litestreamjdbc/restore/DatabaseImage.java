package io.github.litestreamjdbc.restore;

import io.github.litestreamjdbc.ltx.LtxFormatException;
import io.github.litestreamjdbc.ltx.LtxHeader;
import io.github.litestreamjdbc.ltx.PageRun;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A database file that is put together from LTX files, newest first: each page is written once, by the first file that
 * has it. Used by one thread but for {@link #write} and {@link #flush}.
 *
 * <p>A page above the size that any newer file left does not count: it was cut off then, and if the database grew again
 * the file that made it grow holds the page.
 */
final class DatabaseImage implements Closeable {
    private final FileChannel channel;
    private final LtxHeader newest;
    private final BitSet written;
    private final int sizePages;

    /** Two threads in one file wait for each other in the kernel, and burn time there. */
    private final ReentrantLock writing = new ReentrantLock();

    /** Smallest database size in any file applied so far. */
    private long smallestPages;

    /** Begins an image in a file whose content does not count, with the size that the newest file gives it. */
    DatabaseImage(Path file, LtxHeader newest) throws IOException {
        this.newest = newest;
        this.sizePages = Math.toIntExact(newest.commitPages());
        this.smallestPages = newest.commitPages();
        this.written = new BitSet(sizePages + 1);
        this.channel = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);
    }

    /**
     * Begins the next older file.
     *
     * @throws LtxFormatException if it does not go with the newest
     */
    void begin(String fileName, LtxHeader header) throws LtxFormatException {
        if (header.pageSize() != newest.pageSize()) {
            throw new LtxFormatException(
                    fileName, 8, "its page size is " + header.pageSize() + ", the newest file's " + newest.pageSize());
        }
        smallestPages = Math.min(smallestPages, header.commitPages());
    }

    /** Whether a page of this file counts; it is to be written then. */
    boolean claim(long pgno) {
        if (pgno > smallestPages || written.get((int) pgno)) {
            return false;
        }
        written.set((int) pgno);
        return true;
    }

    /** Writes the wanted pages of a run; by any thread, since no page is in two runs. */
    void write(PageRun run) throws IOException {
        writing.lock();
        try {
            for (int from = 0; from < run.count(); from++) {
                if (!run.isWanted(from)) {
                    continue;
                }
                int to = from + 1;
                while (to < run.count() && run.isWanted(to) && run.pgno(to) == run.pgno(to - 1) + 1) {
                    to++;
                }
                write(run.pgno(from), run.pages(), from, to - from);
                from = to - 1;
            }
        } finally {
            writing.unlock();
        }
    }

    private void write(long pgno, byte[] pages, int from, int count) throws IOException {
        int pageSize = newest.pageSize();
        ByteBuffer buffer = ByteBuffer.wrap(pages, from * pageSize, count * pageSize);
        long offset = (pgno - 1) * pageSize;
        while (buffer.hasRemaining()) {
            offset += channel.write(buffer, offset);
        }
    }

    /**
     * The first page that no file had; 0 if there is none. The lock page is never in a file: it stays all zeros.
     */
    long missingPage() {
        long lockPage = newest.lockPage();
        for (int page = written.nextClearBit(1); page <= sizePages; page = written.nextClearBit(page + 1)) {
            if (page != lockPage) {
                return page;
            }
        }
        return 0;
    }

    /** Makes what is written so far durable; by any thread. */
    void flush() throws IOException {
        channel.force(false);
    }

    /** Gives the file its full length, and makes it durable. */
    void finish() throws IOException {
        long sizeBytes = newest.commitPages() * newest.pageSize();
        if (channel.size() < sizeBytes) {
            // Only where the last page is the lock page.
            channel.write(ByteBuffer.allocate(1), sizeBytes - 1);
        }
        channel.force(true);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
