package io.github.litestreamjdbc.engine;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Lets auto-commit statements that wait for the replica go to SQLite one after the other. One upload confirms many of them
 * at once, and all write again at once: left to SQLite, who finds the write lock taken sleeps, for up to 100 ms after some
 * tries, and misses the next upload. Only an order, not a lock: who does not get its turn soon goes without. Safe for use by
 * several threads.
 */
final class WriteTurn {
    private static final Duration PATIENCE = Duration.ofMillis(100);

    private final ReentrantLock lock = new ReentrantLock();

    /** Waits a moment; whether the turn was got, and is to be given back. */
    boolean take() {
        try {
            return lock.tryLock(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    void giveBack() {
        lock.unlock();
    }
}
