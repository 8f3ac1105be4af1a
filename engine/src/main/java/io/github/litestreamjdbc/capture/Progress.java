package io.github.litestreamjdbc.capture;

import io.github.litestreamjdbc.agent.TimeSource;
import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.api.ReplicationEvent;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.ltx.Txid;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;

/**
 * How far capture and upload have come, and who waits for them. This is all that passes between the two besides files.
 * Safe for use by several threads; {@link #captured}, {@link #uploaded}
 * and {@link #merged} have one writer each.
 */
public final class Progress {
    /** Stands for a time that is not. */
    private static final long NONE = Long.MIN_VALUE;

    private record Pending(long txid, long commits, long bytes, long sinceNanos) {}

    private final TimeSource clock;
    private final Counters counters;
    private final RecentDurations lags = new RecentDurations();

    private final long lagThresholdNanos;

    /** When a commit was first noticed behind capture's last look; by monotonic time, as all that follow. */
    private volatile long noticedNanos = NONE;

    /** When the oldest commit was noticed that capture has looked at and not captured. */
    private long uncapturedNanos = NONE;

    /** Since when it is not known what the replica has. */
    private long unknownNanos = NONE;

    private long captured;
    private long uploaded;
    private long lastUploadMillis;

    /** Up to here level-0 files are merged into level 1, and their local copies of no use to anybody. */
    private long merged;

    /** Files captured and not uploaded. */
    private final Deque<Pending> pending = new ArrayDeque<>();

    private long unreplicatedCommits;
    private long unreplicatedBytes;

    /** What waits in capture's memory for the next file. */
    private long stagedCommits;

    private long stagedBytes;

    private final SyncGroups groups = new SyncGroups();

    /** Number of the newest sync that capture tried in vain, and why. */
    private long refusedThrough;

    private String refusal;

    private volatile String replicaError;

    private volatile boolean replicaRefused;

    private volatile boolean historyNeeded;

    private volatile Runnable onCaptured = () -> {};
    private volatile Runnable onUploaded = () -> {};
    private volatile Runnable onCutDue = () -> {};
    private boolean uploading;

    /** Whether a cut was refused because of it. */
    private boolean cutHeld;

    private volatile BiConsumer<ReplicationEvent.Kind, String> onEvent = (kind, reason) -> {};

    /** Whether lagging was told, and its end not yet. */
    private boolean lagging;

    /** Whether an orderly end is about to follow, if nobody connects before. */
    private volatile boolean settling;

    /** Why nothing more will be captured; null while that is not so. */
    private String captureEnded;

    /** Why nothing more will be uploaded; null while that is not so. */
    private String stopped;

    /** With the default threshold, by the system's time. */
    public Progress() {
        this(TimeSource.SYSTEM);
    }

    /** With the default threshold, by somebody else's time. */
    public Progress(TimeSource clock) {
        this(ReplicationConfig.Limits.DEFAULTS.lagThreshold(), new Counters(), clock);
    }

    /** By the system's time; as the full one. */
    public Progress(Duration lagThreshold, Counters counters) {
        this(lagThreshold, counters, TimeSource.SYSTEM);
    }

    /**
     * @param lagThreshold age of a commit that is not safe from which on it counts as lagging; zero is never
     * @param counters to go on with
     */
    Progress(Duration lagThreshold, Counters counters, TimeSource clock) {
        this.clock = clock;
        this.counters = counters;
        lagThresholdNanos = lagThreshold.isZero() ? Long.MAX_VALUE : lagThreshold.toNanos();
    }

    /** While true, nothing of the replica's history may be deleted: somebody is on the way to a state of it. */
    public void needHistory(boolean needed) {
        historyNeeded = needed;
    }

    /** Whether deletions have to wait. */
    public boolean isHistoryNeeded() {
        return historyNeeded;
    }

    /** What was done so far. */
    public Counters counters() {
        return counters;
    }

    /** How long commits took to be safe, from when they were noticed. */
    public RecentDurations lags() {
        return lags;
    }

    /**
     * A commit has returned. Waits for nobody and reads the clock only if it is the first since capture's last look, for this
     * stands on the commit path; of two that are first at once either may count.
     */
    public void noticed() {
        if (noticedNanos == NONE) {
            noticedNanos = clock.nanoTime();
        }
    }

    /** Capture is about to look: whatever was noticed so far it will see. */
    synchronized void looking() {
        long noticed = noticedNanos;
        noticedNanos = NONE;
        if (uncapturedNanos == NONE) {
            uncapturedNanos = noticed;
        }
    }

    /** There are commits, or may be, that are not captured. */
    public synchronized void uncaptured() {
        if (uncapturedNanos == NONE) {
            uncapturedNanos = clock.nanoTime();
        }
    }

    /** Everything in the WAL is captured. */
    synchronized void allCaptured() {
        uncapturedNanos = NONE;
    }

    /** From here on, until it has answered, it is not known what the replica has: nothing counts as safe. */
    public synchronized void awaitReplica() {
        unknownNanos = clock.nanoTime();
    }

    /**
     * Age of the oldest commit that is not in the replica as far as known, in milliseconds, at least 1; 0 if there is none.
     * Before the replica's first answer it is the time since the beginning. By monotonic time, in which a machine that
     * sleeps does not get older.
     */
    public synchronized long lagMillis() {
        return millis(lagNanos(oldestNanos()));
    }

    /** Rounded up: 0 says that there is nothing. */
    private static long millis(long nanos) {
        return (nanos + 999_999) / 1_000_000;
    }

    /** When the oldest commit that is not safe was noticed; {@link #NONE} if all are safe. */
    private long oldestNanos() {
        if (unknownNanos != NONE) {
            return unknownNanos;
        }
        if (!pending.isEmpty()) {
            return pending.peek().sinceNanos();
        }
        return uncapturedNanos == NONE ? noticedNanos : uncapturedNanos;
    }

    private long lagNanos(long oldestNanos) {
        return oldestNanos == NONE ? 0 : Math.max(1, clock.nanoTime() - oldestNanos);
    }

    /** For how long the lag can be let alone before it has to be looked at. */
    synchronized long lagDueNanos() {
        long lag = lagNanos(oldestNanos());
        return lag == 0 || lagging || lagThresholdNanos == Long.MAX_VALUE
                ? Long.MAX_VALUE
                : Math.max(0, lagThresholdNanos - lag) + 1;
    }

    void captured(long txid, long commits, long bytes) {
        synchronized (this) {
            captured = txid;
            pending.add(
                    new Pending(txid, commits, bytes, uncapturedNanos == NONE ? clock.nanoTime() : uncapturedNanos));
            // What is behind it is noticed by the next look.
            uncapturedNanos = NONE;
            unreplicatedCommits += commits;
            unreplicatedBytes += bytes;
            // It is in the file.
            staged(0, 0);
        }
        onCaptured.run();
    }

    /** So much waits in capture's memory for the next file. */
    synchronized void staged(long commits, long bytes) {
        stagedCommits = commits;
        stagedBytes = bytes;
    }

    /** What to call after each capture; it must return at once. */
    public void onCaptured(Runnable listener) {
        onCaptured = listener;
    }

    /** The replica has everything up to this TXID. */
    public void uploaded(long txid, long nowMillis) {
        advance(txid, nowMillis, true);
    }

    private void advance(long txid, long nowMillis, boolean byUs) {
        List<CompletableFuture<Void>> told;
        synchronized (this) {
            uploaded = txid;
            lastUploadMillis = nowMillis;
            unknownNanos = NONE;
            while (!pending.isEmpty() && Txid.compare(pending.peek().txid(), txid) <= 0) {
                Pending replicated = pending.remove();
                unreplicatedCommits -= replicated.commits();
                unreplicatedBytes -= replicated.bytes();
                if (byUs) {
                    counters.uploaded(replicated.bytes());
                    lags.add(clock.nanoTime() - replicated.sinceNanos());
                }
            }
            told = groups.uploaded(txid, clock.nanoTime());
        }
        if (byUs) {
            checkLag();
        }
        onUploaded.run();
        tell(told);
    }

    /** Not under the monitor, which those who are told take. */
    private static void tell(List<CompletableFuture<Void>> told) {
        told.forEach(one -> one.complete(null));
    }

    /** Whom to tell what happens; must return at once. */
    public void onEvent(BiConsumer<ReplicationEvent.Kind, String> listener) {
        onEvent = listener;
    }

    /** Something happened. */
    public void tell(ReplicationEvent.Kind kind, String reason) {
        onEvent.accept(kind, reason);
    }

    /**
     * Tells of a lag that passed the threshold, and of one that fell to half of it: under constant load there is always some
     * commit that is not safe yet.
     */
    void checkLag() {
        long lag;
        boolean now;
        boolean unknown;
        synchronized (this) {
            lag = lagNanos(oldestNanos());
            unknown = unknownNanos != NONE;
            now = lagging ? lag > lagThresholdNanos / 2 : lag > lagThresholdNanos;
            if (now == lagging) {
                return;
            }
            lagging = now;
        }
        long seconds = TimeUnit.NANOSECONDS.toSeconds(lag);
        String reason = unknown
                ? "the replica has not answered since the start " + seconds + " s ago: no commit is known to be safe"
                : "the oldest commit that is not safe in the replica is " + seconds + " s old";
        tell(
                now ? ReplicationEvent.Kind.LAGGING : ReplicationEvent.Kind.CAUGHT_UP,
                lag == 0 ? "every commit is safe in the replica" : reason);
    }

    /** What to call after each upload, and once it is known what the replica has; it must return at once. */
    public void onUploaded(Runnable listener) {
        onUploaded = listener;
    }

    /** A local file from before the first capture, of which it is not known whether the replica has it. */
    public synchronized void found(long txid, long bytes, long createdMillis) {
        long ageMillis = Math.max(0, clock.millis() - createdMillis);
        pending.add(new Pending(txid, 0, bytes, clock.nanoTime() - TimeUnit.MILLISECONDS.toNanos(ageMillis)));
        unreplicatedBytes += bytes;
    }

    /** What there was before the first capture. */
    void resumed(long txid) {
        synchronized (this) {
            captured = txid;
        }
        // There may be files that wait for upload, and whoever uploads may have found none to go on with.
        onCaptured.run();
    }

    /** What the replica was found to have before the first upload. */
    public void foundUploaded(long txid) {
        advance(txid, lastUploadMillis(), false);
    }

    /** Level 1 has everything up to this TXID. */
    public synchronized void merged(long txid) {
        merged = txid;
    }

    public synchronized long merged() {
        return merged;
    }

    public synchronized long captured() {
        return captured;
    }

    public synchronized long uploaded() {
        return uploaded;
    }

    /** Captured commits that the replica is not known to have, in level-0 files or in capture's memory. */
    public synchronized long unreplicatedCommits() {
        return unreplicatedCommits + stagedCommits;
    }

    /** Level-0 files that the replica is not known to have. */
    synchronized int unreplicatedFiles() {
        return pending.size();
    }

    /** Bytes of level-0 files that the replica is not known to have, and of pages in capture's memory. */
    public synchronized long unreplicatedBytes() {
        return unreplicatedBytes + stagedBytes;
    }

    /** Bytes of level-0 files that the replica is not known to have. */
    synchronized long unreplicatedFileBytes() {
        return unreplicatedBytes;
    }

    /** When an upload last succeeded, in epoch milliseconds; 0 if none has. */
    public synchronized long lastUploadMillis() {
        return lastUploadMillis;
    }

    /** Why the replica cannot be used; null if it can. While it is set, only checkpoints and syncs cut files. */
    public void replicaError(String error) {
        replicaError = error;
        if (error == null) {
            replicaRefused = false;
        }
    }

    /** Somebody has to change something before the replica can be used: so it is until it can. */
    public void replicaRefused(String error) {
        replicaRefused = true;
        replicaError = error;
    }

    public boolean isReplicaRefused() {
        return replicaRefused;
    }

    public String replicaError() {
        return replicaError;
    }

    /** Asks that everything committed so far be captured at once; the number goes to the methods that await it. */
    public synchronized long requestSync() {
        return groups.request(true, clock.nanoTime());
    }

    /**
     * As {@link #requestSync}, but while files are on their way to the replica, and for a moment after, the captured group
     * gathers, so that all who wait share one upload.
     */
    public synchronized long requestGroupSync() {
        return groups.request(false, clock.nanoTime());
    }

    synchronized long syncsRequested() {
        return groups.requested();
    }

    /** Whether a sync is to be captured now. */
    public synchronized boolean syncWanted() {
        return groups.due(!pending.isEmpty() && replicaError == null, clock.nanoTime());
    }

    /** Whether there is a sync that is not captured, be it to be captured now or not. */
    synchronized boolean syncWaits() {
        return groups.waiting();
    }

    /** A captured file is on its way to the replica. */
    public synchronized void uploading() {
        uploading = true;
    }

    /** Nothing is on its way any more: what gathered meanwhile may be cut. */
    public void uploadsRest() {
        boolean told;
        synchronized (this) {
            uploading = false;
            told = cutHeld;
            cutHeld = false;
        }
        if (told) {
            onCutDue.run();
        }
    }

    /**
     * Whether a file may be cut for the replica: while others are on their way it would only stand behind them, and what
     * comes meanwhile goes in one file.
     */
    synchronized boolean takesFiles() {
        cutHeld |= uploading;
        return !uploading && replicaError == null;
    }

    /** What to call once a file may be cut that was held back; it must return at once. */
    public void onCutDue(Runnable listener) {
        onCutDue = listener;
    }

    /** How long a sync that gathers may go on gathering, 0 if it is wanted; {@code Long.MAX_VALUE} if none gathers. */
    public synchronized long gatherNanos() {
        return syncWanted() ? 0 : groups.gatherNanos(clock.nanoTime());
    }

    /** Capture is not possible at present, and was tried for everything asked so far. */
    void refuseSyncs(String reason) {
        List<CompletableFuture<Void>> told;
        synchronized (this) {
            refusedThrough = groups.requested();
            refusal = reason;
            told = groups.everybody();
        }
        tell(told);
    }

    /** Everything committed before the syncs up to this number were asked for is captured. */
    void syncCaptured(long request) {
        List<CompletableFuture<Void>> told;
        synchronized (this) {
            told = groups.captured(request, captured, clock.nanoTime());
            told.addAll(groups.uploaded(uploaded, clock.nanoTime()));
        }
        tell(told);
    }

    /** Whether nothing more will be uploaded. */
    public synchronized boolean isStopped() {
        return stopped != null;
    }

    /** Whether nothing more will be captured, be it that nothing more will be uploaded either. */
    public synchronized boolean isEnding() {
        return captureEnded != null;
    }

    /** An orderly end is about to follow; or, with false, it does not: somebody connected. */
    public void settling(boolean about) {
        settling = about;
    }

    /** Whether long work that can be done again is to be given up: an end waits for it, or one that may yet be called off. */
    public boolean isSettling() {
        return settling || isEnding();
    }

    /** Nothing more will be captured; what is, still goes to the replica. */
    void endCapture(String reason) {
        List<CompletableFuture<Void>> told;
        synchronized (this) {
            captureEnded = reason;
            told = groups.everybody();
        }
        tell(told);
    }

    /** Nothing more will be replicated: those who wait, and who will wait, are told this. */
    public void stop(String reason) {
        synchronized (this) {
            stopped = reason;
        }
        endCapture(reason);
    }

    /**
     * Waits until what a sync asked for is in the replica.
     *
     * @return the TXID that the replica has
     * @throws ReplicationException.Transient if it takes longer
     * @throws ReplicationException.Stopped if it will never have it
     */
    public long awaitSync(long request, long timeoutNanos) throws ReplicationException {
        return await(request, timeoutNanos, false);
    }

    /**
     * As {@link #awaitSync}, but does not wait out a time in which nothing can be captured.
     *
     * @throws ReplicationException.Stopped if it will never have it, or capture was tried for it in vain
     */
    public long awaitCommit(long request, long timeoutNanos) throws ReplicationException {
        return await(request, timeoutNanos, true);
    }

    /**
     * Waits until what a sync asked for is in local files; it needs no network.
     *
     * @return the TXID that they have
     * @throws ReplicationException as {@link #awaitCommit}
     */
    public long awaitCapture(long request, long timeoutNanos) throws ReplicationException {
        long deadline = System.nanoTime() + timeoutNanos;
        while (true) {
            CompletableFuture<Void> news;
            synchronized (this) {
                Optional<SyncGroups.Group> group = groups.of(request);
                if (group.isEmpty()) {
                    return groups.capturedTxid();
                }
                if (group.get().isCaptured()) {
                    return group.get().txid();
                }
                if (captureEnded != null) {
                    throw new ReplicationException.Stopped(captureEnded);
                }
                if (refusedThrough >= request) {
                    throw new ReplicationException.Stopped(refusal);
                }
                news = group.get().captureNews();
            }
            if (!waitUntil(news, deadline)) {
                throw new ReplicationException.Transient(
                        "not captured within " + timeoutNanos / 1_000_000 + " ms", null);
            }
        }
    }

    private long await(long request, long timeoutNanos, boolean refusable) throws ReplicationException {
        long deadline = System.nanoTime() + timeoutNanos;
        while (true) {
            CompletableFuture<Void> news;
            synchronized (this) {
                Optional<SyncGroups.Group> unconfirmed = groups.of(request);
                if (unconfirmed.isEmpty()) {
                    return uploaded;
                }
                SyncGroups.Group group = unconfirmed.get();
                String ended = group.isCaptured() ? stopped : captureEnded;
                if (ended == null && refusable && refusedThrough >= request && !group.isCaptured()) {
                    ended = refusal;
                }
                if (ended != null) {
                    throw new ReplicationException.Stopped(
                            (group.isCaptured() ? "TXID " + Txid.format(group.txid()) + ": " : "") + ended);
                }
                news = group.uploadNews();
            }
            if (!waitUntil(news, deadline)) {
                throw notConfirmed(timeoutNanos);
            }
        }
    }

    private synchronized ReplicationException notConfirmed(long timeoutNanos) {
        return new ReplicationException.Transient(
                "not confirmed by the replica within " + timeoutNanos / 1_000_000 + " ms: it has TXID "
                        + Txid.format(uploaded) + ", captured is " + Txid.format(captured)
                        + (replicaError == null ? "" : "; the replica cannot be reached: " + replicaError),
                null);
    }

    /** False if the deadline has passed. */
    private static boolean waitUntil(CompletableFuture<Void> news, long deadlineNanos) throws ReplicationException {
        try {
            news.get(deadlineNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ReplicationException.Transient("interrupted while waiting for the replica", e);
        }
    }
}
