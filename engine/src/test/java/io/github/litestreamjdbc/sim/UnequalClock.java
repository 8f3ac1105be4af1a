package io.github.litestreamjdbc.sim;

import io.github.litestreamjdbc.agent.TimeSource;
import java.time.Instant;
import java.util.random.RandomGenerator;

/** The clock of a machine that runs at another pace, and thinks that it is another time. */
record UnequalClock(VirtualTime time, double pace, long aheadSeconds) implements TimeSource {
    @Override
    public Instant instant() {
        return time.instant().plusSeconds(aheadSeconds);
    }

    @Override
    public long nanoTime() {
        return (long) (time.nanoTime() * pace);
    }

    @Override
    public RandomGenerator jitter() {
        return time.jitter();
    }
}
