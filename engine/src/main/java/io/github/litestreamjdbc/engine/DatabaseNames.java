package io.github.litestreamjdbc.engine;

import java.util.HashSet;
import java.util.Set;

/**
 * Names that tell the open databases apart: the second one that is to be {@code app.db} is {@code app.db#2}. Safe for use by
 * several threads.
 */
final class DatabaseNames {
    /** Guarded by the class. */
    private static final Set<String> TAKEN = new HashSet<>();

    private DatabaseNames() {}

    /** The first that is free, taken until it is released. */
    static synchronized String take(String wanted) {
        String name = wanted;
        for (int i = 2; !TAKEN.add(name); i++) {
            name = wanted + "#" + i;
        }
        return name;
    }

    static synchronized void release(String name) {
        TAKEN.remove(name);
    }
}
