package io.github.litestreamjdbc.restore;

import io.github.litestreamjdbc.ltx.LtxFormatException;
import io.github.litestreamjdbc.ltx.LtxHeader;
import io.github.litestreamjdbc.ltx.LtxReader;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;

/**
 * A database file that is put together from LTX files, newest first: each page is written once, by the first file that
 * has it, and one file is open at a time. Not thread-safe.
 *
 * <p>A page above the size that any newer file left does not count: it was cut off then, and if the database grew again
 * the file that made it grow holds the page.
 */
final class DatabaseImage implements Closeable {
    private final FileChannel channel;
    private final LtxHeader newest;
    private final BitSet written;
    private final int sizePages;

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

    /** Told how far a file was read. */
    @FunctionalInterface
    interface Step {
        /** So many bytes of it. */
        void read(long bytes);
    }

    /** Applies the next older file, to its end: its checksum is verified. */
    void apply(LtxReader file, Step step) throws IOException {
        LtxHeader header = file.header();
        if (header.pageSize() != newest.pageSize()) {
            throw new LtxFormatException(
                    file.fileName(),
                    8,
                    "its page size is " + header.pageSize() + ", the newest file's " + newest.pageSize());
        }
        smallestPages = Math.min(smallestPages, header.commitPages());
        while (file.next()) {
            long page = file.pgno();
            if (page <= smallestPages && !written.get((int) page)) {
                write(page, file.page());
                written.set((int) page);
            }
            step.read(file.bytesRead());
        }
        step.read(file.bytesRead());
    }

    private void write(long page, byte[] content) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(content, 0, newest.pageSize());
        long offset = (page - 1) * newest.pageSize();
        while (buffer.hasRemaining()) {
            channel.write(buffer, offset + buffer.position());
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
