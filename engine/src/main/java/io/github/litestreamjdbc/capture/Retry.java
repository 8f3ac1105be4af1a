package io.github.litestreamjdbc.capture;

import java.sql.SQLException;
import java.util.concurrent.locks.LockSupport;

/** Short waits inside the capture thread, for answers that SQLite gives in a moment. */
final class Retry {
    /** Together some 10 s: recovery of a WAL of several GB, run by another process, takes seconds. */
    private static final int TURNS = 10_000;

    private static final long PAUSE_NANOS = 1_000_000;

    private Retry() {}

    /** Some work in SQLite. */
    interface Work {
        void run() throws SQLException;
    }

    /** Repeats it while SQLite is busy. */
    static void untilNotBusy(Work work) throws SQLException {
        for (int turn = 1; ; turn++) {
            try {
                work.run();
                return;
            } catch (SQLException e) {
                if (!EngineConnection.isBusy(e) || turn == TURNS) {
                    throw e;
                }
            }
            pause();
        }
    }

    static void pause() {
        // An interrupt means nothing to us, and while it is pending no pause would be one.
        Thread.interrupted();
        LockSupport.parkNanos(PAUSE_NANOS);
    }
}
