package io.github.litestreamjdbc.capture;

import io.github.litestreamjdbc.spi.LogLine;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * Looks in {@code /proc/locks} (Linux) whether SQLite's locks on a database are still there. Every connection in WAL mode
 * holds a shared one on the database file all its life; without it another process may take itself for the last one and
 * delete the WAL. A read transaction holds one of the read marks in {@code -shm}; without it another process may overwrite
 * frames that the transaction needs. Code that opens and closes one of the two files in the same process drops these locks
 * unnoticed.
 *
 * <p>A lock is found by process and inode; device numbers differ between the kernel's views on some file systems. Where
 * not even a lock just taken on a file of ours shows, nothing is ever missing. Safe for use by several threads.
 */
final class LockCheck {
    private static final System.Logger LOG = System.getLogger(LockCheck.class.getName());
    private static final Path LOCKS = Path.of("/proc/locks");

    /** The first byte of the range in which SQLite's shared locks lie; the whole range is locked at once. */
    private static final long SHARED_FIRST = 0x40000002L;

    /** The bytes of {@code -shm} that are the read marks' locks. */
    private static final long READ_FIRST = 123;

    private static final long READ_LAST = 127;

    private final boolean works;

    private LockCheck(boolean works) {
        this.works = works;
    }

    /** A check for databases in a directory, tried out there. */
    static LockCheck here(Path directory) throws IOException {
        if (!Files.isReadable(LOCKS)) {
            return new LockCheck(false);
        }
        Path scratch = Files.createTempFile(directory, ".lock-check-", ".tmp");
        try (FileChannel channel = FileChannel.open(scratch, StandardOpenOption.WRITE);
                FileLock lock = channel.lock(SHARED_FIRST, 1, false)) {
            boolean shows = lock.isValid() && shows(scratch, SHARED_FIRST, SHARED_FIRST);
            if (!shows) {
                LOG.log(
                        System.Logger.Level.INFO,
                        LogLine.of("path", directory)
                                .says(
                                        "/proc/locks does not show locks on files there; the check of SQLite's locks is off"));
            }
            return new LockCheck(shows);
        } finally {
            Files.deleteIfExists(scratch);
        }
    }

    /** Whether this process provably has no lock in the shared range of a file that SQLite has open. */
    boolean isMissing(Path database) throws IOException {
        return works && !shows(database, SHARED_FIRST, SHARED_FIRST);
    }

    /** Whether this process provably has no lock on any read mark although a read transaction of it is open. */
    boolean isReadMarkMissing(Path database) throws IOException {
        try {
            return works && !shows(database.resolveSibling(database.getFileName() + "-shm"), READ_FIRST, READ_LAST);
        } catch (NoSuchFileException gone) {
            return works;
        }
    }

    private static boolean shows(Path file, long first, long last) throws IOException {
        String inode = ":" + Files.getAttribute(file, "unix:ino");
        String process = Long.toString(ProcessHandle.current().pid());
        List<String> locks = Files.readAllLines(LOCKS);
        return locks.stream()
                .map(line -> line.strip().split("\\s+"))
                .anyMatch(fields -> isLock(fields, process, inode, first, last));
    }

    /** Fields: number, class, ADVISORY, READ or WRITE, process, device and inode, first byte, last byte. */
    private static boolean isLock(String[] fields, String process, String inode, long first, long last) {
        return fields.length >= 8
                && fields[4].equals(process)
                && fields[5].endsWith(inode)
                && Long.parseLong(fields[6]) <= last
                && (fields[7].equals("EOF") || Long.parseLong(fields[7]) >= first);
    }
}
