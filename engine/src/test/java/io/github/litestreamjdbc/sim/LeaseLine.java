package io.github.litestreamjdbc.sim;

import io.github.litestreamjdbc.sim.FaultyObjectStore.AfterPut;
import io.github.litestreamjdbc.spi.FetchedObject;
import io.github.litestreamjdbc.spi.ForwardingStore;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.Precondition;
import io.github.litestreamjdbc.spi.StoredObject;
import java.io.IOException;
import java.time.Instant;
import java.util.Collection;
import java.util.Random;
import java.util.function.Consumer;

/**
 * One instance's line to the store that all instances share. Requests may be refused, answers may be lost, and the instance
 * may stand still in the middle of a request while the others go on: what it decided before is old when the request arrives.
 */
final class LeaseLine extends ForwardingStore {
    private final MemoryObjectStore remote;
    private final Random random;
    private final AfterPut afterPut;
    private final Stall stall;
    private double faults;
    private double stalls;
    private boolean down;
    private boolean dead;

    /** Lets the others live for a while. */
    @FunctionalInterface
    interface Stall {
        /** Returns when the instance goes on. */
        void standStill() throws IOException;
    }

    LeaseLine(MemoryObjectStore remote, long seed, AfterPut afterPut, Stall stall) {
        super(remote);
        this.remote = remote;
        this.random = new Random(seed);
        this.afterPut = afterPut;
        this.stall = stall;
    }

    /** How many of the requests fail or lose their answer from here on, and in how many the instance stands still. */
    void faults(double share, double standing) {
        faults = share;
        stalls = standing;
    }

    void down(boolean isDown) {
        down = isDown;
    }

    /** The process is dead: nothing of it reaches the store any more. */
    void kill() {
        dead = true;
    }

    private void request() throws IOException {
        if (random.nextDouble() < stalls) {
            stall.standStill();
        }
        if (dead || down) {
            throw new IOException("no route to host");
        }
        if (random.nextDouble() < faults) {
            throw new IOException("503 slow down");
        }
    }

    private void answer() throws IOException {
        if (random.nextDouble() < stalls) {
            stall.standStill();
        }
        if (random.nextDouble() < faults) {
            throw new IOException("connection reset: the answer is lost");
        }
    }

    @Override
    public void list(String prefix, String after, Consumer<? super StoredObject> visitor) throws IOException {
        request();
        super.list(prefix, after, visitor);
    }

    @Override
    public FetchedObject get(String key, long offset, long lengthBytes) throws IOException {
        request();
        FetchedObject fetched = super.get(key, offset, lengthBytes);
        answer();
        return fetched;
    }

    @Override
    public StoredObject put(String key, ObjectBody body, Instant created, Precondition precondition)
            throws IOException {
        request();
        StoredObject stored = super.put(key, body, created, precondition);
        afterPut.stored(key, remote.objects().get(key).bytes());
        answer();
        return stored;
    }

    @Override
    public void delete(Collection<String> keys) throws IOException {
        request();
        super.delete(keys);
        answer();
    }
}
