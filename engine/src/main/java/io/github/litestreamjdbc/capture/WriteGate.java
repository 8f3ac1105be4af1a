package io.github.litestreamjdbc.capture;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * Where the application's own writers wait, in Java, for the moment in which a checkpoint of ours holds SQLite's write
 * lock. SQLite calls no busy handler when a read transaction turns into a write transaction: without the gate such a
 * statement would fail with SQLITE_BUSY because of us. Nothing depends on the gate but that, and that seals come
 * through: who passes it in error costs a short wait or a busy answer, never data.
 *
 * <p>Connections enter through a {@link GatePass} of their own; one checkpointing thread closes and opens.
 */
public final class WriteGate {
    /** Transactions older than this are not waited for: a long reader would make every start wait for nothing. */
    private static final long OLD_NANOS = 100_000_000;

    private static final long POLL_NANOS = 50_000;

    /** An upgrading call never waits in SQLite; one that takes longer has its lock already, or none. */
    private static final long PAUSE_WAIT_NANOS = 1_000_000;

    /** A checkpoint looks at the WAL's header first; what takes long after that needs no write lock. */
    private static final long BRIEFLY_NANOS = 1_000_000;

    private final Set<GatePass> passes = ConcurrentHashMap.newKeySet();
    private volatile boolean startsClosed;
    private volatile boolean upgradesClosed;

    /** Upgrades are closed until this {@link System#nanoTime} too, made odd; 0 if they are not. */
    private volatile long pausedUntilNanos;

    /** Starts stay closed over {@link #open}. Guarded by this. */
    private boolean held;

    /** Who waits to begin to write. Guarded by this. */
    private int upgradesWaiting;

    /** Who was let in when upgrades were opened last, and has not gone yet. Written under this. */
    private volatile int upgradesLetIn;

    private final RecentDurations waits = new RecentDurations();

    /** A pass for a new connection. */
    public GatePass newPass() {
        GatePass pass = new GatePass(this);
        passes.add(pass);
        return pass;
    }

    /** How long writers stood here; those who walked through are not in it. */
    public RecentDurations waits() {
        return waits;
    }

    void remove(GatePass pass) {
        passes.remove(pass);
    }

    boolean startsClosed() {
        return startsClosed;
    }

    boolean upgradesClosed() {
        return upgradesClosed || isPaused();
    }

    private boolean isPaused() {
        long until = pausedUntilNanos;
        return until != 0 && System.nanoTime() - until < 0;
    }

    /** From here on no transaction and no writing call begins; those inside go on, up to and with their COMMIT. */
    void closeStarts() {
        startsClosed = true;
    }

    /** Closes starts for longer than a checkpoint takes: until {@link #letGo}, however many there are meanwhile. */
    synchronized void hold() {
        held = true;
        startsClosed = true;
    }

    /** Ends {@link #hold}. */
    synchronized void letGo() {
        held = false;
        open();
    }

    /** From here on no reading transaction begins to write. */
    void closeUpgrades() {
        upgradesClosed = true;
    }

    /**
     * Keeps reading transactions from beginning to write for the moment of a look at the WAL. A look that meets a writer
     * between the two halves of its header takes SQLite's write lock to read it again; who is descheduled then holds it
     * for milliseconds, in which such a statement would fail.
     *
     * @return whether {@link #resumeUpgrades} is to be called; false if they are closed already
     */
    boolean pauseUpgrades() {
        if (upgradesClosed) {
            return false;
        }
        awaitLetIn(System.nanoTime() + PAUSE_WAIT_NANOS);
        upgradesClosed = true;
        awaitUpgrades(System.nanoTime() + PAUSE_WAIT_NANOS);
        return true;
    }

    /**
     * As {@link #pauseUpgrades}, for a checkpoint that holds nobody up: upgrades go on after a millisecond, by which time it
     * has had its look at the WAL's header.
     */
    boolean pauseUpgradesBriefly() {
        if (upgradesClosed) {
            return false;
        }
        awaitLetIn(System.nanoTime() + PAUSE_WAIT_NANOS);
        pausedUntilNanos = (System.nanoTime() + PAUSE_WAIT_NANOS + BRIEFLY_NANOS) | 1;
        awaitUpgrades(System.nanoTime() + PAUSE_WAIT_NANOS);
        pausedUntilNanos = (System.nanoTime() + BRIEFLY_NANOS) | 1;
        return true;
    }

    /** The look is over. */
    synchronized void resumeUpgrades() {
        upgradesClosed = false;
        pausedUntilNanos = 0;
        upgradesLetIn = upgradesWaiting;
        notifyAll();
    }

    /** Lets everybody in again. */
    synchronized void open() {
        startsClosed = held;
        upgradesClosed = false;
        upgradesLetIn = upgradesWaiting;
        notifyAll();
    }

    /** Waits until no young transaction is inside, or for the deadline. */
    void awaitTransactions(long deadlineNanos) {
        while (System.nanoTime() - deadlineNanos < 0 && passes.stream().anyMatch(p -> p.isInsideYoung(OLD_NANOS))) {
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    /** Waits until nobody is inside an upgrading call; false if the deadline came first. */
    boolean awaitUpgrades(long deadlineNanos) {
        while (passes.stream().anyMatch(GatePass::isUpgrading)) {
            if (System.nanoTime() - deadlineNanos >= 0) {
                return false;
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
        return true;
    }

    /** Looks that follow each other closely would keep out for long who takes a moment to wake up between two of them. */
    private void awaitLetIn(long deadlineNanos) {
        while (upgradesLetIn > 0 && System.nanoTime() - deadlineNanos < 0) {
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    /** Waits while starts are closed. An interrupt ends the wait: SQLite then decides. */
    void awaitStartsOpen() {
        boolean interrupted = false;
        long begun = System.nanoTime();
        synchronized (this) {
            while (!interrupted && startsClosed) {
                interrupted = isInterruptedIn(0);
            }
        }
        waited(begun, interrupted);
    }

    /** Waits while upgrades are closed, and lets a pass count as upgrading before anybody can close them again. */
    void awaitUpgradesOpen(GatePass pass) {
        boolean interrupted = false;
        long begun = System.nanoTime();
        synchronized (this) {
            upgradesWaiting++;
            while (!pass.tryUpgrade() && !interrupted) {
                interrupted = isInterruptedIn(upgradesClosed ? 0 : 1);
            }
            upgradesWaiting--;
            upgradesLetIn = Math.max(0, upgradesLetIn - 1);
        }
        waited(begun, interrupted);
    }

    /** Waits for news; the monitor is held. */
    private boolean isInterruptedIn(long millis) {
        try {
            wait(millis);
            return false;
        } catch (InterruptedException e) {
            return true;
        }
    }

    private void waited(long begunNanos, boolean interrupted) {
        waits.add(System.nanoTime() - begunNanos);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
