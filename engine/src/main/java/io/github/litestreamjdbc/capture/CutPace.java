package io.github.litestreamjdbc.capture;

import io.github.litestreamjdbc.api.ReplicationConfig;
import java.util.concurrent.TimeUnit;

/**
 * Decides when the next level-0 file may be cut, when the pin is to move on, and how soon to look again. Pure but for what
 * it remembers; owned by the capture thread. Times are monotonic nanoseconds.
 */
final class CutPace {
    /** How long a pin may stand still that somebody's checkpoint may be waiting for. */
    private static final long PIN_REST_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    /** The first look after a commit at whether the pin may move on; each further one after twice the time. */
    private static final long PIN_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    /** How long the WAL's end may stand still with frames to capture before it is asked whether somebody waits for us. */
    private static final long WAITING_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    /** How often the WAL is looked at, and for how long, once somebody was found to wait for us or to checkpoint. */
    private static final long MAKE_WAY_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private static final long MAKE_WAY_FOR_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** Files may wait for upload up to this number before others have to wait for our pace again. */
    private static final int MOST_WAITING_FILES = 100;

    /** How long after a commit that is looked at more often than every {@code monitor-interval}. */
    private static final long RECENT_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final long syncNanos;
    private final long monitorNanos;
    private long nextCutNanos;
    private long capturedNanos;
    private long pinMovedNanos;

    /** Published end of the WAL at the last look, and since when it has been there. */
    private long log = -1;

    private long logSinceNanos;

    private long checkpointed;

    private long makeWayUntilNanos;

    CutPace(ReplicationConfig.Capture settings, long nowNanos) {
        syncNanos = settings.syncInterval().toNanos();
        monitorNanos = settings.monitorInterval().isZero()
                ? Long.MAX_VALUE
                : settings.monitorInterval().toNanos();
        nextCutNanos = nowNanos;
        capturedNanos = nowNanos - RECENT_NANOS;
        pinMovedNanos = nowNanos;
        logSinceNanos = nowNanos;
        makeWayUntilNanos = nowNanos;
    }

    /** Takes notice of the published end of the WAL, and of checkpoints between our own steps. */
    void observe(WalStatus status, long nowNanos) {
        boolean emptied = status.log() == 0 && log > 0;
        boolean copiedBack = status.log() >= log && status.checkpointed() > checkpointed;
        if (log >= 0 && (emptied || copiedBack)) {
            somebodyWaits(nowNanos);
        }
        own(status, nowNanos);
    }

    /** As {@link #observe}, after a checkpoint of our own. */
    void own(WalStatus status, long nowNanos) {
        checkpointed = status.checkpointed();
        if (status.log() != log) {
            log = status.log();
            logSinceNanos = nowNanos;
        }
    }

    /** A level-0 file was written. */
    void captured(long nowNanos) {
        nextCutNanos = nowNanos + syncNanos;
        capturedNanos = nowNanos;
    }

    /** The pins changed turns. */
    void pinMoved(long nowNanos) {
        pinMovedNanos = nowNanos;
    }

    /** Somebody holds the write lock and waits, probably for our pin; or has checkpointed, and may do so again. */
    void somebodyWaits(long nowNanos) {
        makeWayUntilNanos = nowNanos + MAKE_WAY_FOR_NANOS;
    }

    /** Whether the distance to the last file is large enough for another one. */
    boolean mayCut(long nowNanos) {
        return nowNanos - nextCutNanos >= 0;
    }

    /** Whether the pin has stood in somebody's way for long enough. */
    boolean pinRestedLong(long nowNanos) {
        return nowNanos - pinMovedNanos >= PIN_REST_NANOS;
    }

    /**
     * Whether a file is to be cut at once although its time has not come: another process checkpoints, and the end of the
     * WAL stands still as it does while one waits.
     *
     * @param waitingFiles files that the replica does not have yet
     */
    boolean makesWay(long nowNanos, int waitingFiles) {
        return isMakingWay(nowNanos) && nowNanos - logSinceNanos >= MAKE_WAY_NANOS && waitingFiles < MOST_WAITING_FILES;
    }

    private boolean isMakingWay(long nowNanos) {
        return nowNanos - makeWayUntilNanos < 0;
    }

    /** Whether the end of the WAL has stood still for so long that it is worth asking whether somebody waits. */
    boolean standsStill(long nowNanos) {
        return nowNanos - logSinceNanos >= WAITING_NANOS;
    }

    /**
     * How soon to look again when everything is captured; {@code Long.MAX_VALUE} for not before a hint.
     *
     * @param obstructs whether the pin may stand in the way of somebody's checkpoint
     */
    long restNanos(long nowNanos, boolean obstructs) {
        if (isMakingWay(nowNanos)) {
            return MAKE_WAY_NANOS;
        }
        long sinceCaptured = nowNanos - capturedNanos;
        return obstructs && sinceCaptured < RECENT_NANOS
                ? Math.min(monitorNanos, Math.max(PIN_LOOK_NANOS, Math.min(sinceCaptured, PIN_REST_NANOS)))
                : monitorNanos;
    }

    /**
     * How soon to look again while frames wait to be captured.
     *
     * @param cuts whether a file may be cut when its time has come
     */
    long waitNanos(long nowNanos, boolean cuts) {
        long delay = Math.min(monitorNanos, isMakingWay(nowNanos) ? MAKE_WAY_NANOS : WAITING_NANOS);
        return Math.max(0, cuts ? Math.min(delay, nextCutNanos - nowNanos) : delay);
    }
}
