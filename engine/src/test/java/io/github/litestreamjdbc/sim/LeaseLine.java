package io.github.litestreamjdbc.sim;

import io.github.litestreamjdbc.spi.FetchedObject;
import io.github.litestreamjdbc.spi.ForwardingStore;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.Precondition;
import io.github.litestreamjdbc.spi.PreconditionFailedException;
import io.github.litestreamjdbc.spi.StoredObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Collection;
import java.util.Random;
import java.util.function.Consumer;

/**
 * One instance's line to the store that all instances share. Requests may be refused, answers may be lost, puts may arrive
 * when they were given up long ago, and the instance may stand still in the middle of a request while the others go on: what
 * it decided before is old when the request arrives.
 */
final class LeaseLine extends ForwardingStore {
    private final MemoryObjectStore remote;
    private final Random random;
    private final Witness witness;
    private double faults;
    private boolean stallNextPut;
    private double stalls;
    private boolean down;
    private boolean dead;

    /** What happens to the requests of an instance. */
    interface Witness {
        /** It is about to change something other than the lease. */
        void sending(String key);

        /** It has changed something. */
        void stored(String key, byte[] bytes);

        /** Lets the others live for a while; returns when the instance goes on. */
        void standStill() throws IOException;

        /** Something that it has sent arrives some time later. */
        void later(Runnable arrival);
    }

    LeaseLine(MemoryObjectStore remote, long seed, Witness witness) {
        super(remote);
        this.remote = remote;
        this.random = new Random(seed);
        this.witness = witness;
    }

    /** How many of the requests fail or lose their answer from here on, and in how many the instance stands still. */
    void faults(double share, double standing) {
        faults = share;
        stalls = standing;
    }

    /** The instance stands still when it has decided to put its next file, and has not sent it. */
    void stallNextPut() {
        stallNextPut = true;
    }

    /** Whether the store has a file of level 0. Asked by nobody but the simulation. */
    boolean isBegun() {
        return remote.objects().keySet().stream().anyMatch(key -> key.startsWith("ltx/0/"));
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
            witness.standStill();
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
            witness.standStill();
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
        boolean lease = key.equals("lock.json");
        if (!lease) {
            witness.sending(key);
        }
        if (!lease && stallNextPut) {
            stallNextPut = false;
            witness.standStill();
        }
        request();
        if (random.nextDouble() < faults / 2) {
            ObjectBody sent = ObjectBody.of(body.open().readAllBytes());
            witness.later(() -> arrive(key, sent, created, precondition));
            throw new IOException("timed out");
        }
        StoredObject stored = super.put(key, body, created, precondition);
        witness.stored(key, remote.objects().get(key).bytes());
        try {
            answer();
        } catch (IOException lost) {
            if (random.nextBoolean()) {
                throw lost;
            }
            // As clients of S3 do by themselves: the request once more, which then meets what it has stored.
            request();
            return super.put(key, body, created, precondition);
        }
        return stored;
    }

    private void arrive(String key, ObjectBody body, Instant created, Precondition precondition) {
        try {
            remote.put(key, body, created, precondition);
            witness.stored(key, remote.objects().get(key).bytes());
        } catch (PreconditionFailedException tooLate) {
            // Nobody hears of it.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void delete(Collection<String> keys) throws IOException {
        keys.forEach(witness::sending);
        request();
        super.delete(keys);
        answer();
    }
}
