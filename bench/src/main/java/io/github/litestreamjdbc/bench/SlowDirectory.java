package io.github.litestreamjdbc.bench;

import io.github.litestreamjdbc.spi.DirectoryStore;
import io.github.litestreamjdbc.spi.FetchedObject;
import io.github.litestreamjdbc.spi.FileModes;
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
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/** {@code slow:<milliseconds>:<directory>}: a directory whose puts take a while, as a network's do. */
public final class SlowDirectory implements ObjectStoreProvider {
    /** Puts since the start. */
    static final AtomicLong PUTS = new AtomicLong();

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

    private record Slow(DirectoryStore directory, long nanos) implements ObjectStore {
        @Override
        public void list(String prefix, String after, Consumer<? super StoredObject> visitor) throws IOException {
            directory.list(prefix, after, visitor);
        }

        @Override
        public FetchedObject get(String key, long offset, long lengthBytes) throws IOException {
            return directory.get(key, offset, lengthBytes);
        }

        @Override
        public StoredObject put(String key, ObjectBody body, Instant created, Precondition precondition)
                throws IOException {
            PUTS.incrementAndGet();
            long until = System.nanoTime() + nanos;
            for (long left = nanos; left > 0; left = until - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
            return directory.put(key, body, created, precondition);
        }

        @Override
        public void delete(Collection<String> keys) throws IOException {
            directory.delete(keys);
        }

        @Override
        public void close() {
            directory.close();
        }
    }
}
