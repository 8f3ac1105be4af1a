package io.github.litestreamjdbc.capture;

import io.github.litestreamjdbc.agent.TimeSource;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Optional;

/**
 * Copies the WAL back so that the next writer can begin it anew. Loses nothing by construction: frames that are not
 * captured are behind a pin all the while. Owned by the capture thread.
 */
final class Checkpointer {
    /** How long starts may stand at the gate while the write lock is tried for. */
    private static final long LOCK_WAIT_NANOS = 20_000_000;

    private static final long UPGRADE_WAIT_NANOS = 2_000_000;

    /** How long a drain may hold up writers. */
    private static final long DRAIN_NANOS = 3_000_000_000L;

    /** How long one step of it waits for readers: between two of them the pin moves on, which may be what they wait for. */
    private static final int DRAIN_WAIT_MILLIS = 150;

    /** So many frames are soon captured and copied back; a level-0 file more would cost a put. */
    private static final long FEW_FRAMES = 4000;

    /** How often what came during the bulk is captured and copied before the gate closes, while it gets less. */
    private static final int ROUNDS = 4;

    private final Database database;
    private final Capture capture;
    private final WriteGate gate;
    private final Counters counters;

    Checkpointer(Database database, Capture capture, WriteGate gate, Counters counters) {
        this.database = database;
        this.capture = capture;
        this.gate = gate;
        this.counters = counters;
    }

    /**
     * Captures everything, copies it back, and puts the pin where it allows the reset. Writers stand at the gate for the
     * time it takes to capture and copy the little that came after the bulk.
     *
     * @param bulkFirst whether to capture and copy what there is before the gate closes
     * @return whether it had the write lock; false if somebody else held it all the time
     */
    boolean seal(boolean bulkFirst) throws SQLException, IOException, ContinuityLostException {
        long begun = System.nanoTime();
        if (bulkFirst) {
            copyBulk();
        }
        boolean locked = withWriteLock(this::sealLocked);
        if (locked) {
            count(Counters.CheckpointKind.SEAL, begun);
        }
        return locked;
    }

    /**
     * Copies everything back while nothing is captured and no pin is held; under constant load that takes the write lock,
     * as without us it would be done by the thread that commits.
     *
     * @return whether it had the write lock
     */
    boolean copyBack() throws SQLException, IOException {
        long begun = System.nanoTime();
        database.passive();
        boolean locked = withWriteLock(database::passive);
        count(Counters.CheckpointKind.COPY_BACK, begun);
        return locked;
    }

    /**
     * Captures and copies back while writers go on. Where the disk takes seconds for that, what they committed meanwhile is
     * long itself, and not to be left for the time in which they wait.
     */
    private void copyBulk() throws SQLException, IOException, ContinuityLostException {
        long before = Long.MAX_VALUE;
        for (int round = 0; round < ROUNDS; round++) {
            capture.handover();
            database.passive();
            long came = capture.look().newFrames();
            if (came <= FEW_FRAMES || came > before / 2 || capture.isAwaited()) {
                return;
            }
            before = came;
        }
    }

    private void count(Counters.CheckpointKind kind, long begunNanos) {
        counters.checkpoints(kind).done(0, System.nanoTime() - begunNanos);
    }

    /**
     * The emergency brake, for readers that overlap so that no seal lets the WAL begin anew: waits for them, with writers at
     * the gate. TRUNCATE succeeds only if there is nothing behind the snapshot of a pin that allows the reset, and all that
     * is captured; so nothing can be lost.
     *
     * @return whether the WAL is empty; if not, readers did not let it
     */
    boolean drain() throws SQLException, IOException, ContinuityLostException {
        long begun = System.nanoTime();
        long deadline = begun + DRAIN_NANOS;
        gate.closeStarts();
        try {
            gate.awaitTransactions(System.nanoTime() + LOCK_WAIT_NANOS);
            gate.closeUpgrades();
            while (System.nanoTime() - deadline < 0) {
                capture.handover();
                database.full(false, DRAIN_WAIT_MILLIS);
                if (!isCopiedBack()) {
                    continue;
                }
                capture.handover();
                while (System.nanoTime() - deadline < 0 && isCopiedBack()) {
                    if (!database.full(true, DRAIN_WAIT_MILLIS).busy()) {
                        count(Counters.CheckpointKind.DRAIN, begun);
                        return true;
                    }
                }
            }
            return false;
        } finally {
            gate.open();
        }
    }

    /** Whether somebody has the write lock at this moment; ours stand at the gate for the look. */
    boolean isWriteLockHeld() throws SQLException {
        gate.closeStarts();
        gate.closeUpgrades();
        try {
            long now = System.nanoTime();
            if (!gate.awaitUpgrades(now + UPGRADE_WAIT_NANOS)) {
                return false;
            }
            boolean free = database.lockWrites(now);
            if (free) {
                database.unlockWrites();
            }
            return !free;
        } finally {
            gate.open();
        }
    }

    private boolean isCopiedBack() throws SQLException {
        WalStatus status = database.noop();
        return status.complete() && status.log() == capture.cursor().frame();
    }

    /**
     * Opens an image of the database at the TXID that capture stands at then. What is long is done before the gate closes:
     * inside, writers wait for the tail's capture, and for the start of a read transaction. What is not copied back then the
     * image takes from the WAL.
     *
     * @param clock the image's
     * @return empty if somebody else held the write lock all the time
     */
    Optional<SnapshotImage> openImage(TimeSource clock) throws SQLException, IOException, ContinuityLostException {
        copyBulk();
        capture.handover();
        EngineConnection connection = database.imageConnection();
        SnapshotImage[] image = new SnapshotImage[1];
        try {
            withWriteLock(() -> {
                capture.handover();
                image[0] = SnapshotImage.open(database, connection, capture.position(), clock);
            });
            return Optional.ofNullable(image[0]);
        } finally {
            if (image[0] == null) {
                connection.close();
            }
        }
    }

    private interface Work<X extends Exception> {
        void run() throws SQLException, IOException, X;
    }

    /** Does something while the application's writers stand at the gate and everybody else's are locked out. */
    private <X extends Exception> boolean withWriteLock(Work<X> work) throws SQLException, IOException, X {
        long deadline = System.nanoTime() + LOCK_WAIT_NANOS;
        gate.closeStarts();
        try {
            gate.awaitTransactions(deadline);
            gate.closeUpgrades();
            long shortDeadline = System.nanoTime() + UPGRADE_WAIT_NANOS;
            if (!gate.awaitUpgrades(shortDeadline) || !database.lockWrites(Math.max(deadline, shortDeadline))) {
                return false;
            }
            try {
                work.run();
                return true;
            } finally {
                database.unlockWrites();
            }
        } finally {
            gate.open();
        }
    }

    private void sealLocked() throws SQLException, IOException, ContinuityLostException {
        capture.handover();
        WalStatus status = database.passive();
        if (!status.busy() && status.complete()) {
            capture.handover();
        }
    }
}
