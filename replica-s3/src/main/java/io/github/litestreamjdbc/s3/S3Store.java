package io.github.litestreamjdbc.s3;

import io.github.litestreamjdbc.spi.FetchedObject;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.ObjectStore;
import io.github.litestreamjdbc.spi.Precondition;
import io.github.litestreamjdbc.spi.StoreCounters;
import io.github.litestreamjdbc.spi.StoredObject;
import java.io.IOException;
import java.time.Instant;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** Objects below a path of a bucket. Safe for use by several threads. */
final class S3Store implements ObjectStore {
    private final S3Settings settings;
    private final SharedClient shared;
    private final RequestCounter counter = new RequestCounter();
    private final ObjectReads reads;
    private final ObjectWrites writes;
    private final Deletions deletions;
    private final AtomicBoolean closed = new AtomicBoolean();

    S3Store(S3Settings settings, SharedClient shared) {
        this.settings = settings;
        this.shared = shared;
        Requests requests = new Requests(settings, counter);
        Sender sender = new Sender(settings, shared, requests);
        String root = settings.path() + "/";
        this.reads = new ObjectReads(sender, requests, settings.place(), root);
        this.writes = new ObjectWrites(sender, requests, settings, shared, reads, root);
        this.deletions = new Deletions(sender, requests, settings, root);
    }

    @Override
    public void list(String prefix, String after, Consumer<? super StoredObject> visitor) throws IOException {
        reads.list(prefix, after, visitor);
    }

    @Override
    public FetchedObject get(String key, long offset, long lengthBytes) throws IOException {
        return reads.get(key, offset, lengthBytes);
    }

    @Override
    public StoredObject put(String key, ObjectBody body, Instant created, Precondition precondition)
            throws IOException {
        return writes.put(key, body, created, precondition);
    }

    @Override
    public void delete(Collection<String> keys) throws IOException {
        deletions.delete(keys);
    }

    @Override
    public Instant created(String key, Instant listed) throws IOException {
        return reads.created(key);
    }

    @Override
    public boolean createsExclusively() throws IOException {
        return writes.conditions().ifAbsent();
    }

    @Override
    public boolean replacesExclusively() throws IOException {
        return writes.conditions().ifMatch();
    }

    @Override
    public StoreCounters counters() {
        return counter.counters();
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            shared.release();
        }
    }

    @Override
    public String toString() {
        return settings.place();
    }
}
