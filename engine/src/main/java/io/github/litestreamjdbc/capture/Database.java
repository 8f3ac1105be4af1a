package io.github.litestreamjdbc.capture;

import io.github.litestreamjdbc.api.CheckpointResult;
import io.github.litestreamjdbc.wal.WalFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.SQLException;
import java.util.concurrent.locks.LockSupport;

/**
 * Everything through which we touch a live database: its file, its WAL, and our connections. Owned by the capture thread
 * (by the connecting thread until capture starts).
 */
public final class Database implements AutoCloseable {
    private static final long LOCK_RETRY_NANOS = 50_000;

    private final Path path;
    private final DatabaseFile file;
    private final WalFile wal;
    private final EngineConnection control;
    private final EngineConnection writer;
    private final Pins pins;
    private final LockCheck locks;
    private final WriteGate gate;
    private final Path sharedMemory;

    /** Null before it was looked at, and where files have no keys. */
    private Object sharedMemoryKey;

    private Database(
            Path path,
            DatabaseFile file,
            EngineConnection control,
            EngineConnection writer,
            Pins pins,
            LockCheck locks,
            WriteGate gate) {
        this.path = path;
        this.file = file;
        this.wal = new WalFile(path.resolveSibling(path.getFileName() + "-wal"));
        this.sharedMemory = path.resolveSibling(path.getFileName() + "-shm");
        this.control = control;
        this.writer = writer;
        this.pins = pins;
        this.locks = locks;
        this.gate = gate;
    }

    /** Opens an existing database that is in WAL mode and that nobody in this process writes to. */
    static Database open(Path path) throws IOException, SQLException {
        return open(path, new WriteGate());
    }

    /**
     * Opens an existing database that is in WAL mode.
     *
     * @param gate where the application's writers wait while a look of ours may have SQLite's write lock
     */
    public static Database open(Path path, WriteGate gate) throws IOException, SQLException {
        DatabaseFile file = DatabaseFile.acquire(path);
        EngineConnection control = null;
        EngineConnection writer = null;
        try {
            control = EngineConnection.writing(path);
            String mode = control.queryString("PRAGMA journal_mode");
            if (!"wal".equalsIgnoreCase(mode)) {
                throw new SQLException(path + " is in journal mode " + mode + ", not WAL");
            }
            writer = EngineConnection.writing(path);
            Pins pins = new Pins(path, gate);
            LockCheck locks = LockCheck.here(path.toAbsolutePath().getParent());
            if (locks.isMissing(path)) {
                closeQuietly(new SQLException(), pins);
                throw new SQLException(
                        path + ": SQLite's lock on it is not there although it is open: other code in this JVM"
                                + " opens and closes the file, which drops it. Let nothing but the driver open it");
            }
            return new Database(path, file, control, writer, pins, locks, gate);
        } catch (SQLException | IOException | RuntimeException e) {
            closeQuietly(e, writer, control);
            file.release();
            throw e;
        }
    }

    /** Copies back what no reader forbids, on a connection opened for that alone. */
    public static CheckpointResult copyBack(Path path) throws SQLException {
        try (EngineConnection connection = EngineConnection.writing(path)) {
            WalStatus status = connection.passive();
            return new CheckpointResult(status.busy() ? 1 : 0, (int) status.log(), (int) status.checkpointed());
        }
    }

    Path path() {
        return path;
    }

    DatabaseFile file() {
        return file;
    }

    WalFile wal() {
        return wal;
    }

    Pins pins() {
        return pins;
    }

    int pageSizeBytes() throws SQLException {
        return Integer.parseInt(control.queryString("PRAGMA page_size"));
    }

    /** A connection of its own for an image; whoever asks closes it. */
    EngineConnection imageConnection() throws SQLException {
        // It reads the schema, and so looks at the WAL.
        boolean paused = gate.pauseUpgrades();
        try {
            return EngineConnection.reading(path);
        } finally {
            if (paused) {
                gate.resumeUpgrades();
            }
        }
    }

    /** The published end of the WAL. SQLite may be between two halves of its answer; then it is asked again. */
    WalStatus noop() throws SQLException {
        for (int turn = 0; turn < 1000; turn++) {
            WalStatus status = guardedNoop();
            if (!status.busy() && status.log() >= 0) {
                return status;
            }
            Retry.pause();
        }
        throw new SQLException(path + ": wal_checkpoint(NOOP) kept answering busy");
    }

    private WalStatus guardedNoop() throws SQLException {
        boolean paused = gate.pauseUpgrades();
        try {
            return control.noop();
        } finally {
            if (paused) {
                gate.resumeUpgrades();
            }
        }
    }

    /** Copies back what no reader forbids. Somebody else's checkpoint being at it already is as good. */
    WalStatus passive() throws SQLException {
        boolean paused = gate.pauseUpgradesBriefly();
        try {
            return unlessBusy(control::passive);
        } finally {
            if (paused) {
                gate.resumeUpgrades();
            }
        }
    }

    /** Copies everything back, waiting for readers up to a limit; see {@link EngineConnection#full}. */
    WalStatus full(boolean truncate, int waitMillis) throws SQLException {
        return unlessBusy(() -> control.full(truncate, waitMillis));
    }

    private interface Checkpoint {
        WalStatus run() throws SQLException;
    }

    private static WalStatus unlessBusy(Checkpoint checkpoint) throws SQLException {
        try {
            return checkpoint.run();
        } catch (SQLException e) {
            if (EngineConnection.isBusy(e)) {
                return new WalStatus(true, -1, 0);
            }
            throw e;
        }
    }

    /** Takes the write lock if it becomes free before the deadline; never waits inside SQLite. */
    boolean lockWrites(long deadlineNanos) throws SQLException {
        while (true) {
            try {
                writer.execute("BEGIN IMMEDIATE");
                return true;
            } catch (SQLException e) {
                if (!EngineConnection.isBusy(e)) {
                    throw e;
                }
            }
            if (System.nanoTime() - deadlineNanos >= 0) {
                return false;
            }
            LockSupport.parkNanos(LOCK_RETRY_NANOS);
        }
    }

    void unlockWrites() throws SQLException {
        writer.rollback();
    }

    /** Whether SQLite's shared lock on the database file is provably gone although connections are open. */
    boolean isLockMissing() throws IOException {
        return locks.isMissing(path);
    }

    /** Whether a pin is held and the lock that makes it one is provably gone. */
    boolean isPinLockMissing() throws IOException {
        return pins.held() && locks.isReadMarkMissing(path);
    }

    /** Whether the database is still the file that was opened. Safe for use by several threads. */
    public boolean isFileInPlace() throws IOException {
        return file.isInPlace();
    }

    /** Whether database, WAL and {@code -shm} are still the files that were opened. */
    boolean isInPlace() throws IOException {
        return file.isInPlace() && wal.isSameFile() && isSharedMemoryInPlace();
    }

    /** Only looked at: opening and closing it would drop SQLite's locks on it. */
    private boolean isSharedMemoryInPlace() throws IOException {
        try {
            Object key = Files.readAttributes(sharedMemory, BasicFileAttributes.class)
                    .fileKey();
            if (sharedMemoryKey == null) {
                sharedMemoryKey = key;
            }
            return key == null || key.equals(sharedMemoryKey);
        } catch (NoSuchFileException gone) {
            return sharedMemoryKey == null;
        }
    }

    /**
     * Closes everything. The connection closed last is a read-only one, so that SQLite leaves the WAL where it is and the
     * next start can go on from it.
     */
    @Override
    public void close() throws SQLException, IOException {
        try (wal) {
            if (isInPlace()) {
                closeKeepingTheWal();
            } else {
                closeConnections();
            }
        } finally {
            file.release();
        }
    }

    private void closeKeepingTheWal() throws SQLException {
        try (EngineConnection last = EngineConnection.readOnly(path)) {
            last.queryString("SELECT 1 FROM sqlite_schema LIMIT 1");
            closeConnections();
        } catch (SQLException e) {
            closeQuietly(e, pins, writer, control);
            throw e;
        }
    }

    private void closeConnections() throws SQLException {
        try (pins;
                writer;
                control) {
            pins.release();
        }
    }

    private static void closeQuietly(Exception cause, AutoCloseable... opened) {
        for (AutoCloseable one : opened) {
            try {
                if (one != null) {
                    one.close();
                }
            } catch (Exception e) {
                cause.addSuppressed(e);
            }
        }
    }
}
