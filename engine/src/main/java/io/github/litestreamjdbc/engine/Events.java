package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.api.ReplicationEvent;
import io.github.litestreamjdbc.spi.LogLine;
import java.time.Instant;
import java.util.function.BiConsumer;

/** Tells listeners, and who watches through JMX, what happens to one database. Safe for use by several threads. */
final class Events implements BiConsumer<ReplicationEvent.Kind, String> {
    private static final System.Logger LOG = System.getLogger(Events.class.getName());

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
        log(event);
        Listeners.tell(listener -> listener.happened(event));
        Beans.Registration registered = bean;
        if (registered == null) {
            return;
        }
        try {
            registered.notifyOf(event);
        } catch (RuntimeException | Error e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    LogLine.of("database", database).with("event", kind).says("a JMX listener failed", e));
        }
    }

    /** Whoever meets the other events says more about them. */
    private static void log(ReplicationEvent event) {
        switch (event.kind()) {
            case LAGGING -> LOG.log(System.Logger.Level.WARNING, line(event));
            case CAUGHT_UP -> LOG.log(System.Logger.Level.INFO, line(event));
            default -> {}
        }
    }

    private static String line(ReplicationEvent event) {
        return LogLine.of("database", event.database())
                .with("event", event.kind())
                .says(event.reason());
    }
}
