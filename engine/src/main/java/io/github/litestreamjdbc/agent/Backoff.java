package io.github.litestreamjdbc.agent;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** Delays between attempts: doubling from a first to a largest, each shortened at random by up to a half. */
public final class Backoff {
    private final long firstNanos;
    private final long mostNanos;
    private final RandomGenerator random;
    private long nextNanos;

    /** A schedule that begins with {@code first}. */
    public Backoff(Duration first, Duration most, RandomGenerator random) {
        this.firstNanos = first.toNanos();
        this.mostNanos = most.toNanos();
        this.random = random;
        this.nextNanos = firstNanos;
    }

    /** The delay before the next attempt, in nanoseconds. */
    public long nextNanos() {
        long delayNanos = nextNanos;
        nextNanos = Math.min(mostNanos, nextNanos * 2);
        return delayNanos / 2 + random.nextLong(delayNanos / 2 + 1);
    }

    /** Begins again: an attempt succeeded, or somebody asked. */
    public void reset() {
        nextNanos = firstNanos;
    }
}
