package io.github.litestreamjdbc.replica;

import io.github.litestreamjdbc.spi.FetchedObject;
import io.github.litestreamjdbc.spi.ForwardingStore;
import io.github.litestreamjdbc.spi.ObjectStore;
import io.github.litestreamjdbc.spi.StoredObject;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * A store whose objects are read no faster than allowed, all reads together, and no further once the reader has to end.
 * Whoever opened the store below closes it. Safe for use by several threads.
 */
final class ReadLimit extends ForwardingStore {
    /** An end is noticed within this. */
    private static final long LONGEST_PAUSE_NANOS = 50_000_000;

    /** Larger reads would make the pauses long, and the traffic bursts. */
    private static final int LARGEST_READ = 64 << 10;

    private final double nanosPerByte;
    private final BooleanSupplier ending;
    private final LongSupplier nanoTime;
    private final LongConsumer pause;

    /** When what was read so far may have been read. */
    private long paidUntilNanos;

    /**
     * Over a store.
     *
     * @param bytesPerSecond at least 1
     * @param ending asked often; once true, reads fail
     * @param nanoTime as {@link System#nanoTime}
     * @param pause waits for some nanoseconds
     */
    ReadLimit(
            ObjectStore store, long bytesPerSecond, BooleanSupplier ending, LongSupplier nanoTime, LongConsumer pause) {
        super(store);
        this.nanosPerByte = 1e9 / bytesPerSecond;
        this.ending = ending;
        this.nanoTime = nanoTime;
        this.pause = pause;
        this.paidUntilNanos = nanoTime.getAsLong();
    }

    private void pay(int bytes) throws IOException {
        long until = charge(bytes);
        for (long left = until - nanoTime.getAsLong(); left > 0; left = until - nanoTime.getAsLong()) {
            refuseIfEnding();
            pause.accept(Math.min(left, LONGEST_PAUSE_NANOS));
        }
        refuseIfEnding();
    }

    private synchronized long charge(int bytes) {
        long now = nanoTime.getAsLong();
        long from = paidUntilNanos - now > 0 ? paidUntilNanos : now;
        paidUntilNanos = from + (long) (bytes * nanosPerByte);
        return paidUntilNanos;
    }

    private void refuseIfEnding() throws IOException {
        if (ending.getAsBoolean()) {
            throw new IOException("given up: replication has ended");
        }
    }

    @Override
    public FetchedObject get(String key, long offset, long lengthBytes) throws IOException {
        refuseIfEnding();
        FetchedObject fetched = super.get(key, offset, lengthBytes);
        return new FetchedObject(fetched.object(), new LimitedStream(fetched.content()));
    }

    private final class LimitedStream extends FilterInputStream {
        LimitedStream(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            int value = super.read();
            pay(value < 0 ? 0 : 1);
            return value;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int count = super.read(bytes, offset, Math.min(length, LARGEST_READ));
            pay(Math.max(count, 0));
            return count;
        }
    }

    @Override
    public void list(String prefix, String after, Consumer<? super StoredObject> visitor) throws IOException {
        refuseIfEnding();
        super.list(prefix, after, visitor);
    }

    /** Whoever opened it closes it. */
    @Override
    public void close() {}
}
