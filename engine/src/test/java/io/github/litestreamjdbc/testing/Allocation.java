package io.github.litestreamjdbc.testing;

import java.lang.reflect.Method;

/** What hostile lengths must not drive. */
public final class Allocation {
    private Allocation() {}

    /** Bytes that this thread has allocated so far; by reflection, as the engine's module does not read the JDK's bean. */
    public static long bytes() {
        try {
            Object threads = Class.forName("java.lang.management.ManagementFactory")
                    .getMethod("getThreadMXBean")
                    .invoke(null);
            Method allocated =
                    Class.forName("com.sun.management.ThreadMXBean").getMethod("getCurrentThreadAllocatedBytes");
            return (long) allocated.invoke(threads);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }
}
