package io.github.litestreamjdbc.capture;

import io.github.litestreamjdbc.agent.Agent.Next;
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

    /** The least that the pin rests for a checkpoint that may have begun to wait while it moved. */
    private static final long PIN_REST_SHORT_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    /** How long the WAL's end may stand still with frames to capture before it is asked whether somebody waits for us. */
    private static final long WAITING_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    /** How often the WAL is looked at, and for how long, once somebody was found to wait for us or to checkpoint. */
    private static final long MAKE_WAY_NANOS = TimeUnit.MICROSECONDS.toNanos(250);

    /** After which time without a change what is in the WAL counts as standing still then; SQLite's first wait is 1 ms. */
    private static final long STILL_NANOS = TimeUnit.MICROSECONDS.toNanos(100);

    /** The pin does not move on for others more often than this. */
    private static final long PIN_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private static final long MAKE_WAY_FOR_NANOS = TimeUnit.SECONDS.toNanos(1);

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

    /** Since when both have been what they are. */
    private long settledNanos;

    private long makeWayUntilNanos;

    private long pinRestsUntilNanos;

    CutPace(ReplicationConfig.Capture settings, long nowNanos) {
        syncNanos = settings.syncInterval().toNanos();
        monitorNanos = settings.monitorInterval().isZero()
                ? Long.MAX_VALUE
                : settings.monitorInterval().toNanos();
        nextCutNanos = nowNanos;
        capturedNanos = nowNanos - RECENT_NANOS;
        pinMovedNanos = nowNanos;
        logSinceNanos = nowNanos;
        settledNanos = nowNanos;
        makeWayUntilNanos = nowNanos;
        pinRestsUntilNanos = nowNanos;
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
        if (status.log() != log || status.checkpointed() != checkpointed) {
            settledNanos = nowNanos;
        }
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

    /**
     * The pin is to stay until a checkpoint that may have begun to wait while it moved has tried again: SQLite's waits are
     * about as long as what was waited before.
     *
     * @param movingNanos how long the move took
     */
    void restPin(long nowNanos, long movingNanos) {
        pinRestsUntilNanos = nowNanos + PIN_REST_SHORT_NANOS + 3 * movingNanos;
    }

    boolean isPinToRest(long nowNanos) {
        return nowNanos - pinRestsUntilNanos < 0;
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
     * Whether the pin is to move on at once although no file is due: another process checkpoints, and the end of the WAL
     * stands still as it does while one waits.
     */
    boolean makesWay(long nowNanos) {
        return isMakingWay(nowNanos)
                && nowNanos - logSinceNanos >= STILL_NANOS
                && nowNanos - pinMovedNanos >= PIN_PAUSE_NANOS;
    }

    /**
     * Whether nothing has happened for a moment: a process that checkpoints and commits in turns would begin to wait for the
     * read mark of a pin that is just about to leave it.
     */
    boolean isSettled(long nowNanos) {
        return nowNanos - settledNanos >= STILL_NANOS;
    }

    private long makeWayNanos(long nowNanos) {
        return isSettled(nowNanos) ? MAKE_WAY_NANOS : STILL_NANOS;
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
            return makeWayNanos(nowNanos);
        }
        long sinceCaptured = nowNanos - capturedNanos;
        return obstructs && sinceCaptured < RECENT_NANOS
                ? Math.min(monitorNanos, Math.max(PIN_LOOK_NANOS, Math.min(sinceCaptured, PIN_REST_NANOS)))
                : monitorNanos;
    }

    /** When to look again if nothing asks for it: what an outside process commits is seen then. */
    Next monitors() {
        return Next.within(monitorNanos);
    }

    /**
     * How soon to look again while frames wait to be captured.
     *
     * @param cuts whether a file may be cut when its time has come
     */
    long waitNanos(long nowNanos, boolean cuts) {
        long delay = Math.min(monitorNanos, isMakingWay(nowNanos) ? makeWayNanos(nowNanos) : WAITING_NANOS);
        // While the pin rests no file is cut, however long it has been due.
        long cutNanos = Math.max(nextCutNanos - nowNanos, pinRestsUntilNanos - nowNanos);
        return Math.max(0, cuts ? Math.min(delay, cutNanos) : delay);
    }
}
