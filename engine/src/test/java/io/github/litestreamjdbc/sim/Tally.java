package io.github.litestreamjdbc.sim;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/** How often what really happened, so that a simulation cannot quietly do nothing. For use by one thread. */
final class Tally {
    private final Map<Event, Long> counts = new EnumMap<>(Event.class);

    /** What is counted. */
    enum Event {
        COMMIT,
        OUTSIDE_WRITE,
        OUTSIDE_CHECKPOINT,
        OUTSIDE_REFUSED,
        OUTSIDE_TRANSACTION,
        OUTSIDE_READER,
        OUTSIDE_INSIDE_A_STEP,
        PHANTOM_COMMIT,
        PHANTOM_ADOPTED,
        CLOCK_SET,
        THROTTLED,
        DELAYED,
        ANSWER_LOST,
        READ_BROKEN,
        LISTING_STALE,
        OUTAGE,
        DISK_FAULT,
        KILLED,
        KILLED_INSIDE_A_STEP,
        POWER_CUT,
        POWER_CUT_LOST_COMMITS,
        RESTARTED,
        MACHINE_LOST,
        RIVAL,
        RESUMED,
        FULL_IMAGE,
        FENCED,
        LOCAL_FULL,
        CAPTURED,
        UPLOADED,
        MERGED,
        SNAPSHOT,
        DELETED,
        STATE_LET_GO,
        RESTORED_LATEST,
        RESTORED_TXID,
        RESTORE_REFUSED,
        RESTORE_FAILED_ON_THE_LINE
    }

    void count(Event event) {
        counts.merge(event, 1L, Long::sum);
    }

    void addAll(Tally other) {
        other.counts.forEach((event, count) -> counts.merge(event, count, Long::sum));
    }

    long of(Event event) {
        return counts.getOrDefault(event, 0L);
    }

    Set<Event> missing() {
        Set<Event> missing = EnumSet.allOf(Event.class);
        missing.removeAll(counts.keySet());
        return missing;
    }

    @Override
    public String toString() {
        return counts.toString();
    }
}
