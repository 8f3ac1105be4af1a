package io.github.litestreamjdbc.micrometer;

import io.github.litestreamjdbc.api.Metric;
import io.github.litestreamjdbc.api.Metrics;
import io.github.litestreamjdbc.api.ReplicationListener;
import io.github.litestreamjdbc.api.ReplicationMXBean;
import io.github.litestreamjdbc.engine.Databases;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The readings of all databases of this JVM as Micrometer's meters, tagged {@code database} and {@code replica}: those of a
 * database are there while it is open. In Prometheus they have the names that {@code metrics-address} serves. Reading a meter
 * waits for nobody and does no I/O. Safe for use by several threads.
 */
// Modules that use it require Micrometer themselves.
@SuppressWarnings("exports")
public final class LitestreamMetrics implements MeterBinder, ReplicationListener, AutoCloseable {
    /** Per registry and database: what is registered. Guarded by this. */
    private final Map<MeterRegistry, Map<ReplicationMXBean, List<Meter>>> bound = new HashMap<>();

    /** Bound to no registry yet. */
    public LitestreamMetrics() {}

    @Override
    public void bindTo(MeterRegistry registry) {
        synchronized (this) {
            if (bound.isEmpty()) {
                Databases.addListener(this);
            }
            bound.putIfAbsent(registry, new HashMap<>());
        }
        Metrics.ofRuntime().forEach(metric -> register(registry, metric, Databases.runtime(), Tags.empty()));
        refresh();
    }

    @Override
    public void opened(String database) {
        refresh();
    }

    @Override
    public void closed(String database) {
        refresh();
    }

    private synchronized void refresh() {
        Map<String, ReplicationMXBean> open = Databases.readings();
        bound.forEach((registry, databases) -> {
            databases.entrySet().removeIf(known -> {
                boolean gone = !open.containsValue(known.getKey());
                if (gone) {
                    known.getValue().forEach(registry::remove);
                }
                return gone;
            });
            open.forEach((name, bean) -> databases.computeIfAbsent(bean, added -> register(registry, name, added)));
        });
    }

    private static List<Meter> register(MeterRegistry registry, String name, ReplicationMXBean bean) {
        Tags tags = Tags.of("database", name, "replica", bean.getReplica());
        List<Meter> meters = new ArrayList<>();
        Metrics.ofDatabase().forEach(metric -> meters.add(register(registry, metric, bean, tags)));
        return meters;
    }

    private static <B> Meter register(MeterRegistry registry, Metric<B> metric, B bean, Tags common) {
        Tags tags = common.and(metric.tags().entrySet().stream()
                .map(tag -> Tag.of(tag.getKey(), tag.getValue()))
                .collect(Collectors.toList()));
        String unit = metric.unit().isEmpty() ? null : metric.unit();
        if (metric.type() == Metric.Type.COUNTER) {
            return FunctionCounter.builder(
                            metric.name(), bean, one -> metric.reading().applyAsDouble(one))
                    .description(metric.description())
                    .baseUnit(unit)
                    .tags(tags)
                    .register(registry);
        }
        return Gauge.builder(metric.name(), bean, one -> metric.reading().applyAsDouble(one))
                .description(metric.description())
                .baseUnit(unit)
                .tags(tags)
                .strongReference(true)
                .register(registry);
    }

    /** Takes the meters of all databases out of the registries it is bound to. */
    @Override
    public synchronized void close() {
        Databases.removeListener(this);
        bound.forEach((registry, databases) ->
                databases.values().stream().flatMap(List::stream).forEach(registry::remove));
        bound.clear();
    }
}
