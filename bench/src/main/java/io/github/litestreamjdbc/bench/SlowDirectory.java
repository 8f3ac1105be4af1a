package io.github.litestreamjdbc.bench;

import io.github.litestreamjdbc.spi.DirectoryStore;
import io.github.litestreamjdbc.spi.FileModes;
import io.github.litestreamjdbc.spi.ForwardingStore;
import io.github.litestreamjdbc.spi.KeyLayout;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.ObjectStore;
import io.github.litestreamjdbc.spi.ObjectStoreProvider;
import io.github.litestreamjdbc.spi.Precondition;
import io.github.litestreamjdbc.spi.StoreRequest;
import io.github.litestreamjdbc.spi.StoredObject;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** {@code slow:<milliseconds>:<directory>}: a directory whose puts take a while, as a network's do. */
public final class SlowDirectory implements ObjectStoreProvider {
    /** Puts since the start. */
    static final AtomicLong PUTS = new AtomicLong();

    /** How long they took together. */
    static final AtomicLong PUT_NANOS = new AtomicLong();

    /** For {@link java.util.ServiceLoader}. */
    public SlowDirectory() {}

    @Override
    public Set<String> schemes() {
        return Set.of("slow");
    }

    @Override
    public KeyLayout layout() {
        return KeyLayout.DIRECTORY;
    }

    @Override
    public ObjectStore open(StoreRequest request) throws IOException {
        String[] parts = request.url().split(":", 3);
        DirectoryStore directory =
                new DirectoryStore(Path.of(parts[2]), FileModes.like(request.databaseFile()), request.mustExist());
        return new Slow(directory, TimeUnit.MILLISECONDS.toNanos(Long.parseLong(parts[1])));
    }

    private static final class Slow extends ForwardingStore {
        private final long latencyNanos;

        Slow(DirectoryStore directory, long latencyNanos) {
            super(directory);
            this.latencyNanos = latencyNanos;
        }

        /** What the directory itself takes, which syncs, is part of the latency. */
        @Override
        public StoredObject put(String key, ObjectBody body, Instant created, Precondition precondition)
                throws IOException {
            PUTS.incrementAndGet();
            long begun = System.nanoTime();
            try {
                return super.put(key, body, created, precondition);
            } finally {
                long took = System.nanoTime() - begun;
                PUT_NANOS.addAndGet(Math.max(took, latencyNanos));
                for (long left = latencyNanos - took; left > 0; left = begun + latencyNanos - System.nanoTime()) {
                    LockSupport.parkNanos(left);
                }
            }
        }
    }
}
