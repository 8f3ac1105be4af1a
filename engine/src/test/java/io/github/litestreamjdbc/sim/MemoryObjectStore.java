package io.github.litestreamjdbc.sim;

import io.github.litestreamjdbc.spi.FetchedObject;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.ObjectNotFoundException;
import io.github.litestreamjdbc.spi.ObjectStore;
import io.github.litestreamjdbc.spi.Precondition;
import io.github.litestreamjdbc.spi.PreconditionFailedException;
import io.github.litestreamjdbc.spi.StoredObject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.Collection;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Objects in memory, as the contract of a store has it. For use by one thread. */
final class MemoryObjectStore implements ObjectStore {
    /** A stored object, and the order in which it came. */
    record Content(StoredObject object, byte[] bytes, long version) {}

    private final TreeMap<String, Content> objects = new TreeMap<>();
    private long version;

    TreeMap<String, Content> objects() {
        return objects;
    }

    long version() {
        return version;
    }

    @Override
    public void list(String prefix, String after, Consumer<? super StoredObject> visitor) {
        objects.tailMap(after, false).values().stream()
                .map(Content::object)
                .filter(object -> object.key().startsWith(prefix))
                .toList()
                .forEach(visitor);
    }

    @Override
    public FetchedObject get(String key, long offset, long lengthBytes) throws IOException {
        Content content = objects.get(key);
        if (content == null) {
            throw new ObjectNotFoundException(this + " has no " + key);
        }
        int from = (int) Math.min(offset, content.bytes.length);
        int length = (int) Math.min(lengthBytes, content.bytes.length - from);
        return new FetchedObject(content.object, new ByteArrayInputStream(content.bytes, from, length));
    }

    @Override
    public StoredObject put(String key, ObjectBody body, Instant created, Precondition precondition)
            throws IOException {
        byte[] bytes;
        try (InputStream in = body.open()) {
            bytes = in.readAllBytes();
        }
        Content present = objects.get(key);
        boolean holds = precondition instanceof Precondition.None
                || (precondition instanceof Precondition.IfAbsent && present == null)
                || (precondition instanceof Precondition.IfMatch match
                        && present != null
                        && present.object.etag().equals(match.etag()));
        if (!holds) {
            throw new PreconditionFailedException(this + ": " + key + " is not as expected: " + precondition);
        }
        version++;
        StoredObject object = new StoredObject(key, bytes.length, created, Long.toString(version));
        objects.put(key, new Content(object, bytes, version));
        return object;
    }

    @Override
    public void delete(Collection<String> keys) {
        objects.keySet().removeAll(keys);
        version++;
    }

    @Override
    public void close() {}

    @Override
    public String toString() {
        return "memory:";
    }
}
