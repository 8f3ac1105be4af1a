package io.github.litestreamjdbc.sim;

import io.github.litestreamjdbc.sim.Tally.Event;
import io.github.litestreamjdbc.spi.FetchedObject;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.ObjectStore;
import io.github.litestreamjdbc.spi.Precondition;
import io.github.litestreamjdbc.spi.StoredObject;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.Collection;
import java.util.Random;
import java.util.function.Consumer;

/**
 * One process's line to the remote store. What may happen on it: requests that are refused, answers that are lost after the
 * work was done, reads that break off, listings that do not show the newest objects yet, requests that take long. What may
 * not, because no store that is supported does it: objects that are visible in part, or lost once acknowledged.
 */
final class FaultyObjectStore implements ObjectStore {
    private final MemoryObjectStore remote;
    private final VirtualTime time;
    private final Random random;
    private final RemoteOracle oracle;
    private final AfterPut afterPut;
    private final Tally tally;

    private double faults;
    private boolean stale;
    private boolean down;
    private boolean dead;

    /** Told of every put that took effect, also of one whose answer is lost. */
    @FunctionalInterface
    interface AfterPut {
        /** The bytes are in the remote store now. */
        void stored(String key, byte[] bytes);
    }

    FaultyObjectStore(
            MemoryObjectStore remote,
            VirtualTime time,
            long seed,
            RemoteOracle oracle,
            AfterPut afterPut,
            Tally tally) {
        this.remote = remote;
        this.time = time;
        this.random = new Random(seed);
        this.oracle = oracle;
        this.afterPut = afterPut;
        this.tally = tally;
    }

    /** How many of the requests fail from here on, 0 to 1, and whether listings are behind. */
    void faults(double share, boolean staleListings) {
        faults = share;
        stale = staleListings;
    }

    /** An outage begins or ends. */
    void down(boolean isDown) {
        down = isDown;
    }

    /** The process is dead: nothing of it reaches the store any more. */
    void kill() {
        dead = true;
    }

    /** Another process of the same machine uses the line. */
    void revive() {
        dead = false;
    }

    private boolean strikes(Event event) {
        boolean strikes = random.nextDouble() < faults;
        if (strikes) {
            tally.count(event);
        }
        return strikes;
    }

    private void request() throws IOException {
        if (dead || down) {
            if (down) {
                tally.count(Event.OUTAGE);
            }
            throw new IOException("no route to host");
        }
        if (strikes(Event.DELAYED)) {
            time.advance(random.nextInt(1, 5_000) * 1_000_000L);
        }
        if (strikes(Event.THROTTLED)) {
            throw new IOException("503 slow down");
        }
    }

    private void answer() throws IOException {
        if (strikes(Event.ANSWER_LOST)) {
            throw new IOException("connection reset: the answer is lost");
        }
    }

    @Override
    public void list(String prefix, String after, Consumer<? super StoredObject> visitor) throws IOException {
        request();
        // Behind by a few puts, as an eventually consistent listing is; the first objects are always seen.
        long seen = stale ? Math.max(1, remote.version() - random.nextInt(3)) : Long.MAX_VALUE;
        remote.list(prefix, after, object -> {
            if (remote.objects().get(object.key()).version() <= seen) {
                visitor.accept(object);
            } else {
                tally.count(Event.LISTING_STALE);
            }
        });
        answer();
    }

    @Override
    public FetchedObject get(String key, long offset, long lengthBytes) throws IOException {
        request();
        FetchedObject fetched = remote.get(key, offset, lengthBytes);
        long left = strikes(Event.READ_BROKEN) ? random.nextInt(2000) : Long.MAX_VALUE;
        return new FetchedObject(fetched.object(), new BreakingStream(fetched.content(), left));
    }

    private static final class BreakingStream extends FilterInputStream {
        private long left;

        BreakingStream(InputStream in, long left) {
            super(in);
            this.left = left;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int at, int length) throws IOException {
            if (left <= 0) {
                throw new IOException("the connection broke");
            }
            int n = in.read(into, at, (int) Math.min(left, length));
            left -= Math.max(0, n);
            return n;
        }
    }

    @Override
    public StoredObject put(String key, ObjectBody body, Instant created, Precondition precondition)
            throws IOException {
        request();
        StoredObject stored = remote.put(key, body, created, precondition);
        tally.count(key.contains("/0/") ? Event.UPLOADED : key.contains("/9/") ? Event.SNAPSHOT : Event.MERGED);
        afterPut.stored(key, remote.objects().get(key).bytes());
        answer();
        return stored;
    }

    @Override
    public void delete(Collection<String> keys) throws IOException {
        request();
        oracle.deleting(keys, time.instant());
        tally.count(Event.DELETED);
        answer();
    }

    @Override
    public void close() {}

    @Override
    public String toString() {
        return "simulated:";
    }
}
