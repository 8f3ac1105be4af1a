package io.github.litestreamjdbc.replica;

import io.github.litestreamjdbc.agent.Agent;
import io.github.litestreamjdbc.agent.Backoff;
import io.github.litestreamjdbc.agent.TimeSource;
import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.capture.LocalLtx;
import io.github.litestreamjdbc.capture.Progress;
import io.github.litestreamjdbc.ltx.Txid;
import io.github.litestreamjdbc.spi.LogLine;
import io.github.litestreamjdbc.spi.ObjectNotFoundException;
import io.github.litestreamjdbc.store.LtxFile;
import io.github.litestreamjdbc.store.LtxStore;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Looks after the replica's history: merges level-0 files into levels, takes snapshots, deletes what retention lets go.
 * Alone in writing to levels 1 to 9 (but for the snapshot of a chain that begins anew) and alone in deleting. Plans from
 * what is known of the replica: while nothing changes nothing is asked of it. A step does one of these things at most.
 */
public final class MaintenanceAgent implements Agent {
    private static final System.Logger LOG = System.getLogger(MaintenanceAgent.class.getName());

    /** How soon to ask capture or upload again for what a snapshot waits for. */
    private static final long SNAPSHOT_POLL_NANOS = Duration.ofMillis(20).toNanos();

    /** Level-0 files are deleted in batches, at this distance at least. */
    private static final Duration LEAST_MERGED_CHECK = Duration.ofSeconds(15);

    private final String name;
    private final LtxStore replica;
    private final ReplicaFiles files;
    private final LocalLtx local;
    private final ReplicationConfig.Maintenance settings;
    private final Progress progress;
    private final TimeSource clock;
    private final Compactor compactor;
    private final Snapshots snapshots;
    private final Inspection inspection;
    private final Backoff backoff;

    private Instant mergedCheck = Instant.MIN;
    private Instant expiredCheck = Instant.MIN;

    /** Why the last attempt failed; null if it did not. */
    private String trouble;

    /**
     * @param files what the replica has; known once upload may begin
     * @param local the database's level-0 files
     * @param capture asked for images
     */
    public MaintenanceAgent(
            LtxStore replica,
            ReplicaFiles files,
            LocalLtx local,
            ReplicationConfig config,
            CaptureControl capture,
            Progress progress,
            TimeSource clock) {
        this.name = config.name();
        this.replica = replica;
        this.files = files;
        this.local = local;
        this.settings = config.maintenance();
        this.progress = progress;
        this.clock = clock;
        this.compactor = new Compactor(
                replica, local, config.metaPath(), config.capture().pageEncoding());
        this.snapshots = new Snapshots(replica, files, config, capture, progress);
        this.inspection = new Inspection(name, replica, files, progress, clock);
        this.backoff = new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(5), clock.jitter());
    }

    /**
     * Asks for a snapshot of everything committed before the call; takes effect in the next step. Safe for use by several
     * threads.
     *
     * @return the TXID of a file in the replica that holds the whole database
     */
    public CompletableFuture<Long> snapshot() {
        return snapshots.request();
    }

    /** The agent has been stopped: nobody gets a snapshot any more. */
    public void abandon() {
        snapshots.abandon();
    }

    @Override
    public Next step(long nowNanos) {
        if (progress.isEnding()) {
            snapshots.abandon();
            return Next.idle();
        }
        if (!files.known()) {
            return Next.idle();
        }
        try {
            boolean worked = snapshots.advance()
                    || inspection.advance()
                    || compact()
                    || deleteMerged()
                    || deleteExpired()
                    || beginSnapshot();
            recovered();
            return worked ? Next.paced(0) : next();
        } catch (ObjectNotFoundException gone) {
            return lookAgain(gone);
        } catch (Compactor.DamagedInputException e) {
            files.damaged(e.file());
            LOG.log(
                    System.Logger.Level.ERROR,
                    about().with("level", e.file().level())
                            .says(
                                    e.getMessage()
                                            + ". It is left out from here on; a snapshot follows if nothing else leads past it"));
            return Next.paced(0);
        } catch (IOException | SQLException e) {
            // A snapshot that is given up for the end is no failure, and stays due.
            return progress.isSettling() ? Next.paced(backoff.nextNanos()) : failed(e);
        }
    }

    private boolean compact() throws IOException {
        // The clock first: what was captured before it and is not uploaded yet keeps its slot open.
        Instant now = clock.instant();
        long captured = progress.captured();
        long uploaded = progress.uploaded();
        List<LtxFile> all = files.all();
        Instant complete = captured == uploaded ? now : newestUploaded(all, uploaded);
        Optional<CompactionPlan> plan = CompactionPlan.next(all, settings.levels(), complete, uploaded);
        if (plan.isPresent()) {
            long begun = clock.nanoTime();
            LtxFile merged = compactor.compact(plan.get());
            files.put(merged);
            progress.counters().compactions().done(merged.sizeBytes(), clock.nanoTime() - begun);
        }
        if (plan.isEmpty() || plan.get().level() == 1) {
            publishMerged();
        }
        return plan.isPresent();
    }

    private static Instant newestUploaded(List<LtxFile> all, long uploaded) {
        return all.stream()
                .filter(file -> file.level() == 0 && file.txids().max() == uploaded)
                .map(LtxFile::created)
                .findFirst()
                .orElse(Instant.MIN);
    }

    private void publishMerged() throws IOException {
        long merged = files.all().stream()
                .filter(file -> file.level() == 1)
                .mapToLong(file -> file.txids().max())
                .reduce(0, Txid::max);
        if (!settings.levels().isEmpty() && merged != progress.merged()) {
            progress.merged(merged);
            local.prune(progress.uploaded(), merged);
        }
    }

    private boolean deleteMerged() throws IOException {
        if (progress.isHistoryNeeded() || !deletesMerged() || clock.instant().isBefore(mergedCheck)) {
            return false;
        }
        mergedCheck = clock.instant().plus(mergedCheckInterval());
        return delete(RetentionPlan.merged(files.all(), clock.instant().minus(settings.l0Retention())));
    }

    private boolean deletesMerged() {
        return !settings.levels().isEmpty()
                && !settings.retention().isZero()
                && !settings.l0Retention().isZero();
    }

    private Duration mergedCheckInterval() {
        return settings.l0Retention().compareTo(LEAST_MERGED_CHECK) < 0 ? settings.l0Retention() : LEAST_MERGED_CHECK;
    }

    private boolean deleteExpired() throws IOException {
        if (progress.isHistoryNeeded()
                || settings.retention().isZero()
                || clock.instant().isBefore(expiredCheck)) {
            return false;
        }
        expiredCheck = clock.instant().plus(settings.retentionCheckInterval());
        return delete(RetentionPlan.expired(files.all(), clock.instant().minus(settings.retention())));
    }

    /** Deletes files whose successors a listing of the replica has shown. */
    private boolean delete(List<RetentionPlan.Deletion> plan) throws IOException {
        List<LtxFile> unseen = plan.stream()
                .map(RetentionPlan.Deletion::successor)
                .distinct()
                .filter(file -> !files.wasSeen(file))
                .toList();
        for (int level : unseen.stream().map(LtxFile::level).distinct().toList()) {
            long from = unseen.stream()
                    .filter(file -> file.level() == level)
                    .map(file -> file.txids().min())
                    .min(Txid::compare)
                    .orElseThrow();
            replica.list(level, from).forEach(files::seen);
        }
        List<LtxFile> gone = new ArrayList<>();
        for (RetentionPlan.Deletion deletion : plan) {
            if (files.wasSeen(deletion.successor())) {
                gone.add(deletion.file());
            } else {
                throw new ObjectNotFoundException(deletion.successor().txids().fileName() + " at level "
                        + deletion.successor().level() + ", which was put, is in no listing");
            }
        }
        if (gone.isEmpty() || progress.isEnding()) {
            return false;
        }
        replica.delete(gone);
        files.deleted(gone);
        return true;
    }

    private boolean beginSnapshot() throws IOException, SQLException {
        Optional<Instant> due = SnapshotPlan.due(files.all(), settings.snapshotInterval(), progress.uploaded());
        if (snapshots.busy() || due.isEmpty() || due.get().isAfter(clock.instant())) {
            return false;
        }
        snapshots.request();
        return true;
    }

    /** When something can become due by time alone; a change in the replica's level 0 comes as a hint. */
    private Next next() {
        if (snapshots.busy()) {
            return Next.within(SNAPSHOT_POLL_NANOS);
        }
        List<LtxFile> all = files.all();
        long uploaded = progress.uploaded();
        List<Instant> times = new ArrayList<>();
        CompactionPlan.due(all, settings.levels(), uploaded).ifPresent(times::add);
        SnapshotPlan.due(all, settings.snapshotInterval(), uploaded).ifPresent(times::add);
        if (deletesMerged()) {
            RetentionPlan.merged(all, Instant.MAX).stream()
                    .map(deletion -> deletion.successor().created().plus(settings.l0Retention()))
                    .min(Instant::compareTo)
                    .map(time -> time.isBefore(mergedCheck) ? mergedCheck : time)
                    .ifPresent(times::add);
        }
        if (!settings.retention().isZero()
                && !RetentionPlan.expired(all, Instant.MAX).isEmpty()) {
            times.add(expiredCheck);
        }
        Optional<Instant> earliest = times.stream().min(Instant::compareTo);
        long inspectionNanos = inspection.dueNanos();
        if (earliest.isEmpty()) {
            return inspectionNanos == Long.MAX_VALUE ? Next.idle() : Next.within(inspectionNanos);
        }
        Instant now = clock.instant();
        // What is due and was not done waits for an upload, which hints, or for a validation.
        Duration wait = earliest.get().isAfter(now) ? Duration.between(now, earliest.get()) : Duration.ofSeconds(1);
        Duration longest = Duration.ofDays(1);
        return Next.within(Math.min(inspectionNanos, wait.compareTo(longest) > 0 ? longest.toNanos() : wait.toNanos()));
    }

    /** A file that was there has gone: somebody else deletes too. */
    private Next lookAgain(ObjectNotFoundException gone) {
        if (trouble == null) {
            LOG.log(System.Logger.Level.WARNING, about().says(gone.getMessage() + "; the replica is listed again"));
        }
        trouble = gone.toString();
        try {
            inspection.forgetWhatIsGone();
            return Next.paced(backoff.nextNanos());
        } catch (IOException e) {
            return failed(e);
        }
    }

    private LogLine about() {
        return LogLine.of("database", name).with("replica", replica);
    }

    private Next failed(Exception e) {
        if (trouble == null) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    about().says("levels, snapshots and retention stand still, retried until they do not: " + e));
        }
        trouble = e.toString();
        return Next.paced(backoff.nextNanos());
    }

    private void recovered() {
        if (trouble != null) {
            LOG.log(System.Logger.Level.INFO, about().says("levels, snapshots and retention go on"));
            trouble = null;
        }
        backoff.reset();
    }
}
