package io.github.litestreamjdbc.capture;

import io.github.litestreamjdbc.agent.Agent;
import io.github.litestreamjdbc.agent.TimeSource;
import io.github.litestreamjdbc.api.CheckpointResult;
import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.api.ReplicationEvent;
import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.ltx.Txid;
import io.github.litestreamjdbc.spi.LogLine;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.sql.SQLException;
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

    /** How often the WAL is looked at while local-budget is used up. */
    private static final long GUARD_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final String USABLE_AGAIN = "level-0 files can be read and written again";

    /** Attempts at a checkpoint that the application asked for: some 140 ms. */
    private static final int CHECKPOINT_ATTEMPTS = 4;

    private final String name;
    private final Database database;
    private final LocalLtx local;
    private final ReplicationConfig.Capture settings;
    private final Progress progress;
    private final TimeSource clock;
    private final Capture capture;
    private final Checkpointer checkpointer;
    private final Baseline baseline;
    private final Streaming streaming;
    private final LocalFull localFull;
    private final LocalBudget budget;
    private final LockWatch locks;
    private final CaptureState state;
    private final Requests requests = new Requests();

    /** Whether it was told what to begin with. */
    private boolean begun;

    /** The full image that is due; null if none is. */
    private ImageDue imageDue;

    /** Why another thread cannot use the local files; null if it can. */
    private LocalFilesException othersFault;

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
        this.local = local;
        this.settings = config.capture();
        this.progress = progress;
        this.clock = clock;
        this.state = new CaptureState(name, progress, clock);
        this.capture = new Capture(database, local, clock, progress);
        this.checkpointer = new Checkpointer(database, capture, gate, progress.counters());
        this.baseline = new Baseline(
                database, local, clock, new ImageLog(name, config.restore().logProgress()));
        this.streaming = new Streaming(config, capture, checkpointer, progress, state, clock);
        this.localFull = new LocalFull(database, checkpointer, gate, settings, state, clock);
        this.budget = new LocalBudget(settings.limits().localBudgetBytes());
        this.locks = new LockWatch(name, database, clock.nanoTime());
    }

    /**
     * The state as others may read it.
     *
     * @param since since when
     * @param reason why, in words
     */
    public record Reading(ReplicationState state, Instant since, String reason) {}

    /** @param mayStand whether the file of {@code lastTxid} may be the image already */
    private record ImageDue(long lastTxid, long timestampMillis, boolean mayStand, CompletableFuture<Long> imageTxid) {
        ImageDue(long lastTxid, long timestampMillis, CompletableFuture<Long> imageTxid) {
            this(lastTxid, timestampMillis, false, imageTxid);
        }
    }

    /** Asks it to begin with what the start check found, unless it has begun. Safe for use by several threads. */
    public void begin(StartCheck.Start start) {
        requests.ask(() -> {
            if (isToBegin()) {
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
        return requests.ask(() -> PageComparison.equal(database, local, ltx));
    }

    /**
     * Asks it to let go of the WAL until it is told to begin: there is no TXID to give yet. Safe for use by several
     * threads.
     */
    public void waitForReplica() {
        requests.ask(() -> {
            if (isToBegin()) {
                database.pins().release();
            }
            return null;
        });
    }

    /**
     * Asks it to capture nothing any more and to look after checkpoints only. Safe for use by several threads.
     *
     * @param to the state it is in from then on
     */
    public void standBy(ReplicationState to, String reason) {
        requests.<Void>ask(() -> {
                    stopCapturing(to, reason);
                    return null;
                })
                .whenComplete((done, notServed) -> {
                    // Whoever waited for a commit may end everything before the next step; it is told all the same.
                    if (notServed != null && !state.is(to)) {
                        state.become(to, reason);
                    }
                });
    }

    /**
     * Tells it that another thread cannot use the local files: the fault is local, whatever that thread was doing, and lasts
     * until {@link #localFaultOver}, for only that thread can tell. What can be captured meanwhile is. Safe for use by
     * several threads.
     */
    public void localFault(LocalFilesException fault) {
        requests.ask(() -> {
            boolean told = othersFault != null;
            othersFault = fault;
            if (!told && isActive()) {
                progress.refuseSyncs(fault.getMessage());
                state.become(ReplicationState.LOCAL_FULL, fault.getMessage());
            }
            return null;
        });
    }

    /** Tells it that what failed there has succeeded. Safe for use by several threads. */
    public void localFaultOver() {
        requests.ask(() -> {
            othersFault = null;
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
        if (!isStreaming()) {
            return Optional.empty();
        }
        try {
            return streaming.openImage();
        } catch (ContinuityLostException e) {
            lost(e.getMessage());
            return Optional.empty();
        }
    }

    private boolean isStreaming() {
        return state.is(ReplicationState.STREAMING) && imageDue == null;
    }

    /** Whether it is still to be told what to begin with. */
    private boolean isToBegin() {
        return !begun && isActive();
    }

    /** Whether it captures, or will. */
    private boolean isActive() {
        return switch (state.reading().state()) {
            case STARTING, BASELINE, STREAMING, LOCAL_FULL -> true;
            case STANDBY, DETACHED, FENCED, FAILED, CLOSED -> false;
        };
    }

    /** Asks for a checkpoint. Safe for use by several threads. */
    public CompletableFuture<CheckpointResult> checkpoint() {
        return requests.ask(this::checkpointNow);
    }

    /** The present state. Safe for use by several threads. */
    public Reading reading() {
        return state.reading();
    }

    /** Frames in the WAL at the last look. Safe for use by several threads. */
    public long walFrames() {
        return state.walFrames();
    }

    /** Bytes of the WAL that count, at the last look. Safe for use by several threads. */
    public long walBytes() {
        return state.walBytes();
    }

    @Override
    public Next step(long nowNanos) {
        Next next = work(nowNanos);
        progress.checkLag();
        return next.atMost(progress.lagDueNanos());
    }

    private Next work(long nowNanos) {
        try {
            requests.serve();
            streaming.closeForgottenImages(nowNanos);
            return switch (state.reading().state()) {
                case STREAMING, BASELINE -> capture(nowNanos, false);
                case LOCAL_FULL -> captureIfPossible(nowNanos);
                case STARTING, STANDBY, FENCED, FAILED, CLOSED -> lookAfterCheckpoints();
                case DETACHED -> Next.idle();
            };
        } catch (ContinuityLostException e) {
            lost(e.getMessage());
            return Next.paced(0);
        } catch (ClosedByInterruptException e) {
            // Somebody interrupts threads that are not theirs. What was being written is not there, the pins still are.
            Thread.interrupted();
            return Next.paced(RETRY_NANOS);
        } catch (SQLException | IOException e) {
            return trouble(e);
        } catch (RuntimeException | Error bug) {
            return failed(bug);
        }
    }

    /** The agent has been stopped: everybody who waits for an answer is told that none will come. */
    public void abandon() {
        localFull.letWritersIn();
        IllegalStateException ended = new IllegalStateException("replication of " + name + " has ended");
        requests.abandon(ended);
        if (imageDue != null) {
            imageDue.imageTxid().completeExceptionally(ended);
        }
    }

    private void beginWith(StartCheck.Start start) {
        begun = true;
        if (start instanceof StartCheck.Resume resume) {
            capture.begin(resume.position(), resume.restartAllowed());
            progress.resumed(resume.position().txid());
            goOn(
                    ReplicationState.STREAMING,
                    "resumed at TXID " + Txid.format(resume.position().txid()));
        } else {
            StartCheck.FullImage image = (StartCheck.FullImage) start;
            imageDue = new ImageDue(
                    image.lastTxid(), image.timestampMillis(), image.newestMayBeIt(), new CompletableFuture<>());
            progress.uncaptured();
            goOn(ReplicationState.BASELINE, image.reason());
        }
    }

    /** Goes on, and says so unless another thread is kept from it. */
    private void goOn(ReplicationState to, String reason) {
        if (othersFault == null) {
            state.become(to, reason);
        }
    }

    private void dueImage(long lastTxid, long timestampMillis, String reason, CompletableFuture<Long> imageTxid) {
        Position known = capture.position();
        long last = known == null || Txid.compare(known.txid(), lastTxid) < 0 ? lastTxid : known.txid();
        long timestamp = known == null ? timestampMillis : Math.max(timestampMillis, known.timestampMillis());
        begun = true;
        imageDue = new ImageDue(last, timestamp, imageTxid);
        progress.uncaptured();
        capture.forgetStaged();
        goOn(ReplicationState.BASELINE, reason);
    }

    private Next writeImage(long nowNanos) throws SQLException, IOException {
        if (!database.isInPlace()) {
            return detached();
        }
        long request = progress.syncsRequested();
        progress.looking();
        if (imageDue.mayStand() && goesOnFromStandingImage()) {
            progress.syncCaptured(request);
            return Next.paced(0);
        }
        long txid = imageDue.lastTxid() + 1;
        Optional<Baseline.Image> written = baseline.write(txid, imageDue.timestampMillis());
        if (written.isEmpty()) {
            return Next.paced(RETRY_NANOS);
        }
        capture.begin(written.get().position(), written.get().restartAllowed());
        imageDue.imageTxid().complete(txid);
        imageDue = null;
        localFull.recovered();
        // After the answer: this is what wakes the one who waits for it.
        progress.counters()
                .captured(1, written.get().position().sizePages(), written.get().bytes());
        progress.captured(txid, 1, written.get().bytes());
        progress.syncCaptured(request);
        streaming.captured(nowNanos);
        String reason = "full image written as TXID " + Txid.format(txid);
        goOn(ReplicationState.STREAMING, reason);
        progress.tell(ReplicationEvent.Kind.FULL_IMAGE_WRITTEN, reason);
        return Next.paced(0);
    }

    private boolean goesOnFromStandingImage() throws SQLException, IOException {
        Optional<Baseline.Image> standing = baseline.standing(imageDue.lastTxid());
        if (standing.isEmpty()) {
            imageDue = new ImageDue(imageDue.lastTxid(), imageDue.timestampMillis(), imageDue.imageTxid());
            return false;
        }
        Position position = standing.get().position();
        capture.begin(position, standing.get().restartAllowed());
        imageDue = null;
        localFull.recovered();
        progress.resumed(position.txid());
        goOn(
                ReplicationState.STREAMING,
                "resumed at TXID " + Txid.format(position.txid())
                        + ", whose full image is the database, page for page");
        return true;
    }

    /** @param surely whether a file is to be written if there is anything to write: nothing else proves that it can be */
    private Next capture(long nowNanos, boolean surely) throws SQLException, IOException, ContinuityLostException {
        return imageDue == null ? follow(nowNanos, surely) : writeImage(nowNanos);
    }

    private Next captureIfPossible(long nowNanos) throws SQLException, IOException, ContinuityLostException {
        if (!begun) {
            if (othersFault == null) {
                state.become(ReplicationState.STARTING, USABLE_AGAIN);
            }
            return lookAfterCheckpoints();
        }
        if (budget.isSpent()) {
            return waitForRoom();
        }
        if (!localFull.isFailing()) {
            return capture(nowNanos, false);
        }
        return localFull.mayRetry(nowNanos, progress.syncsRequested()) ? capture(nowNanos, true) : guardWal();
    }

    private Next follow(long nowNanos, boolean surely) throws SQLException, IOException, ContinuityLostException {
        if (!database.isInPlace()) {
            return detached();
        }
        if (budget.spend(progress, othersFault != null)) {
            state.become(ReplicationState.LOCAL_FULL, budget.reason());
            capture.forgetStaged();
            database.pins().release();
            // The WAL keeps nothing for us any more, so it need not be kept short.
            localFull.letWritersIn();
            return waitForRoom();
        }
        locks.check(nowNanos);
        Next next = streaming.follow(nowNanos, surely);
        recovered();
        return next;
    }

    /** Checkpoints go on; once the replica has everything that was captured, a full image follows. */
    private Next waitForRoom() throws SQLException, IOException {
        if (!database.isInPlace()) {
            return detached();
        }
        if (budget.isCleared(progress)) {
            budget.refill();
            Position position = capture.position();
            dueImage(
                    position.txid(),
                    position.timestampMillis(),
                    "the replica answers again and has all that was captured before local-budget was used up",
                    new CompletableFuture<>());
            return Next.paced(0);
        }
        progress.refuseSyncs(state.reading().reason());
        return lookAfterCheckpoints().delayNanos() <= STAND_BY_NANOS
                ? Next.paced(STAND_BY_NANOS)
                : Next.paced(GUARD_NANOS);
    }

    private void lost(String reason) {
        Position position = capture.position();
        LOG.log(
                System.Logger.Level.ERROR,
                LogLine.of("database", name)
                        .says("continuity of the WAL was lost after TXID " + Txid.format(position.txid()) + " at "
                                + capture.cursor() + ": " + reason + ". A full image follows"));
        progress.tell(ReplicationEvent.Kind.GAP_FOUND, reason);
        dueImage(position.txid(), position.timestampMillis(), reason, new CompletableFuture<>());
    }

    private Next detached() throws SQLException {
        stopCapturing(
                ReplicationState.DETACHED,
                database.path()
                        + ", its -wal or its -shm was replaced or removed while it was open. What is written through the "
                        + "open connections is not replicated, and other processes do not see it. Close them all.");
        return Next.idle();
    }

    private void stopCapturing(ReplicationState to, String reason) throws SQLException {
        state.become(to, reason);
        progress.endCapture(reason);
        localFull.letWritersIn();
        budget.refill();
        if (imageDue != null) {
            imageDue.imageTxid().completeExceptionally(new IllegalStateException(reason));
            imageDue = null;
        }
        capture.forgetStaged();
        database.pins().release();
    }

    /** Nobody else copies the WAL back: the application's connections leave it to us. */
    private Next lookAfterCheckpoints() throws SQLException, IOException {
        WalStatus status = database.noop();
        state.wal(status.log());
        if (status.log() - status.checkpointed() < settings.minCheckpointPages()) {
            return Next.idle();
        }
        checkpointer.copyBack();
        return Next.paced(STAND_BY_NANOS);
    }

    private CheckpointResult checkpointNow() throws SQLException, IOException {
        boolean locked = isStreaming() ? sealNow() : checkpointer.copyBack();
        WalStatus status = database.noop();
        return new CheckpointResult(
                locked && status.complete() ? 0 : 1, (int) status.log(), (int) status.checkpointed());
    }

    private boolean sealNow() throws SQLException, IOException {
        try {
            for (int attempt = 0; attempt < CHECKPOINT_ATTEMPTS; attempt++) {
                if (streaming.seal(clock.nanoTime())) {
                    return true;
                }
            }
        } catch (ContinuityLostException e) {
            lost(e.getMessage());
        }
        return false;
    }

    private Next trouble(Exception e) {
        String reason = e instanceof LocalFilesException ? e.getMessage() : e.toString();
        if (state.is(ReplicationState.STREAMING) || state.is(ReplicationState.BASELINE)) {
            state.become(ReplicationState.LOCAL_FULL, reason);
        }
        progress.refuseSyncs(reason);
        localFull.failed();
        return guardWal();
    }

    /** Level-0 files cannot be written; an application must not die of that. */
    private Next guardWal() {
        try {
            Position position = capture.position();
            if (localFull.guard(imageDue != null, position != null) == LocalFull.Action.DETACH) {
                imageDue = new ImageDue(position.txid(), position.timestampMillis(), new CompletableFuture<>());
                capture.forgetStaged();
                state.become(
                        ReplicationState.LOCAL_FULL,
                        "the WAL reached wal-hard-limit while level-0 files cannot be written: its checkpoints go on, the"
                                + " states since TXID " + Txid.format(position.txid())
                                + " are in the database only, a full image follows when files can be written again");
            }
        } catch (SQLException | IOException e) {
            // What kept the files from being written is known already; the next look is due soon.
            state.wal(-1);
        }
        return Next.paced(localFull.waitNanos());
    }

    private void recovered() {
        localFull.recovered();
        if (state.is(ReplicationState.LOCAL_FULL)) {
            goOn(ReplicationState.STREAMING, USABLE_AGAIN);
        }
    }

    private Next failed(Throwable bug) {
        LOG.log(
                System.Logger.Level.ERROR,
                LogLine.of("database", name).says("replication stops because of a bug", bug));
        try {
            stopCapturing(ReplicationState.FAILED, bug.toString());
        } catch (SQLException e) {
            bug.addSuppressed(e);
        }
        return Next.idle();
    }
}
