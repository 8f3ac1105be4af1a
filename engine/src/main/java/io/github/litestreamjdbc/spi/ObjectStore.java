package io.github.litestreamjdbc.spi;

import java.io.IOException;
import java.time.Instant;
import java.util.Collection;
import java.util.function.Consumer;

/**
 * Bytes under keys. Keys are relative paths of one or more segments joined by {@code /}; what they mean is not the
 * store's business.
 *
 * <p>Safe for use by several threads. An {@link IOException} that is none of the subtypes named below is transient: the
 * same call may succeed later. {@link StoreConfigurationException} is not: somebody has to change something.
 *
 * <p>{@code toString()} names the place for people, without secrets.
 */
public interface ObjectStore extends AutoCloseable {

    /**
     * Visits the objects whose key starts with {@code prefix} and is greater than {@code after}, in ascending order of
     * their keys' bytes. A prefix under which there is nothing, and a replica that was never written to, visit nothing;
     * a replica that cannot be read is an {@link IOException}, never an empty listing.
     *
     * @param prefix whole segments with a trailing {@code /}, or empty for everything
     * @param after a key to start behind, or empty
     */
    void list(String prefix, String after, Consumer<? super StoredObject> visitor) throws IOException;

    /**
     * Opens a range of an object.
     *
     * @param offset first byte, at least 0
     * @param lengthBytes how many at the most; fewer come where the object ends earlier. {@code Long.MAX_VALUE} reads to
     *     the end
     * @throws ObjectNotFoundException if there is no such object
     */
    FetchedObject get(String key, long offset, long lengthBytes) throws IOException;

    /**
     * Stores an object, durably, before it returns. It becomes visible whole or not at all.
     *
     * @param created the instant that the store publishes as the object's creation
     * @throws PreconditionFailedException if {@code precondition} does not hold; nothing was changed then
     */
    StoredObject put(String key, ObjectBody body, Instant created, Precondition precondition) throws IOException;

    /** Deletes objects. One that does not exist counts as deleted. */
    void delete(Collection<String> keys) throws IOException;

    /** Releases what the store holds. Idempotent. */
    @Override
    void close();
}
