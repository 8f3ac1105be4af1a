package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.spi.LogLine;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.runtime.ObjectMethods;
import java.util.List;

/**
 * What Java remembers of records. The method handles that all class loaders share keep the types for which they were last
 * adapted, and those of {@link ObjectMethods} are adapted whenever {@code equals} or {@code hashCode} of a record runs for the
 * first time. While the last such record is one of ours, our class loader cannot go: in Java 17 strongly held, in later versions
 * softly.
 */
final class RecordTypes {
    private static final System.Logger LOG = System.getLogger(RecordTypes.class.getName());

    private RecordTypes() {}

    /** Has them adapted for Java's own types, as the last thing that we do. */
    static void forget() {
        try {
            MethodHandle component = MethodHandles.publicLookup()
                    .findVirtual(String.class, "strip", MethodType.methodType(String.class));
            for (MethodType type : List.of(
                    MethodType.methodType(boolean.class, String.class, Object.class),
                    MethodType.methodType(int.class, String.class))) {
                String name = type.parameterCount() == 2 ? "equals" : "hashCode";
                ObjectMethods.bootstrap(MethodHandles.lookup(), name, type, String.class, "text", component);
            }
        } catch (Throwable e) {
            LOG.log(
                    System.Logger.Level.DEBUG,
                    LogLine.of("record-types", "ours").says("may be remembered: " + e));
        }
    }
}
