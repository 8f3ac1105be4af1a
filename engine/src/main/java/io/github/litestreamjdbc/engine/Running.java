package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.agent.AgentHandle;
import io.github.litestreamjdbc.agent.TimeSource;
import io.github.litestreamjdbc.api.CheckpointResult;
import io.github.litestreamjdbc.api.History;
import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.api.ReplicationEvent;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.api.ReplicationStatus;
import io.github.litestreamjdbc.api.ValidationResult;
import io.github.litestreamjdbc.capture.CaptureAgent;
import io.github.litestreamjdbc.capture.Database;
import io.github.litestreamjdbc.capture.LocalLtx;
import io.github.litestreamjdbc.capture.Progress;
import io.github.litestreamjdbc.capture.StartCheck;
import io.github.litestreamjdbc.capture.WriteGate;
import io.github.litestreamjdbc.ltx.Txid;
import io.github.litestreamjdbc.replica.CaptureControl;
import io.github.litestreamjdbc.replica.LocalState;
import io.github.litestreamjdbc.replica.MaintenanceAgent;
import io.github.litestreamjdbc.replica.ReplicaFiles;
import io.github.litestreamjdbc.replica.SeenReplica;
import io.github.litestreamjdbc.replica.UploadAgent;
import io.github.litestreamjdbc.replica.ValidationAgent;
import io.github.litestreamjdbc.restore.RestorePoints;
import io.github.litestreamjdbc.spi.LogLine;
import io.github.litestreamjdbc.spi.StoreCounters;
import io.github.litestreamjdbc.store.LtxStore;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;

/** The replication of one database from its beginning to its end. Safe for use by several threads. */
final class Running implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Running.class.getName());

    /** How long the first connection waits for the replica's first answer. */
    private static final Duration FIRST_ANSWER = Duration.ofSeconds(2);

    private static final Duration CHECKPOINT = Duration.ofSeconds(30);

    /** How long an error may be held up to learn the TXID that it is about. */
    private static final Duration NAMING = Duration.ofSeconds(1);

    private final ReplicationConfig config;
    private final Database database;
    private final LtxStore replica;
    private final OwnerLock owner;

    /** Null unless only the holder of a lease writes. */
    private final Lease lease;

    private final StartCheck.Start start;
    private final Progress progress;
    private final Totals totals;
    private final CaptureControl capture;
    private final AgentHandle uploadHandle;
    private final UploadAgent upload;
    private final AgentHandle maintenanceHandle;
    private final MaintenanceAgent maintenance;
    private final AgentHandle validationHandle;
    private final ValidationAgent validation;
    private final ReplicaFiles files;

    /** When something was last written or committed; only with a lease. */
    private volatile long writtenNanos = System.nanoTime();

    /** The sync that an orderly end waits for; 0 before. */
    private volatile long finalSync;

    /** How the end was told; empty before. */
    private final AtomicReference<ReplicationEvent.Kind> endTold = new AtomicReference<>();

    /** @param start what capture begins with; the pin is held */
    Running(
            ReplicationConfig config,
            Database database,
            LocalLtx local,
            LtxStore replica,
            SeenReplica seen,
            OwnerLock owner,
            LocalState state,
            StartCheck.Start start,
            WriteGate gate,
            Progress progress,
            Totals totals,
            Lease lease) {
        this.config = config;
        this.lease = lease;
        this.progress = progress;
        this.totals = totals;
        this.database = database;
        this.replica = replica;
        this.owner = owner;
        this.start = start;
        TimeSource clock = TimeSource.SYSTEM;
        CaptureAgent captureAgent = new CaptureAgent(database, local, config, gate, progress, clock);
        capture = new CaptureControl(captureAgent, Pools.LOCAL.start(captureAgent, this::failed));
        files = new ReplicaFiles();
        LtxStore uploads = lease == null ? replica : lease.uploads(replica);
        LtxStore changes = lease == null ? replica : lease.maintenance(replica);
        upload = new UploadAgent(uploads, seen, files, local, config, state, start, capture, progress, clock);
        uploadHandle = Pools.NETWORK.start(upload, this::failed);
        maintenance = new MaintenanceAgent(changes, files, local, config, capture, progress, clock);
        maintenanceHandle = Pools.NETWORK.start(maintenance, this::failed);
        validation = new ValidationAgent(replica, config, capture, progress, clock);
        validationHandle = Pools.VALIDATION.start(validation, this::failed);
        progress.onCaptured(uploadHandle::wake);
        // It may have been stepped before somebody listened.
        uploadHandle.wake();
        progress.onUploaded(this::uploaded);
        progress.onCutDue(capture::wake);
        if (lease != null) {
            lease.listen(this::leaseLost, this::leaseConfirmed);
        }
    }

    private void leaseConfirmed() {
        if (capture.agent().reading().state() == ReplicationState.FENCED) {
            // Somebody wrote without a lease: whoever comes next is not to wait for us.
            lease.lose(capture.agent().reading().reason());
        }
        uploadHandle.wake();
    }

    /** What is committed and not uploaded is set aside by the next start, which restores what the replica has. */
    private void leaseLost() {
        String reason = lease.lostReason() + ". Nothing more is replicated from here, and writes are refused."
                + " What was captured up to TXID " + Txid.format(progress.captured())
                + " and is in the replica up to TXID "
                + Txid.format(progress.uploaded()) + " only is kept; the next connect after all are closed moves the"
                + " database aside, says under which name, and goes on from the replica";
        capture.standBy(ReplicationState.FENCED, reason);
        progress.stop(reason);
    }

    /** Something is about to be written or committed. */
    void beforeWrite() throws ReplicationException {
        if (lease == null) {
            return;
        }
        CaptureAgent.Reading reading = capture.agent().reading();
        if (reading.state() == ReplicationState.FENCED) {
            throw new ReplicationException.Fenced(config.name() + " is read-only: " + reading.reason());
        }
        lease.requireOpen();
        writtenNanos = System.nanoTime();
    }

    /** With a lease: whether nothing was written or committed for so long. */
    boolean isQuietFor(Duration time) {
        return System.nanoTime() - writtenNanos >= time.toNanos();
    }

    /** How long an orderly end may take. */
    Duration longestEnd() {
        return config.lifecycle().shutdownSyncTimeout();
    }

    /** What gathered during the upload goes next. */
    private void uploaded() {
        maintenanceHandle.hint();
        if (progress.gatherNanos() != Long.MAX_VALUE) {
            capture.wake();
        }
    }

    /**
     * Waits for the replica's first answer, for a while: an unreachable replica keeps no existing database from opening,
     * and neither does one that refuses, which it says at once.
     *
     * @throws ReplicationException.Fenced if nothing may be written to this replica
     */
    void awaitFirstAnswer() throws ReplicationException {
        try {
            Optional<UploadAgent.Decision> answer =
                    upload.firstAnswer().get(FIRST_ANSWER.toMillis(), TimeUnit.MILLISECONDS);
            if (answer.isEmpty()) {
                goOnAlone();
            } else if (answer.get() instanceof UploadAgent.Refused refused) {
                throw new ReplicationException.Fenced(replica + ": " + refused.reason());
            }
        } catch (TimeoutException noAnswer) {
            if (progress.isStopped()) {
                // Who takes over does not keep others from ending it.
                return;
            }
            LOG.log(
                    System.Logger.Level.WARNING,
                    about().with("replica", replica)
                            .says("no answer within " + FIRST_ANSWER.toSeconds()
                                    + " s; the database opens, the replica is asked on in the background"));
            goOnAlone();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            goOnAlone();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    private void goOnAlone() {
        if (upload.canBeginAlone()) {
            capture.begin(start);
        } else {
            capture.waitForReplica();
        }
    }

    private LogLine about() {
        return LogLine.of("database", config.name());
    }

    private void failed(Throwable bug) {
        LOG.log(System.Logger.Level.ERROR, about().says("replication stops because of a bug", bug));
        capture.standBy(ReplicationState.FAILED, bug.toString());
        progress.stop(bug.toString());
    }

    /** A commit has returned from SQLite. */
    void noticeCommit() throws ReplicationException {
        if (lease != null) {
            // This process may have stood still since the write began.
            lease.requireOpen();
            writtenNanos = System.nanoTime();
        }
        progress.noticed();
        if (config.durability().untilReplicated()) {
            awaitReplicated(config.durability().timeout());
        } else {
            capture.handle().hint();
        }
    }

    /** Waits for everything committed so far, together with all others who wait. */
    long awaitReplicated(Duration timeout) throws ReplicationException {
        long request = progress.requestGroupSync();
        if (progress.syncWanted() || capture.agent().reading().state() != ReplicationState.STREAMING) {
            capture.wake();
        }
        if (progress.replicaError() != null) {
            uploadHandle.wake();
        }
        try {
            return progress.awaitCommit(request, timeout.toNanos());
        } catch (ReplicationException.Transient notConfirmed) {
            throw new ReplicationException.Transient(
                    "TXID " + committedTxid() + ": " + notConfirmed.getMessage(), notConfirmed);
        }
    }

    /** In words: while an upload hangs, the next group has none yet. */
    private String committedTxid() {
        try {
            return Txid.format(committed(NAMING));
        } catch (ReplicationException notEvenCaptured) {
            return "not known (" + notEvenCaptured.getMessage() + ")";
        }
    }

    /** The TXID that holds everything committed so far, once local files have it. */
    long committed(Duration timeout) throws ReplicationException {
        long request = progress.requestSync();
        capture.wake();
        return progress.awaitCapture(request, timeout.toNanos());
    }

    /** The newest TXID in the replica as far as known. */
    long replicated() {
        return progress.uploaded();
    }

    long sync(Duration timeout) throws ReplicationException {
        long request = requestSync();
        return progress.awaitSync(request, timeout.toNanos());
    }

    /** Waits for a file in the replica that holds everything committed before the call. */
    long snapshot(Duration timeout) throws ReplicationException {
        Future<Long> txid = maintenance.snapshot();
        maintenanceHandle.wake();
        return await(txid, timeout, "snapshot");
    }

    /** Waits for a comparison of the replica with the database that begins after the call. */
    ValidationResult validate(Duration timeout) throws ReplicationException {
        Future<ValidationResult> result = validation.request();
        validationHandle.wake();
        return await(result, timeout, "validation");
    }

    private static <T> T await(Future<T> result, Duration timeout, String what) throws ReplicationException {
        try {
            return result.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new ReplicationException.Transient(
                    "no " + what + " within " + timeout.toMillis() + " ms; it is still being taken", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ReplicationException.Transient("interrupted while waiting for a " + what, e);
        } catch (ExecutionException e) {
            throw new ReplicationException.Stopped(e.getCause().getMessage());
        }
    }

    private long requestSync() {
        long request = progress.requestSync();
        capture.wake();
        uploadHandle.wake();
        return request;
    }

    CheckpointResult checkpoint() throws ReplicationException {
        Future<CheckpointResult> result = capture.checkpoint();
        try {
            return result.get(CHECKPOINT.toSeconds(), TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new ReplicationException.Transient("no checkpoint within " + CHECKPOINT.toSeconds() + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ReplicationException.Transient("interrupted while waiting for a checkpoint", e);
        } catch (ExecutionException e) {
            throw new ReplicationException.Transient(
                    "checkpoint failed: " + e.getCause().getMessage(), e.getCause());
        }
    }

    History history() throws ReplicationException {
        try {
            return RestorePoints.of(replica.listAll());
        } catch (IOException e) {
            throw new ReplicationException.Transient(replica + " cannot be listed: " + e.getMessage(), e);
        }
    }

    Progress progress() {
        return progress;
    }

    /** What was counted so far. */
    Totals totals() {
        return new Totals(progress.counters(), requests());
    }

    /** What was asked of the store so far, and of those before it. */
    StoreCounters requests() {
        return totals.requests().plus(replica.counters());
    }

    /** What the replica can give back as far as known. */
    History restorable() {
        return RestorePoints.of(files.all());
    }

    /** When the replica last was found to give back the database; null if it was not yet. */
    Instant lastProvenRestore() {
        return validation.lastSame();
    }

    long walBytes() {
        return capture.agent().walBytes();
    }

    ReplicationStatus status() {
        CaptureAgent.Reading reading = capture.agent().reading();
        long lastUploadMillis = progress.lastUploadMillis();
        return new ReplicationStatus(
                reading.state(),
                reading.since(),
                reading.reason(),
                progress.captured(),
                progress.uploaded(),
                progress.unreplicatedCommits(),
                capture.agent().walFrames(),
                lastUploadMillis == 0 ? null : Instant.ofEpochMilli(lastUploadMillis),
                progress.replicaError(),
                validation.last());
    }

    /** Whether nothing more will be replicated. */
    boolean isStopped() {
        return progress.isStopped();
    }

    /** Whether it follows the file that has the database's name now, and is to go on. */
    boolean goesOn() {
        return !isStopped() && capture.agent().reading().state() != ReplicationState.DETACHED && isFileInPlace();
    }

    /** Whether the database file is still the one that was opened. */
    boolean isFileInPlace() {
        try {
            return database.isFileInPlace();
        } catch (IOException e) {
            return false;
        }
    }

    /** Asks for the final sync. */
    void beginFinalSync() {
        if (!progress.isStopped()) {
            finalSync = requestSync();
        }
    }

    /** Waits for it; empty if none was asked for, or how it ended was told. */
    private Optional<FinalSync> finalSync() {
        if (progress.isStopped()) {
            return whatIsLeft(capture.agent().reading().reason());
        }
        if (finalSync == 0) {
            return Optional.empty();
        }
        Duration timeout = config.lifecycle().shutdownSyncTimeout();
        try {
            return Optional.of(FinalSync.complete(progress.awaitSync(finalSync, timeout.toNanos())));
        } catch (ReplicationException e) {
            // Another thread may have ended it in good order: the JVM's end meets the close of the last connection.
            return progress.isStopped() && endTold.get() != null
                    ? whatIsLeft(e.getMessage())
                    : Optional.of(incomplete(e.getMessage()));
        }
    }

    private FinalSync incomplete(String why) {
        return FinalSync.incomplete(progress, capture.agent().reading().state(), why);
    }

    /** Replication had ended before: nobody brings the rest to the replica, not even a final sync. */
    private Optional<FinalSync> whatIsLeft(String why) {
        // After a bug nobody knows what others committed.
        if (progress.lagMillis() > 0 || capture.agent().reading().state() == ReplicationState.FAILED) {
            return Optional.of(incomplete(why));
        }
        return endTold.get() == null ? Optional.of(FinalSync.complete(progress.uploaded())) : Optional.empty();
    }

    /** Waits for it, and says how it ended. */
    void awaitFinalSync() {
        finalSync().ifPresent(this::tell);
    }

    /** Once: the JVM's end and the close of the last connection come one after the other. */
    private void tell(FinalSync ended) {
        if (endTold.getAndSet(ended.kind()) != ended.kind()) {
            progress.tell(ended.kind(), ended.reason());
            LastWords.say(ended.level(), about().with("replica", replica), ended.words());
        }
    }

    /**
     * Prepares the end: everything committed goes to the replica as far as {@code shutdown-sync-timeout} allows, then
     * nothing more does. Waits for the network. Followed by {@link #end} or {@link #goOn}; for one thread at a time.
     */
    Optional<FinalSync> settle() {
        beginFinalSync();
        Optional<FinalSync> ended = finalSync();
        // Whoever closes the last connection does not wait until a database is compared or copied.
        progress.settling(true);
        // Uploads last: commits of whoever connects meanwhile may wait for them.
        validationHandle.stop();
        maintenanceHandle.stop();
        uploadHandle.stop();
        return ended;
    }

    /** Undoes {@link #settle}: somebody connected meanwhile. */
    void goOn() {
        progress.settling(false);
        if (!progress.isStopped()) {
            uploadHandle.restart();
            maintenanceHandle.restart();
            validationHandle.restart();
        }
    }

    /** Ends everything after {@link #settle}, and says how that ended. The WAL stays, so that the next start goes on from it. */
    void end(Optional<FinalSync> ended) {
        ended.ifPresent(this::tell);
        close();
    }

    /** Ends replication, but not the care for the WAL of those who still have the database open. */
    void leave() {
        beginFinalSync();
        awaitFinalSync();
        String reason = "replication was closed";
        progress.stop(reason);
        capture.standBy(ReplicationState.CLOSED, reason);
        releaseOwner();
    }

    /** Another process may replicate from here on. */
    private void releaseOwner() {
        if (lease != null) {
            lease.close();
        }
        try {
            owner.close();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, about().says("the owner's lock could not be released: " + e));
        }
    }

    /** Ends everything as it is. */
    @Override
    public void close() {
        progress.stop("replication has ended");
        uploadHandle.stop();
        maintenanceHandle.stop();
        validationHandle.stop();
        capture.handle().stop();
        capture.agent().abandon();
        maintenance.abandon();
        validation.abandon();
        if (lease != null) {
            lease.close();
        }
        replica.close();
        try (owner) {
            database.close();
        } catch (SQLException | IOException e) {
            LOG.log(System.Logger.Level.WARNING, about().says("our connections could not be closed: " + e));
        }
    }
}
