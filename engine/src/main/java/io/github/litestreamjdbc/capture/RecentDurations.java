package io.github.litestreamjdbc.capture;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * Durations of the last five minutes, the newest 512 at the most, and what percentage of them stayed below which. Safe for
 * use by several threads; nobody holds its monitor for longer than it takes to copy some numbers.
 */
public final class RecentDurations {
    private static final long WINDOW_NANOS = TimeUnit.MINUTES.toNanos(5);
    private static final int MOST = 512;

    private final long[] addedNanos = new long[MOST];
    private final long[] durationsNanos = new long[MOST];

    /** How many there ever were; the newest is at the index before it, modulo {@link #MOST}. */
    private long count;

    private long maxNanos;

    /** Adds one that ended now. */
    public void add(long durationNanos) {
        add(durationNanos, System.nanoTime());
    }

    synchronized void add(long durationNanos, long nowNanos) {
        int at = (int) (count++ % MOST);
        addedNanos[at] = nowNanos;
        durationsNanos[at] = durationNanos;
        maxNanos = Math.max(maxNanos, durationNanos);
    }

    /** The longest there ever was, in milliseconds; 0 before the first. */
    public synchronized double maxMillis() {
        return maxNanos / 1e6;
    }

    /**
     * The duration, in milliseconds, that a part of the recent ones did not exceed; 0 if there are none.
     *
     * @param part above 0, at most 1
     */
    public double millis(double part) {
        return millis(part, System.nanoTime());
    }

    double millis(double part, long nowNanos) {
        long[] recent = recent(nowNanos);
        Arrays.sort(recent);
        return recent.length == 0 ? 0 : recent[(int) Math.ceil(part * recent.length) - 1] / 1e6;
    }

    private synchronized long[] recent(long nowNanos) {
        int kept = (int) Math.min(count, MOST);
        long[] recent = new long[kept];
        int found = 0;
        for (int i = 0; i < kept; i++) {
            if (nowNanos - addedNanos[i] <= WINDOW_NANOS) {
                recent[found++] = durationsNanos[i];
            }
        }
        return Arrays.copyOf(recent, found);
    }
}
