package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.api.Metric;
import io.github.litestreamjdbc.api.Metrics;
import io.github.litestreamjdbc.api.ReplicationMXBean;
import io.github.litestreamjdbc.api.RuntimeMXBean;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Readings in Prometheus' text format, version 0.0.4. Pure. */
final class MetricsText {
    private MetricsText() {}

    /** @param databases the readings by name */
    static String of(Map<String, ? extends ReplicationMXBean> databases, RuntimeMXBean runtime) {
        StringBuilder text = new StringBuilder();
        String last = "";
        for (Metric<ReplicationMXBean> metric : Metrics.ofDatabase()) {
            if (!metric.name().equals(last)) {
                head(text, metric);
                last = metric.name();
            }
            databases.forEach((database, bean) -> {
                Map<String, String> labels = new LinkedHashMap<>();
                labels.put("database", database);
                labels.put("replica", bean.getReplica());
                labels.putAll(metric.tags());
                sample(text, metric, labels, metric.reading().applyAsDouble(bean));
            });
        }
        for (Metric<RuntimeMXBean> metric : Metrics.ofRuntime()) {
            head(text, metric);
            sample(text, metric, metric.tags(), metric.reading().applyAsDouble(runtime));
        }
        return text.toString();
    }

    private static void head(StringBuilder text, Metric<?> metric) {
        String name = metric.prometheusName();
        text.append("# HELP ")
                .append(name)
                .append(' ')
                .append(metric.description())
                .append('\n');
        text.append("# TYPE ").append(name).append(' ');
        text.append(metric.type().name().toLowerCase(Locale.ROOT)).append('\n');
    }

    private static void sample(StringBuilder text, Metric<?> metric, Map<String, String> labels, double value) {
        text.append(metric.prometheusName());
        if (!labels.isEmpty()) {
            text.append(labels.entrySet().stream()
                    .map(label -> label.getKey() + "=\"" + escaped(label.getValue()) + "\"")
                    .collect(Collectors.joining(",", "{", "}")));
        }
        text.append(' ').append(number(value)).append('\n');
    }

    private static String escaped(String value) {
        return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }

    private static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value);
    }
}
