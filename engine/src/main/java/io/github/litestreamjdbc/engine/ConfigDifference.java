package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.api.ReplicationConfig;
import java.lang.reflect.RecordComponent;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** Names the first setting in which two configurations of one database differ. Pure. */
final class ConfigDifference {
    private ConfigDifference() {}

    /** In words, with both values; empty if there is none. Store settings are named without values: they may be secret. */
    static Optional<String> between(ReplicationConfig first, ReplicationConfig second) {
        return between("", first, second);
    }

    private static Optional<String> between(String prefix, Record first, Record second) {
        for (RecordComponent component : first.getClass().getRecordComponents()) {
            Object one = value(component, first);
            Object other = value(component, second);
            if (one.equals(other)) {
                continue;
            }
            String name = prefix + component.getName();
            if (one instanceof Map<?, ?> ours && other instanceof Map<?, ?> theirs) {
                return Optional.of("store setting " + differingKey(ours, theirs));
            }
            if (one instanceof Record ours && other instanceof Record theirs && ours.getClass() == theirs.getClass()) {
                return between(name + ".", ours, theirs);
            }
            return Optional.of(name + " is " + one + " there and " + other + " here");
        }
        return Optional.empty();
    }

    private static Object differingKey(Map<?, ?> ours, Map<?, ?> theirs) {
        TreeSet<Object> keys = new TreeSet<>(ours.keySet());
        keys.addAll(theirs.keySet());
        keys.removeIf(key -> ours.containsKey(key) && ours.get(key).equals(theirs.get(key)));
        return keys.first();
    }

    private static Object value(RecordComponent component, Record record) {
        try {
            return component.getAccessor().invoke(record);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
