package io.github.litestreamjdbc.sim;

import io.github.litestreamjdbc.agent.TimeSource;
import java.time.Instant;
import java.util.Random;
import java.util.random.RandomGenerator;

/** Time that stands still until it is moved. The wall clock may be set, forwards and backwards; the monotonic one not. */
final class VirtualTime implements TimeSource {
    private static final long START_MILLIS = 1_800_000_000_000L;

    private final Random jitter;
    private long nanos = 1;
    private long wallOffsetMillis = START_MILLIS;

    VirtualTime(long seed) {
        jitter = new Random(seed);
    }

    void advance(long byNanos) {
        nanos += byNanos;
    }

    /** Somebody sets the clock. */
    void setWall(long byMillis) {
        wallOffsetMillis += byMillis;
    }

    @Override
    public Instant instant() {
        return Instant.ofEpochMilli(wallOffsetMillis + nanos / 1_000_000);
    }

    @Override
    public long nanoTime() {
        return nanos;
    }

    @Override
    public RandomGenerator jitter() {
        return jitter;
    }
}
