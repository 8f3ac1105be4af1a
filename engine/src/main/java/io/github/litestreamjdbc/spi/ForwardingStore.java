package io.github.litestreamjdbc.spi;

import java.io.IOException;
import java.time.Instant;
import java.util.Collection;
import java.util.function.Consumer;

/**
 * A store that asks another one for everything; a subclass changes what it is there for. Forwards every method, so that
 * none of the answers of the store below, as to conditions, gets lost on the way.
 */
public abstract class ForwardingStore implements ObjectStore {
    private final ObjectStore store;

    /** Over a store. */
    protected ForwardingStore(ObjectStore store) {
        this.store = store;
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
        return store.put(key, body, created, precondition);
    }

    @Override
    public void delete(Collection<String> keys) throws IOException {
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
