package io.github.litestreamjdbc.capture;

import io.github.litestreamjdbc.agent.Agent.Next;
import io.github.litestreamjdbc.agent.TimeSource;
import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.ltx.Txid;
import io.github.litestreamjdbc.spi.LogLine;
import io.github.litestreamjdbc.wal.WalEnd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Follows the WAL while nothing is amiss: cuts level-0 files at their pace, moves the pin on, has the WAL copied back.
 * Owned by the capture thread.
 */
final class Streaming {
    private static final System.Logger LOG = System.getLogger(CaptureAgent.class.getName());

    /** How long writers are spared another drain after one that failed. */
    private static final long DRAIN_REST_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final String name;
    private final Path metaPath;
    private final ReplicationConfig.Capture settings;
    private final Capture capture;
    private final Checkpointer checkpointer;
    private final Progress progress;
    private final CaptureState state;
    private final TimeSource clock;
    private final SealSchedule seals;
    private final CutPace pace;

    /** The end of the WAL at the last look, if nothing but a commit gives reason for another one; null otherwise. */
    private WalEnd restsAt;

    private boolean markerLooked;
    private long nextDrainNanos;
    private boolean drainFailed;

    /** Those given out and not known to be closed. */
    private final List<SnapshotImage> images = new ArrayList<>();

    Streaming(
            ReplicationConfig config,
            Capture capture,
            Checkpointer checkpointer,
            Progress progress,
            CaptureState state,
            TimeSource clock) {
        this.name = config.name();
        this.metaPath = config.metaPath();
        this.settings = config.capture();
        this.capture = capture;
        this.checkpointer = checkpointer;
        this.progress = progress;
        this.state = state;
        this.clock = clock;
        this.seals = new SealSchedule(settings, clock.nanoTime());
        this.pace = new CutPace(settings, clock.nanoTime());
        this.nextDrainNanos = clock.nanoTime();
    }

    /**
     * Captures what is due, and seals and drains where that is due.
     *
     * @param all whether everything that can be captured is due
     */
    Next follow(long nowNanos, boolean all) throws SQLException, IOException, ContinuityLostException {
        long request = progress.syncsRequested();
        boolean urgent = all || progress.syncWanted();
        if (!all && isAtRest()) {
            return pace.monitors();
        }
        Capture.Look look = look(nowNanos);
        boolean waits = look.newFrames() > 0 || capture.hasStaged();
        boolean cutDue = waits && (urgent || mayCut(nowNanos));
        if (cutDue) {
            handover(nowNanos, false);
            look = look(nowNanos);
        } else if (!pace.isPinToRest(nowNanos)
                && (look.newFrames() == 0 ? pinIsToMove(look, nowNanos) : makesWay(nowNanos))) {
            handover(nowNanos, look.newFrames() > 0 || capture.hasStaged());
            look = look(nowNanos);
        }
        if (urgent) {
            progress.syncCaptured(request);
        }
        SealSchedule.Due due = seals.due(nowNanos);
        if (due == SealSchedule.Due.NOW || (due == SealSchedule.Due.PACED && (cutDue || look.newFrames() == 0))) {
            seal(nowNanos);
            look = look(clock.nanoTime());
        }
        if (look.status().log() >= settings.limits().drainFrames()
                && clock.nanoTime() - nextDrainNanos >= 0
                && !isImageOpen()) {
            drain(look.status().log());
            look = look(clock.nanoTime());
        }
        Next next = next(clock.nanoTime(), look);
        boolean rests = next.equals(pace.monitors())
                && seals.isQuiet()
                && !capture.pinMayObstruct(look.status())
                && look.status().log() < settings.limits().drainFrames();
        restsAt = rests ? capture.end().orElse(null) : null;
        return next;
    }

    /** Whether nothing happened since there was nothing to do: found out without SQLite. */
    private boolean isAtRest() throws IOException {
        if (restsAt == null || progress.syncWaits()) {
            return false;
        }
        progress.looking();
        boolean same = capture.end().equals(Optional.of(restsAt));
        if (same) {
            progress.allCaptured();
        }
        return same;
    }

    /**
     * Seals now.
     *
     * @return whether it had the write lock
     */
    boolean seal(long nowNanos) throws SQLException, IOException, ContinuityLostException {
        long before = capture.position().txid();
        boolean locked;
        try {
            locked = checkpointer.seal(seals.bulkFirst());
        } finally {
            noticeCapture(before, nowNanos);
        }
        pace.own(capture.look().status(), clock.nanoTime());
        if (locked) {
            sealed();
        } else {
            seals.noLock(clock.nanoTime());
        }
        return locked;
    }

    /** Opens an image at the newest TXID; empty if that cannot be had at present. */
    Optional<SnapshotImage> openImage() throws SQLException, IOException, ContinuityLostException {
        long before = capture.position().txid();
        try {
            Optional<SnapshotImage> opened = checkpointer.openImage(clock);
            opened.ifPresent(images::add);
            pace.own(capture.look().status(), clock.nanoTime());
            return opened;
        } finally {
            noticeCapture(before, clock.nanoTime());
        }
    }

    /** A level-0 file was written. */
    void captured(long nowNanos) throws IOException {
        pace.captured(nowNanos);
        if (!markerLooked) {
            // From here on the newest local file is the state.
            Files.deleteIfExists(RestoreMarker.path(metaPath));
            markerLooked = true;
        }
    }

    private void noticeCapture(long txidBefore, long nowNanos) throws IOException {
        if (capture.position().txid() != txidBefore) {
            captured(nowNanos);
        }
    }

    private boolean pinIsToMove(Capture.Look look, long nowNanos) {
        return capture.isPinOld()
                || (capture.pinMayAllowReset(look.status()) && pace.isSettled(nowNanos))
                || (capture.pinMayObstruct(look.status()) && pace.pinRestedLong(nowNanos));
    }

    private boolean makesWay(long nowNanos) throws SQLException, IOException {
        return pace.makesWay(nowNanos) || isSomebodyWaiting(nowNanos);
    }

    /**
     * Whether somebody holds the write lock and commits nothing: perhaps a checkpoint of another process, which waits for
     * our pin while everybody who wants to write waits for it.
     */
    private boolean isSomebodyWaiting(long nowNanos) throws SQLException, IOException {
        if (!pace.standsStill(nowNanos) || !checkpointer.isWriteLockHeld()) {
            return false;
        }
        pace.somebodyWaits(nowNanos);
        return true;
    }

    private Capture.Look look(long nowNanos) throws SQLException, IOException {
        progress.looking();
        Capture.Look look = capture.look();
        pace.observe(look.status(), nowNanos);
        state.wal(look.status().log(), look.bytes());
        if (look.newFrames() == 0 && !capture.hasStaged()) {
            progress.allCaptured();
        } else {
            progress.uncaptured();
        }
        seals.observe(look.generation(), look.status().log(), nowNanos);
        return look;
    }

    private boolean mayCut(long nowNanos) {
        // What somebody waits for is cut when his group is complete.
        return pace.mayCut(nowNanos) && !pace.isPinToRest(nowNanos) && !progress.syncWaits() && progress.takesFiles();
    }

    /**
     * Moves the pin on.
     *
     * @param makeWay whether what is read may wait in memory for the next file
     */
    private void handover(long nowNanos, boolean makeWay) throws SQLException, IOException, ContinuityLostException {
        pace.pinMoved(nowNanos);
        long before = capture.position().txid();
        try {
            if (makeWay) {
                capture.makeWay();
            } else {
                capture.handover();
            }
        } finally {
            noticeCapture(before, nowNanos);
        }
        if (capture.isOvertaken()) {
            long ended = clock.nanoTime();
            pace.restPin(ended, ended - nowNanos);
        }
    }

    private void sealed() throws SQLException, IOException {
        Capture.Look look = capture.look();
        pace.own(look.status(), clock.nanoTime());
        seals.sealed(look.generation(), look.status().log(), clock.nanoTime());
    }

    /** While an image is open no drain can succeed, and writers would wait for nothing. */
    private boolean isImageOpen() {
        images.removeIf(SnapshotImage::isClosed);
        return !images.isEmpty();
    }

    /** Closes images that nobody reads any more: each keeps the WAL from beginning anew. */
    void closeForgottenImages(long nowNanos) throws SQLException, IOException {
        for (SnapshotImage image : images) {
            if (image.closeIfForgotten(nowNanos)) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        LogLine.of("database", name)
                                .says("the image of TXID " + Txid.format(image.txid())
                                        + " kept the WAL from beginning anew and was not read for "
                                        + TimeUnit.NANOSECONDS.toMinutes(SnapshotImage.FORGOTTEN_NANOS)
                                        + " minutes: it was closed"));
            }
        }
        images.removeIf(SnapshotImage::isClosed);
    }

    private void drain(long frames) throws SQLException, IOException, ContinuityLostException {
        long before = capture.position().txid();
        boolean emptied;
        try {
            emptied = checkpointer.drain();
        } finally {
            noticeCapture(before, clock.nanoTime());
        }
        nextDrainNanos = emptied ? clock.nanoTime() : clock.nanoTime() + DRAIN_REST_NANOS;
        sealed();
        if (emptied == drainFailed) {
            drainFailed = !emptied;
            LOG.log(
                    emptied ? System.Logger.Level.INFO : System.Logger.Level.WARNING,
                    LogLine.of("database", name)
                            .says(
                                    emptied
                                            ? "the WAL of " + frames
                                                    + " frames was emptied; readers had kept it from beginning anew"
                                            : "the WAL has " + frames
                                                    + " frames, and readers do not let it begin anew; tried again and"
                                                    + " again"));
        }
    }

    private Next next(long nowNanos, Capture.Look look) {
        if (look.newFrames() == 0 && !capture.hasStaged()) {
            long restNanos = pace.restNanos(nowNanos, capture.pinMayObstruct(look.status()));
            long delay = Math.min(Math.min(seals.quietNanos(nowNanos), restNanos), progress.gatherNanos());
            seals.quiet();
            return Next.within(delay);
        }
        boolean cuts = !progress.syncWaits() && progress.takesFiles();
        long waitNanos = Math.min(pace.waitNanos(nowNanos, cuts), progress.gatherNanos());
        return Next.paced(Math.min(Math.min(seals.urgentNanos(nowNanos), waitNanos), seals.lookAgainNanos()));
    }
}
