package io.github.litestreamjdbc.wal;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;

/**
 * A WAL file opened for reading. Unlike the database and its {@code -shm}, it carries no SQLite locks, so it may be opened
 * and closed beside SQLite. Used by one thread at a time.
 */
public final class WalFile implements Closeable {
    private final Path path;
    private FileChannel channel;
    private Object fileKey;

    /** Opens the file when it is first needed: SQLite creates it with the first commit. */
    public WalFile(Path path) {
        this.path = path;
    }

    /** Its path. */
    public Path path() {
        return path;
    }

    /** The header; empty if the file is missing, short, or its header is not valid. */
    public Optional<WalHeader> header() throws IOException {
        if (!open()) {
            return Optional.empty();
        }
        byte[] bytes = new byte[WalHeader.SIZE_BYTES];
        return read(0, bytes, 0, bytes.length) == bytes.length ? WalHeader.decode(bytes) : Optional.empty();
    }

    /**
     * What the next commit after a cursor has to change: it either appends a frame or begins another generation. Whoever
     * has looked at the WAL after a first call knows by a second one that is equal that nothing was committed since.
     *
     * @return empty if a frame follows, committed or not, or the WAL is in another generation
     */
    public Optional<WalEnd> endAt(WalCursor cursor) throws IOException {
        Optional<WalHeader> header = header().filter(cursor::in);
        if (header.isEmpty()) {
            return Optional.empty();
        }
        byte[] next = new byte[WalHeader.FRAME_HEADER_BYTES];
        int length = read(header.get().frameOffset(cursor.frame() + 1), next, 0, next.length);
        ByteBuffer old = ByteBuffer.wrap(next, 0, length);
        boolean follows = length == next.length
                && new WalSalts(old.getInt(8), old.getInt(12))
                        .equals(header.get().salts());
        return follows ? Optional.empty() : Optional.of(new WalEnd(cursor, old));
    }

    /** Reads up to {@code length} bytes; fewer only at the end of the file. */
    public int read(long offset, byte[] into, int at, int length) throws IOException {
        if (!open()) {
            return 0;
        }
        ByteBuffer buffer = ByteBuffer.wrap(into, at, length);
        while (buffer.hasRemaining()) {
            int n = channel.read(buffer, offset + buffer.position() - at);
            if (n < 0) {
                break;
            }
        }
        return buffer.position() - at;
    }

    /** Reads the page image of a frame. */
    public void readFrame(int pageSizeBytes, long frame, byte[] image) throws IOException {
        long offset = WalHeader.frameOffset(frame, pageSizeBytes) + WalHeader.FRAME_HEADER_BYTES;
        if (read(offset, image, 0, pageSizeBytes) != pageSizeBytes) {
            throw new EOFException(path + " ends inside frame " + frame);
        }
    }

    /** Makes what was written to the file durable, whoever wrote it. */
    public void sync() throws IOException {
        if (open()) {
            channel.force(false);
        }
    }

    /** Whether the file at the path is still the one that was opened; true if none was. */
    public boolean isSameFile() throws IOException {
        if (channel == null) {
            return true;
        }
        try {
            Object key = Files.readAttributes(path, BasicFileAttributes.class).fileKey();
            return key == null || key.equals(fileKey);
        } catch (NoSuchFileException gone) {
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        if (channel != null) {
            channel.close();
            channel = null;
        }
    }

    private boolean open() throws IOException {
        if (channel != null && channel.isOpen()) {
            return true;
        }
        try {
            // Some systems allow a sync only on a descriptor that could write.
            channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
            if (fileKey == null) {
                // Kept when an interrupt has closed the channel: another file must not pass for the one that was
                // opened.
                fileKey = Files.readAttributes(path, BasicFileAttributes.class).fileKey();
            }
            return true;
        } catch (NoSuchFileException missing) {
            return false;
        }
    }
}
