package io.github.litestreamjdbc.capture;

import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.wal.WalSalts;
import java.util.concurrent.TimeUnit;

/**
 * Decides when to seal, and when to look again. Counts frames that have come since the last seal that had the lock, not
 * the length of the WAL: where readers forbid the reset the WAL stays long, and seals would follow each other without end.
 *
 * <p>Pure but for what it remembers; owned by the capture thread. Times are {@link System#nanoTime}.
 */
final class SealSchedule {
    private static final long FIRST_RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long LONGEST_RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(160);
    private static final long SHORTEST_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long LONGEST_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    private final int minFrames;
    private final int maxFrames;
    private final long intervalNanos;

    private WalSalts sealedGeneration;
    private long sealedFrame;
    private long sealedNanos;

    /**
     * Frames that came while the last seal was at work, for each that was there when it began: work and load are both
     * about proportional to the time, so the next one begins earlier by that much to end at {@code maxFrames}. Before the
     * first one the load may be of any rate.
     */
    private double cameMeanwhile = 1;

    private long newFrames;
    private long observedNanos;
    private double framesPerNano;

    /** The last wait between two looks, doubled each time: a load that has just begun may be of any rate. */
    private long lookNanos = SHORTEST_LOOK_NANOS;

    private long retryNanos;
    private long notBeforeNanos;
    private long framesAtFirstTry;

    SealSchedule(ReplicationConfig.Capture settings, long nowNanos) {
        minFrames = settings.minCheckpointPages();
        maxFrames = settings.maxCheckpointPages();
        intervalNanos = settings.checkpointInterval().toNanos();
        sealedNanos = nowNanos;
        observedNanos = nowNanos;
        notBeforeNanos = nowNanos;
    }

    /** How soon. */
    enum Due {
        /** Not yet. */
        NOT,
        /** After the next level-0 file that is cut at its own pace. */
        PACED,
        /** At once. */
        NOW
    }

    /** Takes notice of the published end of the WAL. */
    void observe(WalSalts generation, long log, long nowNanos) {
        long now = log != 0 && generation != null && generation.equals(sealedGeneration) ? log - sealedFrame : log;
        long elapsedNanos = Math.max(1, nowNanos - observedNanos);
        framesPerNano = Math.max(0, now - newFrames) / (double) elapsedNanos;
        newFrames = now;
        observedNanos = nowNanos;
    }

    /** What the last observation asks for. */
    Due due(long nowNanos) {
        if (newFrames <= 0 || nowNanos - notBeforeNanos < 0) {
            return Due.NOT;
        }
        if (newFrames >= urgentFrames()) {
            return Due.NOW;
        }
        boolean old = intervalNanos > 0 && nowNanos - sealedNanos >= intervalNanos;
        return old || newFrames >= minFrames ? Due.PACED : Due.NOT;
    }

    private long urgentFrames() {
        return Math.max(Math.min(minFrames, maxFrames), (long) (maxFrames / (1 + cameMeanwhile)));
    }

    /** Whether the next attempt copies the bulk before it closes the gate; later attempts of a round only if it grew. */
    boolean bulkFirst() {
        return retryNanos == 0 || newFrames - framesAtFirstTry >= minFrames;
    }

    /** A seal had the lock; the WAL ended here. */
    void sealed(WalSalts generation, long log, long nowNanos) {
        long since = generation != null && generation.equals(sealedGeneration) ? log - sealedFrame : log;
        if (newFrames > 0 && since >= newFrames) {
            cameMeanwhile = (since - newFrames) / (double) newFrames;
        }
        sealedGeneration = generation;
        sealedFrame = log;
        sealedNanos = nowNanos;
        newFrames = 0;
        retryNanos = 0;
        notBeforeNanos = nowNanos;
    }

    /** A seal did not get the lock. */
    void noLock(long nowNanos) {
        if (bulkFirst()) {
            framesAtFirstTry = newFrames;
        }
        retryNanos = retryNanos == 0 ? FIRST_RETRY_NANOS : Math.min(LONGEST_RETRY_NANOS, 2 * retryNanos);
        notBeforeNanos = nowNanos + retryNanos;
    }

    /**
     * With everything captured, how long nothing can become due by age or back-off alone; {@code Long.MAX_VALUE} if nothing
     * ever will. While frames wait to be captured a seal that is not urgent waits with them.
     */
    long quietNanos(long nowNanos) {
        if (newFrames <= 0) {
            return Long.MAX_VALUE;
        }
        long backOffNanos = Math.max(0, notBeforeNanos - nowNanos);
        if (newFrames >= minFrames) {
            return backOffNanos;
        }
        return intervalNanos == 0 ? Long.MAX_VALUE : Math.max(backOffNanos, sealedNanos + intervalNanos - nowNanos);
    }

    /** Whether no seal becomes due by age alone. */
    boolean isQuiet() {
        return newFrames <= 0 || intervalNanos == 0;
    }

    /** How long a seal that is to come at once has to wait for its back-off; {@code Long.MAX_VALUE} if none is to. */
    long urgentNanos(long nowNanos) {
        return newFrames >= urgentFrames() ? Math.max(0, notBeforeNanos - nowNanos) : Long.MAX_VALUE;
    }

    /** How soon to look at the WAL's length again while frames keep coming that are not to be captured yet. */
    long lookAgainNanos() {
        lookNanos = Math.min(LONGEST_LOOK_NANOS, 2 * lookNanos);
        if (framesPerNano > 0) {
            double half = (urgentFrames() - newFrames) / framesPerNano / 2;
            lookNanos = (long) Math.max(SHORTEST_LOOK_NANOS, Math.min(lookNanos, half));
        }
        return lookNanos;
    }

    /** Nothing is left to capture: the next load may be of any rate. */
    void quiet() {
        lookNanos = SHORTEST_LOOK_NANOS;
    }
}
