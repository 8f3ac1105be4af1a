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

    /**
     * The published creation of an object that was listed, as exactly as the store knows it. May cost a request for each
     * object where a listing cannot tell; callers ask for many at once from several threads.
     *
     * @param key of the object
     * @param listed what the listing said
     * @throws ObjectNotFoundException if the object has gone since
     */
    default Instant created(String key, Instant listed) throws IOException {
        return listed;
    }

    /**
     * Whether {@link Precondition#IF_ABSENT} has one winner here even among several machines. A store that cannot tell by
     * itself tries it out once. Where it is false, the store looks before it puts: it still never replaces on purpose, but
     * two writers at the same instant may go unnoticed.
     */
    default boolean createsExclusively() throws IOException {
        return true;
    }

    /** Whether {@link Precondition.IfMatch} has one winner here even among several machines; as the above. */
    default boolean replacesExclusively() throws IOException {
        return true;
    }

    /** What was asked of the store since it was opened. Without I/O. */
    default StoreCounters counters() {
        return StoreCounters.NONE;
    }

    /** Releases what the store holds. Idempotent. */
    @Override
    void close();
}
