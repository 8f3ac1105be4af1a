package io.github.litestreamjdbc.capture;

import io.github.litestreamjdbc.api.ReplicationEvent;
import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.spi.LogLine;
import java.time.Instant;
import java.time.InstantSource;

/**
 * What capture publishes of itself: its state, and the length of the WAL. Written by the capture thread, read by any.
 * Each change is logged, and told to who listens.
 */
final class CaptureState {
    private static final System.Logger LOG = System.getLogger(CaptureAgent.class.getName());

    private final String name;
    private final Progress progress;
    private final InstantSource clock;

    /** Whether its beginning was told. */
    private boolean started;

    private volatile CaptureAgent.Reading reading;
    private volatile long walFrames;
    private volatile long walBytes;

    CaptureState(String name, Progress progress, InstantSource clock) {
        this.name = name;
        this.progress = progress;
        this.clock = clock;
        this.reading = new CaptureAgent.Reading(ReplicationState.STARTING, clock.instant(), "looking at the replica");
    }

    CaptureAgent.Reading reading() {
        return reading;
    }

    boolean is(ReplicationState state) {
        return reading.state() == state;
    }

    /** Frames in the WAL at the last look; -1 if it could not be asked. */
    long walFrames() {
        return walFrames;
    }

    long walBytes() {
        return walBytes;
    }

    void wal(long frames) {
        walFrames = frames;
    }

    void wal(long frames, long bytes) {
        walFrames = frames;
        walBytes = bytes;
    }

    /** The state may be the one it is in, for another reason. */
    void become(ReplicationState state, String reason) {
        ReplicationState before = reading.state();
        Instant since = before == state ? reading.since() : clock.instant();
        reading = new CaptureAgent.Reading(state, since, reason);
        System.Logger.Level level = switch (state) {
            case STARTING, STANDBY, STREAMING, BASELINE, CLOSED -> System.Logger.Level.INFO;
            case LOCAL_FULL, DETACHED, FENCED, FAILED -> System.Logger.Level.ERROR;
        };
        LOG.log(
                level,
                LogLine.of("database", name)
                        .with("state", state)
                        .with("before", before)
                        .says(reason));
        if (before != state) {
            tell(before, state, reason);
        }
    }

    private void tell(ReplicationState before, ReplicationState state, String reason) {
        switch (state) {
            case LOCAL_FULL -> progress.tell(ReplicationEvent.Kind.LOCAL_FULL, reason);
            case FENCED -> progress.tell(ReplicationEvent.Kind.FENCED, reason);
            case DETACHED -> progress.tell(ReplicationEvent.Kind.DETACHED, reason);
            case FAILED -> progress.tell(ReplicationEvent.Kind.FAILED, reason);
            case STARTING -> {
                if (before == ReplicationState.LOCAL_FULL) {
                    progress.tell(ReplicationEvent.Kind.LOCAL_RECOVERED, reason);
                }
            }
            case STREAMING, BASELINE -> {
                if (!started) {
                    started = true;
                    progress.tell(ReplicationEvent.Kind.STARTED, reason);
                }
                if (before == ReplicationState.LOCAL_FULL) {
                    progress.tell(ReplicationEvent.Kind.LOCAL_RECOVERED, reason);
                }
            }
            case STANDBY, CLOSED -> {}
        }
    }
}
