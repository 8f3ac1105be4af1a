package io.github.litestreamjdbc.replica;

import io.github.litestreamjdbc.agent.Agent;
import io.github.litestreamjdbc.agent.Backoff;
import io.github.litestreamjdbc.agent.TimeSource;
import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.api.ReplicationEvent;
import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.capture.LocalFilesException;
import io.github.litestreamjdbc.capture.LocalLtx;
import io.github.litestreamjdbc.capture.Progress;
import io.github.litestreamjdbc.capture.StartCheck;
import io.github.litestreamjdbc.ltx.Txid;
import io.github.litestreamjdbc.restore.Restorer;
import io.github.litestreamjdbc.spi.LogLine;
import io.github.litestreamjdbc.spi.StoreConfigurationException;
import io.github.litestreamjdbc.store.LtxFile;
import io.github.litestreamjdbc.store.LtxStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/**
 * Copies local level-0 files to the replica, in the order of their TXIDs, each only if its key is free: a second writer
 * collides there and stops. First it finds out whether database and replica belong together. Alone in writing level
 * 0 of the replica.
 */
public final class UploadAgent implements Agent {
    private static final System.Logger LOG = System.getLogger(UploadAgent.class.getName());

    /** What another writer has if nothing was said to it. */
    private static final Duration L0_RETENTION = ReplicationConfig.Maintenance.DEFAULTS.l0Retention();

    private static final int PRUNE_EVERY = 64;

    /** How often it is asked for whether the capture thread has compared the database with the replica. */
    private static final long COMPARING_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final String name;
    private final LtxStore replica;
    private final SeenReplica seen;
    private final ReplicaFiles files;
    private final LocalLtx local;
    private final LtxCopies copies;
    private final ReplicationConfig config;
    private final LocalState state;
    private final StartCheck.Start start;
    private final CaptureControl capture;
    private final Progress progress;
    private final TimeSource clock;
    private final CompletableFuture<Decision> decided = new CompletableFuture<>();
    private final CompletableFuture<Optional<Decision>> firstAnswer = new CompletableFuture<>();
    private final Backoff backoff;

    /** For what somebody has to put right: keys rotate, buckets get created. 30 to 60 s. */
    private final Backoff slowBackoff;

    /** What the replica has; the next file is that of the TXID after it. */
    private long uploadedTxid;

    /** When the replica was last known to have nothing behind {@link #uploadedTxid}. */
    private long confirmedNanos;

    private long confirmedMillis;

    private final Outages outages = new Outages();

    /** What the decision waits for; null if for nothing. */
    private Comparing comparing;

    /** A full image that the chain goes on with; null if none is due. */
    private Rebasing rebasing;

    /** Whether capture was told that the local files cannot be used, and not yet that they can. */
    private boolean localFault;

    /**
     * @param files told what the replica has
     * @param state what this machine knew before
     * @param start what capture would begin with
     * @param capture what to tell the capture agent, each with a wake-up
     */
    public UploadAgent(
            LtxStore replica,
            SeenReplica seen,
            ReplicaFiles files,
            LocalLtx local,
            ReplicationConfig config,
            LocalState state,
            StartCheck.Start start,
            CaptureControl capture,
            Progress progress,
            TimeSource clock) {
        this.name = config.name();
        this.replica = replica;
        this.seen = seen;
        this.files = files;
        this.local = local;
        this.copies = new LtxCopies(replica, local, config);
        this.config = config;
        this.state = state;
        this.start = start;
        this.capture = capture;
        this.progress = progress;
        this.clock = clock;
        this.backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(30), clock.jitter());
        this.slowBackoff = new Backoff(Duration.ofSeconds(60), Duration.ofSeconds(60), clock.jitter());
        decided.thenAccept(decision -> firstAnswer.complete(Optional.of(decision)));
    }

    /** What the replica's first answer led to. */
    public sealed interface Decision {}

    /** Replication goes on. */
    public record Accepted() implements Decision {}

    /** It must not. */
    public record Refused(String reason) implements Decision {}

    private record Comparing(CompletableFuture<Boolean> equal, Relation.Compare compare, List<LtxFile> listing) {}

    private record Rebasing(CompletableFuture<Long> imageTxid, boolean withSnapshot) {}

    /** The decision; never completes exceptionally. */
    public CompletableFuture<Decision> decided() {
        return decided;
    }

    /**
     * What the replica said first: the decision, or empty if it is there and says that somebody has to change something
     * before. Never completes exceptionally.
     */
    public CompletableFuture<Optional<Decision>> firstAnswer() {
        return firstAnswer;
    }

    /** Whether there is local state to begin with while the replica does not answer. */
    public boolean canBeginAlone() {
        return state.known();
    }

    @Override
    public Next step(long nowNanos) {
        if (progress.isStopped()) {
            return Next.idle();
        }
        try {
            if (!decided.isDone()) {
                decide();
                if (!decided.isDone()) {
                    return Next.paced(COMPARING_NANOS);
                }
            }
            boolean more = false;
            try {
                more = uploadNext();
            } finally {
                if (!more) {
                    progress.uploadsRest();
                }
            }
            if (!more) {
                reachable();
            }
            localFilesWork();
            return more ? Next.paced(0) : Next.idle();
        } catch (IOException e) {
            Optional<LocalFilesException> fault = LocalFilesException.in(e);
            if (fault.isPresent()) {
                localFault = true;
                capture.localFault(fault.get());
                return Next.paced(backoff.nextNanos());
            }
            tryLocalFiles();
            boolean slowly = e instanceof StoreConfigurationException;
            unreachable(e, slowly);
            if (slowly) {
                firstAnswer.complete(Optional.empty());
            }
            return Next.paced((slowly ? slowBackoff : backoff).nextNanos());
        }
    }

    /** Comes to a decision, or is to be called again once a comparison is over. */
    private void decide() throws IOException {
        if (comparing != null) {
            decideCompared();
        } else if (isFencedOff()) {
            confirm();
            List<LtxFile> listing = replica.listAll();
            ReplicaLook look = ReplicaLook.of(listing);
            uploadedTxid = look.newestTxid();
            if (uploadedTxid != 0) {
                remember();
            }
            Relation.Verdict verdict = Relation.of(state, look, config.onMismatch());
            if (verdict instanceof Relation.Compare compare) {
                comparing = new Comparing(isEqual(compare.what(), look.newest().orElseThrow()), compare, listing);
                decideCompared();
            } else {
                act(verdict, listing);
            }
        }
    }

    private void decideCompared() throws IOException {
        if (!comparing.equal().isDone()) {
            return;
        }
        Comparing compared = comparing;
        comparing = null;
        try {
            boolean equal = compared.equal().join();
            act(equal ? compared.compare().equal() : compared.compare().otherwise(), compared.listing());
        } catch (CompletionException e) {
            throw new IOException(
                    "comparison with the replica failed: " + e.getCause().getMessage(), e.getCause());
        }
    }

    private void act(Relation.Verdict relation, List<LtxFile> listing) throws IOException {
        Relation.Verdict verdict = relation;
        Optional<String> gap = Restorer.gap(listing);
        if (gap.isPresent()) {
            verdict = Relation.behindGap(verdict, state, uploadedTxid, gap.get());
        }
        Optional<LtxFile> newest = ReplicaLook.of(listing).newest();
        if (newest.isPresent() && !(verdict instanceof Relation.Refuse)) {
            int ours = start.pageSizeBytes();
            int theirs = copies.pageSizeBytes(newest.get()).orElse(ours);
            if (theirs != ours) {
                verdict = Relation.otherPageSize(ours, theirs, uploadedTxid);
            }
        }
        if (!(verdict instanceof Relation.Refuse)) {
            files.listed(listing);
        }
        act(verdict);
    }

    /** False if the store cannot tell a second writer as surely as was asked for, and that was decided. */
    private boolean isFencedOff() throws IOException {
        if (config.fencing() == ReplicationConfig.Fencing.REQUIRED && !replica.createsExclusively()) {
            act(new Relation.Refuse(LtxStore.NO_CONDITIONAL_PUTS));
            return false;
        }
        return true;
    }

    private CompletableFuture<Boolean> isEqual(Relation.Comparison what, LtxFile newest) throws IOException {
        if (what == Relation.Comparison.TRAILER) {
            return CompletableFuture.completedFuture(copies.leadToTheSame(newest));
        }
        Path copy = copies.download(newest);
        return capture.compare(copy).whenComplete((equal, failure) -> copies.delete(copy));
    }

    private void act(Relation.Verdict verdict) throws IOException {
        if (verdict instanceof Relation.Refuse refuse) {
            fence(refuse.reason());
            decided.complete(new Refused(refuse.reason()));
            return;
        }
        if (verdict instanceof Relation.Rebase rebase) {
            rebase(rebase.lastTxid(), rebase.withSnapshot(), rebase.reason());
        } else {
            // Only here: a replica that goes on from something else has nothing of what waits for it.
            progress.foundUploaded(uploadedTxid);
            prune();
            capture.begin(start);
        }
        decided.complete(new Accepted());
    }

    private void rebase(long lastTxid, boolean withSnapshot, String reason) {
        boolean loss = withSnapshot && seen.seen();
        LOG.log(
                loss ? System.Logger.Level.ERROR : System.Logger.Level.INFO,
                about().says("a full image follows under the next TXID: "
                        + (withSnapshot && !loss ? "the replica is a new one" : reason)));
        if (loss) {
            progress.tell(ReplicationEvent.Kind.GAP_FOUND, reason);
        }
        rebasing = new Rebasing(capture.rebase(lastTxid, reason), withSnapshot);
    }

    /** Puts one file; false if there is none at present. */
    private boolean uploadNext() throws IOException {
        if (rebasing != null) {
            if (!rebasing.imageTxid().isDone()) {
                return false;
            }
            startFromImage();
        }
        long next = uploadedTxid + 1;
        if (progress.isStopped() || Txid.compare(progress.captured(), next) < 0) {
            return false;
        }
        Optional<String> defect = defect(next);
        if (defect.isPresent()) {
            rebase(
                    progress.captured(),
                    true,
                    "TXID " + Txid.format(next) + " is not in the replica, and its local file cannot be used: "
                            + defect.get());
            return false;
        }
        progress.uploading();
        if (isOvertaken(next) || !copies.put(next) || isOvertaken(next)) {
            fence("the replica already has TXID " + Txid.format(next)
                    + " or later ones with other contents: another writer uses it. Nothing more is replicated. "
                    + advice());
            return false;
        }
        confirm();
        files.put(copies.file(next));
        uploadedTxid = next;
        reachable();
        progress.uploaded(next, clock.millis());
        remember();
        // To look through the folder for each file of a long backlog would take longer than to upload it.
        if (next % PRUNE_EVERY == 0 || next == progress.captured()) {
            prune();
        }
        return true;
    }

    private void prune() throws IOException {
        local.prune(uploadedTxid, merging() ? progress.merged() : uploadedTxid);
    }

    /** What was to be done with the local files has been; what failed may also have been to look through them, or to delete. */
    private void localFilesWork() throws IOException {
        if (localFault) {
            prune();
            localFault = false;
            capture.localFaultOver();
        }
    }

    /** The replica is away: what failed here is tried by itself, for it may work again long before. */
    private void tryLocalFiles() {
        try {
            long next = uploadedTxid + 1;
            if (localFault && Txid.compare(progress.captured(), next) >= 0) {
                copies.defect(next);
            }
            localFilesWork();
        } catch (IOException stillSo) {
            LOG.log(System.Logger.Level.DEBUG, about().says("local files cannot be used still: " + stillSo));
        }
    }

    private String advice() {
        return config.lease().on()
                ? "Close all connections; the next connect waits for the lease, and with restore=if-missing moves this"
                        + " database aside and goes on from the replica. See that every writer has lease=on"
                : "Find the other writer; then connect again, this database with a replica path of its own";
    }

    /**
     * Whether another writer was further already. A key that its retention has emptied is free again, so after a pause in
     * which that could have happened a free key proves nothing: the files behind it are looked for. Asked before a put, and
     * again after it, for the pause may have been in between.
     */
    private boolean isOvertaken(long txid) throws IOException {
        Duration emptied = config.maintenance().l0Retention();
        Duration limit = emptied.isZero() || emptied.compareTo(L0_RETENTION) > 0 ? L0_RETENTION : emptied;
        long limitMillis = limit.dividedBy(2).toMillis();
        boolean paused = clock.millis() - confirmedMillis > limitMillis
                || clock.nanoTime() - confirmedNanos > limitMillis * 1_000_000;
        if (!paused) {
            return false;
        }
        confirm();
        return !replica.list(0, txid + 1).isEmpty();
    }

    private void remember() throws IOException {
        local.guard(() -> {
            seen.remember();
            return null;
        });
    }

    private void confirm() {
        confirmedNanos = clock.nanoTime();
        confirmedMillis = clock.millis();
    }

    private void startFromImage() throws IOException {
        long image = rebasing.imageTxid().join();
        if (rebasing.withSnapshot()) {
            files.put(copies.putSnapshot(image));
        }
        uploadedTxid = image - 1;
        rebasing = null;
    }

    /** Files from before this start are read completely: the disk may have changed them since. */
    private Optional<String> defect(long txid) throws IOException {
        if (Txid.compare(txid, state.newestTxid()) <= 0) {
            return copies.defect(txid);
        }
        return local.has(txid) ? Optional.empty() : Optional.of("it is gone");
    }

    private boolean merging() {
        return !config.maintenance().levels().isEmpty();
    }

    private void fence(String reason) {
        capture.standBy(ReplicationState.FENCED, reason);
        progress.stop(reason);
    }

    private void reachable() {
        backoff.reset();
        if (progress.replicaError() != null) {
            progress.replicaError(null);
            capture.wake();
        }
        if (outages.worked().isPresent()) {
            LOG.log(System.Logger.Level.INFO, about().says("can be reached again"));
            progress.tell(ReplicationEvent.Kind.REPLICA_REACHABLE, "the replica answers again");
        }
    }

    private LogLine about() {
        return LogLine.of("database", name).with("replica", replica);
    }

    private void unreachable(IOException e, boolean refused) {
        if (refused) {
            progress.replicaRefused(e.toString());
        } else {
            progress.replicaError(e.toString());
        }
        Optional<ReplicationEvent.Kind> said = outages.failed(refused, clock.nanoTime());
        if (said.isPresent()) {
            LOG.log(
                    refused ? System.Logger.Level.ERROR : System.Logger.Level.WARNING,
                    about().says((refused
                                    ? "cannot be used until somebody changes something; tried again every minute: "
                                            + e.getMessage()
                                    : "cannot be reached, retried until it can: " + e)
                            + (outages.isSpent()
                                    ? ". It comes and goes; from here on this is said where it lasts a minute"
                                    : "")));
            progress.tell(said.get(), e.toString());
        }
    }
}
