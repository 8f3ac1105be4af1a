package io.github.litestreamjdbc.capture;

import io.github.litestreamjdbc.agent.Agent;
import io.github.litestreamjdbc.agent.Backoff;
import io.github.litestreamjdbc.agent.TimeSource;
import io.github.litestreamjdbc.api.CheckpointResult;
import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.api.ReplicationEvent;
import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.ltx.Txid;
import io.github.litestreamjdbc.wal.WalHeader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Follows one database: from the first look to the end of replication. Alone in writing local level-0 files, and alone in
 * using our connections to the database. What other threads want of it they ask for; the asking takes effect in the next
 * step, so whoever asks wakes the agent.
 */
public final class CaptureAgent implements Agent {
    private static final System.Logger LOG = System.getLogger(CaptureAgent.class.getName());

    /** How often checkpoints are looked after while nothing is captured and commits keep coming. */
    private static final long STAND_BY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /** How often the WAL is looked at while level-0 files cannot be written. */
    private static final long GUARD_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** How long writers are spared another drain after one that failed. */
    private static final long DRAIN_REST_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** Attempts at a checkpoint that the application asked for: some 140 ms. */
    private static final int CHECKPOINT_ATTEMPTS = 4;

    private final String name;
    private final Database database;
    private final Path metaPath;
    private final ReplicationConfig.Capture settings;
    private final Progress progress;
    private final TimeSource clock;
    private final Capture capture;
    private final Checkpointer checkpointer;
    private final Baseline baseline;
    private final SealSchedule seals;
    private final CutPace pace;
    private final LockWatch locks;
    private final Backoff troubleBackoff;

    private final WriteGate gate;

    private final Requests requests = new Requests();

    private volatile Reading reading;
    private volatile long walFrames;
    private volatile long walBytes;

    /** The full image that is due; null if none is. */
    private ImageDue imageDue;

    private boolean markerLooked;

    private long nextDrainNanos;

    /** The image given out last; null if none was. */
    private SnapshotImage image;

    private boolean drainFailed;

    /** In LOCAL_FULL: when to try again, and the sync for which it was tried last. */
    private long retryAtNanos;

    private long retriedForSync;

    /** In LOCAL_FULL because the replica was unreachable for too long. */
    private boolean budgetSpent;

    /** Whether writers stand at the gate until level-0 files can be written again. */
    private boolean blocking;

    /**
     * @param database held by a pin; from here on this agent's
     * @param local the database's level-0 files
     * @param config its settings
     */
    public CaptureAgent(
            Database database,
            LocalLtx local,
            ReplicationConfig config,
            WriteGate gate,
            Progress progress,
            TimeSource clock) {
        this.name = config.name();
        this.database = database;
        this.metaPath = config.metaPath();
        this.settings = config.capture();
        this.progress = progress;
        this.clock = clock;
        this.capture = new Capture(database, local, clock, progress);
        this.gate = gate;
        this.checkpointer = new Checkpointer(database, capture, gate, progress.counters());
        this.baseline = new Baseline(
                database, local, clock, new ImageLog(name, config.restore().logProgress()));
        this.seals = new SealSchedule(settings, clock.nanoTime());
        this.pace = new CutPace(settings, clock.nanoTime());
        this.locks = new LockWatch(name, database, clock.nanoTime());
        this.nextDrainNanos = clock.nanoTime();
        this.troubleBackoff = new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(5), clock.jitter());
        this.reading = new Reading(ReplicationState.STARTING, clock.instant(), "looking at the replica");
    }

    /**
     * The state as others may read it.
     *
     * @param since since when
     * @param reason why, in words
     */
    public record Reading(ReplicationState state, Instant since, String reason) {}

    private record ImageDue(long lastTxid, long timestampMillis, CompletableFuture<Long> imageTxid) {}

    /** Asks it to begin with what the start check found, unless it has begun. Safe for use by several threads. */
    public void begin(StartCheck.Start start) {
        requests.ask(() -> {
            if (reading.state() == ReplicationState.STARTING) {
                beginWith(start);
            }
            return null;
        });
    }

    /**
     * Asks for a full image under the TXID after {@code lastTxid} or after the newest local one, whichever is newer. Safe
     * for use by several threads.
     *
     * @return the image's TXID, once it is durable in the local files
     */
    public CompletableFuture<Long> rebase(long lastTxid, String reason) {
        CompletableFuture<Long> imageTxid = new CompletableFuture<>();
        CompletableFuture<Void> asked = requests.ask(() -> {
            dueImage(lastTxid, 0, reason, imageTxid);
            return null;
        });
        asked.whenComplete((done, failure) -> {
            if (failure != null) {
                imageTxid.completeExceptionally(failure);
            }
        });
        return imageTxid;
    }

    /**
     * Asks whether every page of an LTX file is the database's, and so is the size. Safe for use by several threads.
     *
     * @param ltx a file on this machine
     */
    public CompletableFuture<Boolean> compare(Path ltx) {
        return requests.ask(() -> PageComparison.equal(database, ltx));
    }

    /**
     * Asks it to let go of the WAL until it is told to begin: there is no TXID to give yet. Safe for use by several
     * threads.
     */
    public void waitForReplica() {
        requests.ask(() -> {
            if (reading.state() == ReplicationState.STARTING) {
                database.pins().release();
            }
            return null;
        });
    }

    /**
     * Asks it to capture nothing any more and to look after checkpoints only. Safe for use by several threads.
     *
     * @param state the state it is in from then on
     */
    public void standBy(ReplicationState state, String reason) {
        requests.ask(() -> {
            stopCapturing(state, reason);
            return null;
        });
    }

    /**
     * Asks for an image of the database at the newest TXID, which holds everything committed before the call. Safe for use
     * by several threads; whoever asks closes the image.
     *
     * @return empty if that cannot be had at present: try again
     */
    public CompletableFuture<Optional<SnapshotImage>> image() {
        return requests.ask(this::openImage);
    }

    private Optional<SnapshotImage> openImage() throws SQLException, IOException {
        if (reading.state() != ReplicationState.STREAMING || imageDue != null) {
            return Optional.empty();
        }
        long before = capture.position().txid();
        Checkpointer.ImageOutcome outcome = checkpointer.openImage(clock);
        if (capture.position().txid() != before) {
            captured(clock.nanoTime());
        }
        if (outcome.lost() != null) {
            lost(outcome.lost());
        }
        image = outcome.image();
        return Optional.ofNullable(image);
    }

    /** Then no drain can succeed, and writers would wait for nothing. */
    private boolean isImageOpen() {
        return image != null && !image.isClosed();
    }

    /** Asks for a checkpoint. Safe for use by several threads. */
    public CompletableFuture<CheckpointResult> checkpoint() {
        return requests.ask(this::checkpointNow);
    }

    /** The present state. Safe for use by several threads. */
    public Reading reading() {
        return reading;
    }

    /** Frames in the WAL at the last look. Safe for use by several threads. */
    public long walFrames() {
        return walFrames;
    }

    /** Bytes of the WAL that count, at the last look. Safe for use by several threads. */
    public long walBytes() {
        return walBytes;
    }

    @Override
    public Next step(long nowNanos) {
        progress.checkLag(clock.millis());
        try {
            requests.serve();
            return switch (reading.state()) {
                case STREAMING, BASELINE -> imageDue == null ? follow(nowNanos) : writeImage(nowNanos);
                case LOCAL_FULL -> budgetSpent ? waitForRoom() : retry(nowNanos);
                case STARTING, STANDBY, FENCED, FAILED, CLOSED -> lookAfterCheckpoints();
                case DETACHED -> Next.idle();
            };
        } catch (SQLException | IOException e) {
            return trouble(e);
        } catch (RuntimeException | Error bug) {
            return failed(bug);
        }
    }

    /** The agent has been stopped: everybody who waits for an answer is told that none will come. */
    public void abandon() {
        unblock();
        IllegalStateException ended = new IllegalStateException("replication of " + name + " has ended");
        requests.abandon(ended);
        if (imageDue != null) {
            imageDue.imageTxid().completeExceptionally(ended);
        }
    }

    private void beginWith(StartCheck.Start start) {
        if (start instanceof StartCheck.Resume resume) {
            capture.begin(resume.position(), resume.restartAllowed());
            progress.resumed(resume.position().txid());
            become(
                    ReplicationState.STREAMING,
                    "resumed at TXID " + Txid.format(resume.position().txid()));
        } else {
            StartCheck.FullImage image = (StartCheck.FullImage) start;
            dueImage(image.lastTxid(), image.timestampMillis(), image.reason(), new CompletableFuture<>());
        }
    }

    private void dueImage(long lastTxid, long timestampMillis, String reason, CompletableFuture<Long> imageTxid) {
        Position known = capture.position();
        long last = known == null || Txid.compare(known.txid(), lastTxid) < 0 ? lastTxid : known.txid();
        long timestamp = known == null ? timestampMillis : Math.max(timestampMillis, known.timestampMillis());
        imageDue = new ImageDue(last, timestamp, imageTxid);
        become(ReplicationState.BASELINE, reason);
    }

    private Next writeImage(long nowNanos) throws SQLException, IOException {
        if (!database.isInPlace()) {
            return detached();
        }
        long request = progress.syncsRequested();
        long txid = imageDue.lastTxid() + 1;
        Optional<Baseline.Image> written = baseline.write(txid, imageDue.timestampMillis());
        if (written.isEmpty()) {
            return Next.paced(RETRY_NANOS);
        }
        capture.begin(written.get().position(), written.get().restartAllowed());
        imageDue.imageTxid().complete(txid);
        imageDue = null;
        troubleBackoff.reset();
        unblock();
        // After the answer: this is what wakes the one who waits for it.
        progress.counters()
                .captured(1, written.get().position().sizePages(), written.get().bytes());
        progress.captured(txid, 1, written.get().bytes(), clock.millis());
        progress.syncCaptured(request);
        captured(nowNanos);
        become(ReplicationState.STREAMING, "full image written as TXID " + Txid.format(txid));
        progress.tell(ReplicationEvent.Kind.FULL_IMAGE_WRITTEN, reading.reason());
        return Next.paced(0);
    }

    private Next follow(long nowNanos) throws SQLException, IOException {
        if (!database.isInPlace()) {
            return detached();
        }
        if (isBudgetSpent()) {
            return stopForBudget();
        }
        locks.check(nowNanos);
        long request = progress.syncsRequested();
        boolean urgent = progress.syncWanted();
        Capture.Look look = look(nowNanos);
        boolean cutDue = look.newFrames() > 0 && (urgent || mayCut(nowNanos) || isSomebodyWaiting(nowNanos));
        if (cutDue || (look.newFrames() == 0 && pinIsToMove(look, nowNanos))) {
            if (!handover(nowNanos)) {
                return Next.paced(0);
            }
            look = look(nowNanos);
        }
        if (urgent) {
            progress.syncCaptured(request);
        }
        recovered();
        SealSchedule.Due due = seals.due(nowNanos);
        if (due == SealSchedule.Due.NOW || (due == SealSchedule.Due.PACED && (cutDue || look.newFrames() == 0))) {
            if (seal(nowNanos) instanceof Checkpointer.Lost) {
                return Next.paced(0);
            }
            look = look(clock.nanoTime());
        }
        if (look.status().log() >= settings.limits().drainFrames()
                && clock.nanoTime() - nextDrainNanos >= 0
                && !isImageOpen()) {
            if (drain(look.status().log()) instanceof Checkpointer.Lost) {
                return Next.paced(0);
            }
            look = look(clock.nanoTime());
        }
        return next(clock.nanoTime(), look);
    }

    private boolean pinIsToMove(Capture.Look look, long nowNanos) {
        return capture.pinMayMove(look.status())
                || (capture.pinMayObstruct(look.status()) && pace.pinRestedLong(nowNanos));
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

    private boolean isBudgetSpent() {
        return progress.replicaError() != null
                && progress.unreplicatedBytes() >= settings.limits().localBudgetBytes();
    }

    private Next stopForBudget() throws SQLException, IOException {
        budgetSpent = true;
        become(
                ReplicationState.LOCAL_FULL,
                "local-budget=" + settings.limits().localBudgetBytes() + " is used up by level-0 files that the replica"
                        + " does not have. What is committed from now on is in the database only; when the replica answers"
                        + " again it gets these files and a full image, without the states in between");
        database.pins().release();
        return waitForRoom();
    }

    /** Checkpoints go on; once the replica has everything that was captured, a full image follows. */
    private Next waitForRoom() throws SQLException, IOException {
        if (!database.isInPlace()) {
            return detached();
        }
        if (progress.replicaError() == null && progress.unreplicatedBytes() == 0) {
            budgetSpent = false;
            Position position = capture.position();
            dueImage(
                    position.txid(),
                    position.timestampMillis(),
                    "the replica answers again and has all that was captured before local-budget was used up",
                    new CompletableFuture<>());
            return Next.paced(0);
        }
        progress.refuseSyncs(reading.reason());
        return lookAfterCheckpoints().delayNanos() <= STAND_BY_NANOS
                ? Next.paced(STAND_BY_NANOS)
                : Next.paced(GUARD_NANOS);
    }

    private Capture.Look look(long nowNanos) throws SQLException, IOException {
        Capture.Look look = capture.look();
        pace.observe(look.status().log(), nowNanos);
        walFrames = look.status().log();
        walBytes = look.bytes();
        if (look.newFrames() == 0) {
            progress.allCaptured();
        } else {
            progress.uncaptured(clock.millis());
        }
        seals.observe(look.generation(), look.status().log(), nowNanos);
        return look;
    }

    private boolean mayCut(long nowNanos) {
        return pace.mayCut(nowNanos) && progress.replicaError() == null;
    }

    /** False if continuity was lost. */
    private boolean handover(long nowNanos) throws SQLException, IOException {
        pace.pinMoved(nowNanos);
        Capture.Outcome outcome = capture.handover();
        if (outcome instanceof Capture.Captured) {
            captured(nowNanos);
        }
        return !(outcome instanceof Capture.Lost lost) || lost(lost.reason());
    }

    private Checkpointer.Outcome seal(long nowNanos) throws SQLException, IOException {
        long before = capture.position().txid();
        Checkpointer.Outcome outcome = checkpointer.seal(seals.bulkFirst());
        if (capture.position().txid() != before) {
            captured(nowNanos);
        }
        if (outcome instanceof Checkpointer.NoLock) {
            seals.noLock(clock.nanoTime());
        } else if (outcome instanceof Checkpointer.Lost lost) {
            lost(lost.reason());
        } else {
            Capture.Look look = capture.look();
            seals.sealed(look.generation(), look.status().log(), clock.nanoTime());
        }
        return outcome;
    }

    private Checkpointer.Outcome drain(long frames) throws SQLException, IOException {
        long before = capture.position().txid();
        Checkpointer.Outcome outcome = checkpointer.drain();
        long nowNanos = clock.nanoTime();
        if (capture.position().txid() != before) {
            captured(nowNanos);
        }
        if (outcome instanceof Checkpointer.Lost lost) {
            lost(lost.reason());
            return outcome;
        }
        boolean emptied = ((Checkpointer.Drained) outcome).emptied();
        nextDrainNanos = emptied ? nowNanos : nowNanos + DRAIN_REST_NANOS;
        Capture.Look look = capture.look();
        seals.sealed(look.generation(), look.status().log(), nowNanos);
        if (emptied == drainFailed) {
            drainFailed = !emptied;
            LOG.log(
                    emptied ? System.Logger.Level.INFO : System.Logger.Level.WARNING,
                    emptied
                            ? "{0}: the WAL of {1} frames was emptied; readers had kept it from beginning anew"
                            : "{0}: the WAL has {1} frames, and readers do not let it begin anew; tried again and again",
                    name,
                    Long.toString(frames));
        }
        return outcome;
    }

    private Next next(long nowNanos, Capture.Look look) {
        if (look.newFrames() == 0) {
            long restNanos = pace.restNanos(nowNanos, capture.pinMayObstruct(look.status()));
            long delay = Math.min(seals.quietNanos(nowNanos), restNanos);
            seals.quiet();
            return delay == Long.MAX_VALUE ? Next.idle() : Next.within(delay);
        }
        long waitNanos = pace.waitNanos(nowNanos, progress.replicaError() == null);
        return Next.paced(Math.min(Math.min(seals.urgentNanos(nowNanos), waitNanos), seals.lookAgainNanos()));
    }

    private void captured(long nowNanos) throws IOException {
        pace.captured(nowNanos);
        if (!markerLooked) {
            // From here on the newest local file is the state.
            Files.deleteIfExists(RestoreMarker.path(metaPath));
            markerLooked = true;
        }
    }

    private boolean lost(String reason) {
        Position position = capture.position();
        LOG.log(
                System.Logger.Level.ERROR,
                "{0}: continuity of the WAL was lost after TXID {1} at {2}: {3}. A full image follows.",
                name,
                Txid.format(position.txid()),
                position.cursor(),
                reason);
        progress.tell(ReplicationEvent.Kind.GAP_FOUND, reason);
        dueImage(position.txid(), position.timestampMillis(), reason, new CompletableFuture<>());
        return false;
    }

    private Next detached() throws SQLException {
        stopCapturing(
                ReplicationState.DETACHED,
                database.path() + " or its WAL was replaced or removed while it was open. What is written through the "
                        + "open connections is not replicated, and other processes do not see it. Close them all.");
        return Next.idle();
    }

    private void stopCapturing(ReplicationState state, String reason) throws SQLException {
        become(state, reason);
        progress.endCapture(reason);
        unblock();
        budgetSpent = false;
        if (imageDue != null) {
            imageDue.imageTxid().completeExceptionally(new IllegalStateException(reason));
            imageDue = null;
        }
        database.pins().release();
    }

    /** Nobody else copies the WAL back: the application's connections leave it to us. */
    private Next lookAfterCheckpoints() throws SQLException, IOException {
        WalStatus status = database.noop();
        walFrames = status.log();
        if (status.log() - status.checkpointed() < settings.minCheckpointPages()) {
            return Next.idle();
        }
        checkpointer.copyBack();
        return Next.paced(STAND_BY_NANOS);
    }

    private CheckpointResult checkpointNow() throws SQLException, IOException {
        boolean locked = true;
        if (reading.state() == ReplicationState.STREAMING && imageDue == null) {
            locked = false;
            for (int attempt = 0; attempt < CHECKPOINT_ATTEMPTS && !locked; attempt++) {
                locked = !(seal(clock.nanoTime()) instanceof Checkpointer.NoLock);
            }
        } else {
            locked = checkpointer.copyBack();
        }
        WalStatus status = database.noop();
        return new CheckpointResult(
                locked && status.complete() ? 0 : 1, (int) status.log(), (int) status.checkpointed());
    }

    private Next trouble(Exception e) {
        if (reading.state() == ReplicationState.STREAMING || reading.state() == ReplicationState.BASELINE) {
            become(ReplicationState.LOCAL_FULL, e.toString());
        }
        progress.refuseSyncs(e.toString());
        retryAtNanos = clock.nanoTime() + troubleBackoff.nextNanos();
        return guardWal();
    }

    /** Again when it is due, or somebody asks for a sync; between, the WAL is looked after. */
    private Next retry(long nowNanos) throws SQLException, IOException {
        long requested = progress.syncsRequested();
        if (nowNanos - retryAtNanos < 0 && requested == retriedForSync) {
            return guardWal();
        }
        retriedForSync = requested;
        return imageDue == null ? follow(nowNanos) : writeImage(nowNanos);
    }

    /** Level-0 files cannot be written; an application must not die of that. */
    private Next guardWal() {
        try {
            WalStatus status = database.noop();
            walFrames = status.log();
            if (imageDue != null) {
                releaseAndCopyBack(status);
            } else if (capture.position() != null && isOverHardLimit(status)) {
                applyLocalFull();
            }
        } catch (SQLException | IOException e) {
            // What kept the files from being written is known already; the next look is due soon.
            walFrames = -1;
        }
        return Next.paced(Math.max(0, Math.min(GUARD_NANOS, retryAtNanos - clock.nanoTime())));
    }

    private boolean isOverHardLimit(WalStatus status) throws SQLException {
        return WalHeader.frameOffset(status.log() + 1, database.pageSizeBytes())
                >= settings.limits().walHardLimitBytes();
    }

    private void applyLocalFull() throws SQLException, IOException {
        switch (settings.limits().localFull()) {
            case DETACH -> {
                Position position = capture.position();
                imageDue = new ImageDue(position.txid(), position.timestampMillis(), new CompletableFuture<>());
                become(
                        ReplicationState.LOCAL_FULL,
                        "the WAL reached wal-hard-limit while level-0 files cannot be written: its checkpoints go on, the"
                                + " states since TXID " + Txid.format(position.txid())
                                + " are in the database only, a full image follows when files can be written again");
                releaseAndCopyBack(database.noop());
            }
            case BLOCK -> {
                if (!blocking) {
                    blocking = true;
                    gate.closeStarts();
                    become(
                            ReplicationState.LOCAL_FULL,
                            "the WAL reached wal-hard-limit while level-0 files cannot be written: writers wait until they"
                                    + " can be (local-full=block)");
                }
            }
            case GROW -> {}
        }
    }

    /** Where a full image is due anyway the pin protects nothing, and would only keep the WAL growing. */
    private void releaseAndCopyBack(WalStatus status) throws SQLException, IOException {
        database.pins().release();
        if (status.log() - status.checkpointed() >= settings.minCheckpointPages()) {
            checkpointer.copyBack();
        } else {
            database.passive();
        }
    }

    private void unblock() {
        if (blocking) {
            blocking = false;
            gate.open();
        }
    }

    private void recovered() {
        if (reading.state() == ReplicationState.LOCAL_FULL) {
            troubleBackoff.reset();
            unblock();
            become(ReplicationState.STREAMING, "level-0 files can be written again");
        }
    }

    private Next failed(Throwable bug) {
        LOG.log(System.Logger.Level.ERROR, name + ": replication stops because of a bug", bug);
        try {
            stopCapturing(ReplicationState.FAILED, bug.toString());
        } catch (SQLException e) {
            bug.addSuppressed(e);
        }
        return Next.idle();
    }

    private void become(ReplicationState state, String reason) {
        ReplicationState before = reading.state();
        reading = new Reading(state, clock.instant(), reason);
        System.Logger.Level level = switch (state) {
            case STARTING, STANDBY, STREAMING, BASELINE, CLOSED -> System.Logger.Level.INFO;
            case LOCAL_FULL, DETACHED, FENCED, FAILED -> System.Logger.Level.ERROR;
        };
        LOG.log(level, "{0}: {1} -> {2}: {3}", name, before, state, reason);
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
            case STREAMING, BASELINE -> {
                if (before == ReplicationState.LOCAL_FULL) {
                    progress.tell(ReplicationEvent.Kind.LOCAL_RECOVERED, reason);
                }
            }
            case STARTING, STANDBY, CLOSED -> {}
        }
    }
}
