package io.github.litestreamjdbc.capture;

import io.github.litestreamjdbc.agent.Backoff;
import io.github.litestreamjdbc.agent.TimeSource;
import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.wal.WalHeader;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Looks after the WAL while level-0 files cannot be written, and says when to try again. Owned by the capture thread.
 */
final class LocalFull {
    /** How often the WAL is looked at. */
    private static final long GUARD_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Database database;
    private final Checkpointer checkpointer;
    private final WriteGate gate;
    private final ReplicationConfig.Capture settings;
    private final CaptureState state;
    private final TimeSource clock;
    private final Backoff backoff;

    private boolean failing;
    private long retryAtNanos;

    /** The newest sync for which it was tried. */
    private long retriedForSync;

    /** Whether writers stand at the gate until level-0 files can be written again. */
    private boolean blocking;

    LocalFull(
            Database database,
            Checkpointer checkpointer,
            WriteGate gate,
            ReplicationConfig.Capture settings,
            CaptureState state,
            TimeSource clock) {
        this.database = database;
        this.checkpointer = checkpointer;
        this.gate = gate;
        this.settings = settings;
        this.state = state;
        this.clock = clock;
        this.backoff = new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(5), clock.jitter());
        this.retryAtNanos = clock.nanoTime();
    }

    /** What is to be done about a WAL that grows. */
    enum Action {
        /** Nothing: it keeps the frames. */
        KEEP,
        /** It protects nothing that is not lost to the replica anyway: let go of it, and let checkpoints go on. */
        COPY_BACK,
        /** As before, and from now on; a full image is due. */
        DETACH,
        /** Keep writers at the gate. */
        BLOCK
    }

    /**
     * Decides.
     *
     * @param imageDue whether a full image is due anyway
     * @param overLimit whether the WAL has reached {@code wal-hard-limit}
     */
    static Action decide(ReplicationConfig.LocalFull policy, boolean imageDue, boolean overLimit) {
        if (imageDue) {
            return Action.COPY_BACK;
        }
        if (!overLimit) {
            return Action.KEEP;
        }
        return switch (policy) {
            case DETACH -> Action.DETACH;
            case BLOCK -> Action.BLOCK;
            case GROW -> Action.KEEP;
        };
    }

    /** An attempt failed. */
    void failed() {
        failing = true;
        retryAtNanos = clock.nanoTime() + backoff.nextNanos();
    }

    /** Whether the last attempt failed. */
    boolean isFailing() {
        return failing;
    }

    /** Whether it is time for an attempt: when the last one is long enough ago, or a sync was asked for since. */
    boolean mayRetry(long nowNanos, long syncsRequested) {
        if (nowNanos - retryAtNanos < 0 && syncsRequested == retriedForSync) {
            return false;
        }
        retriedForSync = syncsRequested;
        return true;
    }

    /** How long to wait for the next look or attempt. */
    long waitNanos() {
        return Math.max(0, Math.min(GUARD_NANOS, retryAtNanos - clock.nanoTime()));
    }

    /**
     * Looks after the WAL.
     *
     * @param imageDue whether a full image is due
     * @param following whether there is something captured that a full image could follow
     * @return what was done; {@link Action#DETACH} asks for a full image
     */
    Action guard(boolean imageDue, boolean following) throws SQLException, IOException {
        WalStatus status = database.noop();
        state.wal(status.log());
        Action action = decide(settings.limits().localFull(), imageDue, following && isOverHardLimit(status));
        switch (action) {
            case COPY_BACK, DETACH -> releaseAndCopyBack(status);
            case BLOCK -> block();
            case KEEP -> {}
        }
        return action;
    }

    private boolean isOverHardLimit(WalStatus status) throws SQLException {
        return WalHeader.frameOffset(status.log() + 1, database.pageSizeBytes())
                >= settings.limits().walHardLimitBytes();
    }

    private void releaseAndCopyBack(WalStatus status) throws SQLException, IOException {
        database.pins().release();
        if (status.log() - status.checkpointed() >= settings.minCheckpointPages()) {
            checkpointer.copyBack();
        } else {
            database.passive();
        }
    }

    private void block() {
        if (!blocking) {
            blocking = true;
            gate.hold();
            state.become(
                    state.reading().state(),
                    "the WAL reached wal-hard-limit while level-0 files cannot be written: writers wait until they can"
                            + " (local-full=block)");
        }
    }

    /** Level-0 files can be written again. */
    void recovered() {
        if (failing) {
            failing = false;
            backoff.reset();
            letWritersIn();
        }
    }

    /** Nobody is kept at the gate any more. */
    void letWritersIn() {
        if (blocking) {
            blocking = false;
            gate.letGo();
        }
    }
}
