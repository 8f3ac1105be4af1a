package io.github.litestreamjdbc.agent;

import java.util.concurrent.atomic.LongAdder;

/**
 * The buffers of one piece of work, counted with those of all others in this JVM until it is closed. Safe for use by several
 * threads, none of which ever waits here.
 */
public final class BufferBytes implements AutoCloseable {
    private static final LongAdder ALL = new LongAdder();

    private final LongAdder ours = new LongAdder();

    /** The work has a buffer more; with a negative length, one less. */
    public void add(long bytes) {
        ours.add(bytes);
        ALL.add(bytes);
    }

    /** The work lets go of all of them. */
    @Override
    public void close() {
        ALL.add(-ours.sumThenReset());
    }

    /** What all work of this JVM holds at present. */
    public static long held() {
        return ALL.sum();
    }
}
