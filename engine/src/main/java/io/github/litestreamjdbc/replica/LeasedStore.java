package io.github.litestreamjdbc.replica;

import io.github.litestreamjdbc.spi.FetchedObject;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.ObjectStore;
import io.github.litestreamjdbc.spi.Precondition;
import io.github.litestreamjdbc.spi.StoreCounters;
import io.github.litestreamjdbc.spi.StoredObject;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Instant;
import java.util.Collection;
import java.util.function.Consumer;

/**
 * A store that is changed only while the lease is ours, which is looked at before each change. What reaches the store
 * although the process was stopped in between meets the condition of its put.
 */
public final class LeasedStore implements ObjectStore {
    private final ObjectStore store;
    private final LeaseAgent lease;
    private final boolean fresh;

    /** @param fresh whether changes wait for a lease confirmed within a third of its time: merging and deleting */
    public LeasedStore(ObjectStore store, LeaseAgent lease, boolean fresh) {
        this.store = store;
        this.lease = lease;
        this.fresh = fresh;
    }

    private void check() throws IOException {
        try {
            if (fresh ? !lease.awaitFresh(lease.ttl()) : !lease.isOpen()) {
                throw new IOException("the lease is not confirmed"
                        + lease.lostReason().map(reason -> ": " + reason).orElse(""));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for the lease");
        }
    }

    @Override
    public void list(String prefix, String after, Consumer<? super StoredObject> visitor) throws IOException {
        store.list(prefix, after, visitor);
    }

    @Override
    public FetchedObject get(String key, long offset, long lengthBytes) throws IOException {
        return store.get(key, offset, lengthBytes);
    }

    @Override
    public StoredObject put(String key, ObjectBody body, Instant created, Precondition precondition)
            throws IOException {
        check();
        return store.put(key, body, created, precondition);
    }

    @Override
    public void delete(Collection<String> keys) throws IOException {
        check();
        store.delete(keys);
    }

    @Override
    public Instant created(String key, Instant listed) throws IOException {
        return store.created(key, listed);
    }

    @Override
    public boolean createsExclusively() throws IOException {
        return store.createsExclusively();
    }

    @Override
    public boolean replacesExclusively() throws IOException {
        return store.replacesExclusively();
    }

    @Override
    public StoreCounters counters() {
        return store.counters();
    }

    @Override
    public void close() {
        store.close();
    }

    @Override
    public String toString() {
        return store.toString();
    }
}
