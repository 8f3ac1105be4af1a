package io.github.litestreamjdbc.capture;

import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.Map;

/**
 * The only descriptor on a database file in this process, one for each inode.
 *
 * <p>POSIX locks belong to the process and the inode, and closing any descriptor drops them all: SQLite's locks would be
 * gone, another process would take itself for the last one and delete the WAL under us. So a handle is opened once and
 * kept, also after replication has ended, for other code of this process may still have the database open. It is closed
 * only when nobody can find the file any more under its name. A {@link RandomAccessFile} and not a channel: an interrupt
 * closes a channel.
 *
 * <p>Safe for use by several threads.
 */
public final class DatabaseFile {
    /** By file key; strongly held, for the cleaner closes what nobody references. Guarded by itself. */
    private static final Map<Object, DatabaseFile> OPEN = new HashMap<>();

    private final Path path;
    private final Object key;
    private final RandomAccessFile file;

    /** Guarded by {@link #OPEN}. */
    private int users;

    private DatabaseFile(Path path, Object key, RandomAccessFile file) {
        this.path = path;
        this.key = key;
        this.file = file;
    }

    /** The handle of an existing database file; {@link #release} gives it back. */
    public static DatabaseFile acquire(Path path) throws IOException {
        synchronized (OPEN) {
            Object key = keyOf(path);
            DatabaseFile open = OPEN.get(key);
            if (open == null) {
                open = new DatabaseFile(path, key, new RandomAccessFile(path.toFile(), "r"));
                OPEN.put(key, open);
                if (!key.equals(keyOf(path))) {
                    throw new IOException(path + " was replaced while it was opened");
                }
            }
            open.users++;
            return open;
        }
    }

    /** Gives the handle back. */
    public void release() throws IOException {
        synchronized (OPEN) {
            users--;
            if (users == 0 && !isInPlace()) {
                OPEN.remove(key);
                file.close();
            }
        }
    }

    /** Whether the file under the database's name is still this one. */
    boolean isInPlace() throws IOException {
        try {
            return key.equals(keyOf(path));
        } catch (NoSuchFileException gone) {
            return false;
        }
    }

    /** Reads a page. */
    synchronized void readPage(long page, int pageSizeBytes, byte[] into) throws IOException {
        file.seek((page - 1) * pageSizeBytes);
        try {
            file.readFully(into, 0, pageSizeBytes);
        } catch (EOFException e) {
            throw new EOFException(path + " ends before page " + page);
        }
    }

    private static Object keyOf(Path path) throws IOException {
        Object key = Files.readAttributes(path, BasicFileAttributes.class).fileKey();
        return key != null ? key : path.toRealPath();
    }
}
