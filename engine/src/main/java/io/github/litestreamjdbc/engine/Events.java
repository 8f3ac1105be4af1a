package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.api.ReplicationEvent;
import java.time.Instant;
import java.util.function.BiConsumer;

/** Tells listeners, and who watches through JMX, what happens to one database. Safe for use by several threads. */
final class Events implements BiConsumer<ReplicationEvent.Kind, String> {
    private final String database;
    private volatile Beans.Registration bean;

    Events(String database) {
        this.database = database;
    }

    /** From here on a bean notifies too; null if there is none. */
    void bean(Beans.Registration registered) {
        bean = registered;
    }

    @Override
    public void accept(ReplicationEvent.Kind kind, String reason) {
        ReplicationEvent event = new ReplicationEvent(kind, database, Instant.now(), reason);
        Listeners.tell(listener -> listener.happened(event));
        Beans.Registration registered = bean;
        if (registered != null) {
            registered.notifyOf(event);
        }
    }
}
