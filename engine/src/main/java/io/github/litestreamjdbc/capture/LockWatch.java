package io.github.litestreamjdbc.capture;

import io.github.litestreamjdbc.spi.LogLine;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/**
 * Looks every minute whether SQLite's locks are still there: that on the database file keeps other processes from deleting
 * the WAL, that of our pin from overwriting frames that are not captured. Owned by the capture thread.
 */
final class LockWatch {
    private static final System.Logger LOG = System.getLogger(LockWatch.class.getName());
    private static final long EVERY_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final String name;
    private final Database database;
    private long checkedNanos;
    private boolean missing;
    private boolean pinMissing;

    LockWatch(String name, Database database, long nowNanos) {
        this.name = name;
        this.database = database;
        this.checkedNanos = nowNanos;
    }

    /** Looks, if it is time; says in the log when the lock has gone. */
    void check(long nowNanos) throws IOException {
        if (nowNanos - checkedNanos < EVERY_NANOS) {
            return;
        }
        checkedNanos = nowNanos;
        boolean wasMissing = missing;
        missing = database.isLockMissing();
        if (missing && !wasMissing) {
            LOG.log(
                    System.Logger.Level.ERROR,
                    LogLine.of("database", name)
                            .with("path", database.path())
                            .says("SQLite's lock is gone: something in this JVM opened and closed the file other than"
                                    + " through the driver. Another process may now delete the WAL, and commits with it."
                                    + " Close all connections, and open the database anew"));
        }
        boolean pinWasMissing = pinMissing;
        pinMissing = database.isPinLockMissing();
        if (pinMissing && !pinWasMissing) {
            LOG.log(
                    System.Logger.Level.ERROR,
                    LogLine.of("database", name)
                            .with("path", database.path() + "-shm")
                            .says("SQLite's lock is gone: something in this JVM opened and closed the file. Another"
                                    + " process may now begin the WAL anew before it is captured; that would be noticed,"
                                    + " and cost a full image. Close all connections, and open the database anew"));
        }
    }
}
