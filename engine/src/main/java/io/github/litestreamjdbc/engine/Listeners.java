package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.api.ReplicationListener;
import io.github.litestreamjdbc.spi.LogLine;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Those who are told of events. Safe for use by several threads. */
final class Listeners {
    private static final System.Logger LOG = System.getLogger(Listeners.class.getName());

    private static final List<ReplicationListener> LISTENERS = new CopyOnWriteArrayList<>();

    static {
        ServiceLoader.load(ReplicationListener.class, Listeners.class.getClassLoader())
                .forEach(LISTENERS::add);
    }

    private Listeners() {}

    static void add(ReplicationListener listener) {
        LISTENERS.add(listener);
    }

    static void remove(ReplicationListener listener) {
        LISTENERS.remove(listener);
    }

    static void tell(Consumer<? super ReplicationListener> event) {
        for (ReplicationListener listener : LISTENERS) {
            try {
                event.accept(listener);
            } catch (RuntimeException | Error e) {
                // Ours goes on, also where theirs was unloaded meanwhile.
                LOG.log(
                        System.Logger.Level.WARNING,
                        LogLine.of("listener", listener.getClass().getName()).says("failed", e));
            }
        }
    }
}
