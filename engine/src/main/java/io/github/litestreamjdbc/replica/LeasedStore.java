package io.github.litestreamjdbc.replica;

import io.github.litestreamjdbc.spi.ForwardingStore;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.ObjectStore;
import io.github.litestreamjdbc.spi.Precondition;
import io.github.litestreamjdbc.spi.PreconditionFailedException;
import io.github.litestreamjdbc.spi.StoredObject;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Instant;
import java.util.Collection;

/**
 * A store that is changed only while the lease is ours, which is looked at before each change. What reaches the store
 * although the process was stopped in between meets the condition of its put; where that finds nothing any more, because
 * another instance has taken over, merged and emptied the key meanwhile, nobody is told that it was stored.
 */
public final class LeasedStore extends ForwardingStore {
    private final LeaseAgent lease;
    private final boolean fresh;

    /** @param fresh whether changes wait for a lease confirmed within a third of its time: merging and deleting */
    public LeasedStore(ObjectStore store, LeaseAgent lease, boolean fresh) {
        super(store);
        this.lease = lease;
        this.fresh = fresh;
    }

    private void check() throws IOException {
        try {
            if (fresh ? !lease.awaitFresh(lease.ttl()) : !lease.isOpen()) {
                throw notConfirmed();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for the lease");
        }
    }

    private IOException notConfirmed() {
        return new IOException("the lease is not confirmed"
                + lease.lostReason().map(reason -> ": " + reason).orElse(""));
    }

    @Override
    public StoredObject put(String key, ObjectBody body, Instant created, Precondition precondition)
            throws IOException {
        check();
        StoredObject stored;
        try {
            stored = super.put(key, body, created, precondition);
        } catch (PreconditionFailedException taken) {
            if (lease.isOpen()) {
                throw taken;
            }
            // What is found there may be our own, of an attempt whose answer was lost.
            throw notConfirmed();
        }
        if (!lease.isOpen()) {
            throw notConfirmed();
        }
        return stored;
    }

    @Override
    public void delete(Collection<String> keys) throws IOException {
        check();
        super.delete(keys);
    }
}
