package io.github.litestreamjdbc.agent;

import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;

/**
 * What background work takes from time and chance: the wall clock, monotonic time, and the jitter of retries. The system's
 * in production; a simulation brings its own. Safe for use by several threads.
 */
public interface TimeSource extends InstantSource {
    /** The system's. */
    TimeSource SYSTEM = new TimeSource() {
        @Override
        public Instant instant() {
            return Instant.now();
        }

        @Override
        public long nanoTime() {
            return System.nanoTime();
        }

        @Override
        public RandomGenerator jitter() {
            return ThreadLocalRandom.current();
        }
    };

    /** Monotonic, as {@link System#nanoTime}. */
    long nanoTime();

    /** What spreads retries. */
    RandomGenerator jitter();
}
