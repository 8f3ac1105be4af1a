package io.github.litestreamjdbc.agent;

/**
 * A piece of background work. It is stepped by one thread at a time, so that its state needs no locks; successive steps
 * may run on different threads, each of which sees what the step before it wrote.
 */
@FunctionalInterface
public interface Agent {
    /**
     * Does a bounded piece of work.
     *
     * @param nowNanos {@link System#nanoTime} as of the call
     * @return when it wants to be stepped again
     */
    Next step(long nowNanos);

    /**
     * When the next step is due.
     *
     * @param delayNanos how long to wait; {@code Long.MAX_VALUE} waits for a wake-up only
     * @param hintable whether {@link AgentHandle#hint} ends the wait; {@link AgentHandle#wake} always does
     */
    record Next(long delayNanos, boolean hintable) {
        private static final Next IDLE = new Next(Long.MAX_VALUE, true);

        /** Nothing to do until a hint or a wake-up. */
        public static Next idle() {
            return IDLE;
        }

        /** Due after a while, or at the next hint. */
        public static Next within(long delayNanos) {
            return new Next(delayNanos, true);
        }

        /** The same, but due after this while at the latest. */
        public Next atMost(long nanos) {
            return nanos < delayNanos ? new Next(nanos, hintable) : this;
        }

        /** Due after a while; hints are taken care of then. */
        public static Next paced(long delayNanos) {
            return new Next(delayNanos, false);
        }
    }
}
