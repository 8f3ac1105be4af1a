package io.github.litestreamjdbc.replica;

import io.github.litestreamjdbc.api.ReplicationEvent.Kind;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * What is to be said of a replica that fails: that it cannot be reached, that it refuses, that it is over. Once each, and of
 * a replica that comes and goes not each time: after {@link #MOST} outages another is said every ten minutes, or once it
 * lasts a minute. Pure but for what it remembers; owned by the upload thread.
 */
final class Outages {
    static final int MOST = 10;
    private static final long REFILL_NANOS = TimeUnit.MINUTES.toNanos(10);
    private static final long LASTING_NANOS = TimeUnit.MINUTES.toNanos(1);

    /** What is known of the outage, and was said; null while there is none, or it was not said. */
    private Kind said;

    private boolean failing;
    private long failingSinceNanos;

    /** How many may be said at once. */
    private int left = MOST;

    private long refilledNanos;

    /**
     * A request failed.
     *
     * @param refused whether somebody has to change something; that stays so until the replica can be used
     * @return what to say now
     */
    Optional<Kind> failed(boolean refused, long nowNanos) {
        if (!failing) {
            failing = true;
            failingSinceNanos = nowNanos;
        }
        if (said == Kind.REPLICA_REFUSED || (said != null && !refused)) {
            return Optional.empty();
        }
        if (said == null && !take(nowNanos) && nowNanos - failingSinceNanos < LASTING_NANOS) {
            return Optional.empty();
        }
        said = refused ? Kind.REPLICA_REFUSED : Kind.REPLICA_UNREACHABLE;
        return Optional.of(said);
    }

    private boolean take(long nowNanos) {
        if (left == MOST) {
            refilledNanos = nowNanos;
        }
        long refills = (nowNanos - refilledNanos) / REFILL_NANOS;
        refilledNanos += refills * REFILL_NANOS;
        left = (int) Math.min(MOST, left + refills);
        if (left == 0) {
            return false;
        }
        left--;
        return true;
    }

    /** Whether the next outage may be held back: who reads the log is to know. */
    boolean isSpent() {
        return left == 0;
    }

    /** The replica answered as it should. */
    Optional<Kind> worked() {
        failing = false;
        if (said == null) {
            return Optional.empty();
        }
        said = null;
        return Optional.of(Kind.REPLICA_REACHABLE);
    }
}
