package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.capture.Counters;
import io.github.litestreamjdbc.spi.StoreCounters;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What was counted for a database, so that its counters go on from there when it is replicated again in this JVM: kept for
 * the {@value #MOST} databases that ended last.
 *
 * @param counters go on counting
 * @param requests what was asked of stores that are closed
 */
record Totals(Counters counters, StoreCounters requests) {
    private static final int MOST = 1000;

    /** Guarded by itself. */
    private static final Map<Path, Totals> ENDED = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Path, Totals> eldest) {
            return size() > MOST;
        }
    };

    /** Those of a database that is about to be replicated: nothing counted if it was not before, or long ago. */
    static Totals of(Path database) {
        synchronized (ENDED) {
            Totals ended = ENDED.get(database);
            return ended == null ? new Totals(new Counters(), StoreCounters.NONE) : ended;
        }
    }

    /** Replication of a database has ended. */
    void keep(Path database) {
        synchronized (ENDED) {
            ENDED.remove(database);
            ENDED.put(database, this);
        }
    }
}
