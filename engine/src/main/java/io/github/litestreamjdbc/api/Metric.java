package io.github.litestreamjdbc.api;

import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * A reading as monitoring systems want it: a number with a name. Safe for use by several threads; reading it waits for nobody
 * and does no I/O.
 *
 * @param <B> the bean that it is read from
 * @param name in lower case, words separated by dots, as Micrometer has it; several metrics have one name if their tags
 *     differ
 * @param type whether it only grows
 * @param unit in the plural, such as {@code seconds}; empty where there is none
 * @param description what it means
 * @param tags what tells it from others of its name
 * @param reading the number; 0 where there is nothing to tell, unless the description says otherwise
 */
public record Metric<B>(
        String name,
        Type type,
        String unit,
        String description,
        Map<String, String> tags,
        ToDoubleFunction<? super B> reading) {
    /** Types of metrics. */
    public enum Type {
        /** Grows and shrinks. */
        GAUGE,
        /** Only grows while a database is open. */
        COUNTER
    }

    /** The name in Prometheus: with the unit, and with {@code _total} for a counter. */
    public String prometheusName() {
        String words = name.replace('.', '_');
        String withUnit = unit.isEmpty() || words.endsWith("_" + unit) ? words : words + "_" + unit;
        return type == Type.COUNTER ? withUnit + "_total" : withUnit;
    }
}
