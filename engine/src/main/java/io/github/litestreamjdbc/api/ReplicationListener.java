package io.github.litestreamjdbc.api;

/**
 * Told of events. Found through {@link java.util.ServiceLoader}, or given to the engine's {@code Databases.addListener}.
 * Called on the thread on which the event happens; must not block. What it throws is logged and ignored.
 */
public interface ReplicationListener {
    /** Something happened to the replication of a database. */
    default void happened(ReplicationEvent event) {}

    /** A restore has come further: a file was finished, or another 64 MiB was read. */
    default void restoring(RestoreProgress progress) {}

    /** A restore has ended well. */
    default void restored(RestoreReport report) {}

    /**
     * A database is being opened, and restored first if that is due; its readings can be had from the engine's {@code
     * Databases.readings} from here on.
     */
    default void opened(String database) {}

    /** A database is closed, or could not be opened, and its readings have gone. */
    default void closed(String database) {}
}
