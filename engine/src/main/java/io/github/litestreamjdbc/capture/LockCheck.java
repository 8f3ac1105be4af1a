package io.github.litestreamjdbc.capture;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * Looks in {@code /proc/locks} (Linux) whether SQLite's shared lock on a database file is still there. Every connection in
 * WAL mode holds it all its life; code that opens and closes the file in the same process drops it unnoticed, and then
 * another process may take itself for the last one and delete the WAL.
 *
 * <p>A lock is found by process and inode; device numbers differ between the kernel's views on some file systems. Where
 * not even a lock just taken on a file of ours shows, nothing is ever missing. Safe for use by several threads.
 */
final class LockCheck {
    private static final System.Logger LOG = System.getLogger(LockCheck.class.getName());
    private static final Path LOCKS = Path.of("/proc/locks");

    /** The first byte of the range in which SQLite's shared locks lie. */
    private static final long SHARED_FIRST = 0x40000002L;

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
            boolean shows = lock.isValid() && shows(scratch);
            if (!shows) {
                LOG.log(
                        System.Logger.Level.INFO,
                        "/proc/locks does not show locks on files in {0}; the check of SQLite''s locks is off",
                        directory);
            }
            return new LockCheck(shows);
        } finally {
            Files.deleteIfExists(scratch);
        }
    }

    /** Whether this process provably has no lock in the shared range of a file that SQLite has open. */
    boolean isMissing(Path database) throws IOException {
        return works && !shows(database);
    }

    private static boolean shows(Path file) throws IOException {
        String inode = ":" + Files.getAttribute(file, "unix:ino");
        String process = Long.toString(ProcessHandle.current().pid());
        List<String> locks = Files.readAllLines(LOCKS);
        return locks.stream()
                .map(line -> line.strip().split("\\s+"))
                .anyMatch(fields -> isShared(fields, process, inode));
    }

    /** Fields: number, class, ADVISORY, READ or WRITE, process, device and inode, first byte, last byte. */
    private static boolean isShared(String[] fields, String process, String inode) {
        return fields.length >= 8
                && fields[4].equals(process)
                && fields[5].endsWith(inode)
                && Long.parseLong(fields[6]) <= SHARED_FIRST
                && (fields[7].equals("EOF") || Long.parseLong(fields[7]) >= SHARED_FIRST);
    }
}
