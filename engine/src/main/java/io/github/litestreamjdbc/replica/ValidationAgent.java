package io.github.litestreamjdbc.replica;

import io.github.litestreamjdbc.agent.Agent;
import io.github.litestreamjdbc.agent.TimeSource;
import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.api.ReplicationEvent;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.api.RestoreOptions;
import io.github.litestreamjdbc.api.RestoreTarget;
import io.github.litestreamjdbc.api.ValidationResult;
import io.github.litestreamjdbc.api.ValidationResult.Verdict;
import io.github.litestreamjdbc.capture.Progress;
import io.github.litestreamjdbc.capture.SnapshotImage;
import io.github.litestreamjdbc.ltx.Txid;
import io.github.litestreamjdbc.restore.Restorer;
import io.github.litestreamjdbc.spi.FileModes;
import io.github.litestreamjdbc.spi.LogLine;
import io.github.litestreamjdbc.store.LtxFile;
import io.github.litestreamjdbc.store.LtxStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * Restores the replica now and then and compares it with the database, page for page, at the same TXID. It takes an image,
 * keeps the checksums of its pages and lets go of it, waits until the replica has its TXID, and restores that into a file
 * of its own; until then retention deletes nothing, so that a slow comparison still finds the state that it began with. Changes
 * nothing in the replica or the database, whatever it finds. Where nothing was written since the last good result nothing is
 * asked of the replica.
 */
public final class ValidationAgent implements Agent {
    private static final System.Logger LOG = System.getLogger(ValidationAgent.class.getName());

    /** How soon to ask capture or upload again for what it waits for. */
    private static final long POLL_NANOS = Duration.ofMillis(200).toNanos();

    /** How soon to ask for an image again where there was none. */
    private static final long NO_IMAGE_NANOS = Duration.ofSeconds(5).toNanos();

    private static final RestoreOptions OPTIONS = new RestoreOptions(
            RestoreTarget.LATEST, RestoreOptions.Format.LTX, false, ReplicationConfig.IntegrityCheck.NONE, 1);

    private final ReplicationConfig config;
    private final Path folder;
    private final LtxStore replica;
    private final CaptureControl capture;
    private final Progress progress;
    private final TimeSource clock;

    private long dueNanos;
    private boolean begun;

    /** Asked for; null if none is. */
    private CompletableFuture<Optional<SnapshotImage>> image;

    /** Of the image at hand; null if there is none. */
    private PageDigests digests;

    /** How the last one ended, but for those that came to nothing after one that found a difference. */
    private volatile ValidationResult last;

    /** Of the last one; null before it. */
    private Verdict outcome;

    /** Of the last one that came to something; null before it. */
    private Verdict told;

    private volatile Instant lastSame;

    /** Who asked for a comparison since the one under way began; null if nobody did. */
    private final AtomicReference<CompletableFuture<ValidationResult>> requested = new AtomicReference<>();

    /** Who waits for the one under way; null if nobody does. */
    private CompletableFuture<ValidationResult> serving;

    /** @param capture asked for images */
    public ValidationAgent(
            LtxStore replica, ReplicationConfig config, CaptureControl capture, Progress progress, TimeSource clock) {
        this.config = config;
        // Databases may share the place: each has a folder that is found again after a crash.
        UUID id = UUID.nameUUIDFromBytes(config.metaPath().toString().getBytes(StandardCharsets.UTF_8));
        this.folder = config.validation().path().resolve("litestream-validation-" + id);
        this.replica = replica.through(store -> new ReadLimit(
                store,
                config.validation().bytesPerSecond(),
                progress::isSettling,
                System::nanoTime,
                LockSupport::parkNanos));
        this.capture = capture;
        this.progress = progress;
        this.clock = clock;
    }

    /**
     * How the last one ended; null before that. A difference stays until a comparison finds none. Safe for use by several
     * threads.
     */
    public ValidationResult last() {
        return last;
    }

    /** When one last ended well; null before that. Safe for use by several threads. */
    public Instant lastSame() {
        return lastSame;
    }

    /**
     * Asks for a comparison of what is committed before the call; begins in the next step, or after the one under way. Safe
     * for use by several threads.
     */
    public CompletableFuture<ValidationResult> request() {
        return requested.updateAndGet(waiting -> waiting == null ? new CompletableFuture<>() : waiting);
    }

    /** The agent has been stopped: nothing is left behind, and nobody gets a result any more. */
    public void abandon() {
        IllegalStateException ended = new IllegalStateException("replication of " + config.name() + " has ended");
        CompletableFuture<ValidationResult> waiting = requested.getAndSet(null);
        if (waiting != null) {
            waiting.completeExceptionally(ended);
        }
        if (serving != null) {
            serving.completeExceptionally(ended);
            serving = null;
        }
        giveUp();
    }

    /** The one under way, if there is one, of which nothing is left; it stays due, and who waits for it goes on waiting. */
    private void giveUp() {
        if (image != null) {
            image.thenAccept(opened -> opened.ifPresent(ValidationAgent::close));
            image = null;
        }
        digests = null;
        progress.needHistory(false);
        try {
            cleanUp();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, about().says("what is left there is deleted at the next start: " + e));
        }
    }

    private static void close(SnapshotImage image) {
        try {
            image.close();
        } catch (SQLException | IOException e) {
            LOG.log(System.Logger.Level.DEBUG, LogLine.of("image", "unwanted").says("could not be closed: " + e));
        }
    }

    @Override
    public Next step(long nowNanos) {
        if (progress.isEnding()) {
            abandon();
            return Next.idle();
        }
        try {
            if (!begun) {
                begun = true;
                cleanUp();
                plan(nowNanos);
            }
            return advance(nowNanos);
        } catch (IOException | SQLException e) {
            if (progress.isSettling()) {
                giveUp();
                return Next.paced(NO_IMAGE_NANOS);
            }
            return finish(Verdict.NOT_COMPARED, digests == null ? 0 : digests.txid(), String.valueOf(e.getMessage()));
        }
    }

    private Next advance(long nowNanos) throws IOException, SQLException {
        if (digests != null) {
            return Txid.compare(progress.uploaded(), digests.txid()) < 0 ? Next.paced(POLL_NANOS) : compare();
        }
        if (image != null) {
            return image.isDone() ? digest() : Next.paced(POLL_NANOS);
        }
        if (serving == null) {
            serving = requested.getAndSet(null);
        }
        if (serving == null) {
            if (config.validation().interval().isZero()) {
                return Next.idle();
            }
            if (dueNanos - nowNanos > 0) {
                return Next.paced(dueNanos - nowNanos);
            }
            if (progress.captured() == 0 || isKnownGood()) {
                plan(nowNanos);
                return Next.paced(dueNanos - nowNanos);
            }
        }
        progress.needHistory(true);
        image = capture.image();
        return Next.paced(POLL_NANOS);
    }

    private boolean isKnownGood() {
        return last != null && last.verdict() == Verdict.SAME && last.txid() == progress.captured();
    }

    private void plan(long nowNanos) {
        dueNanos = nowNanos + config.validation().interval().toNanos();
    }

    private Next digest() throws IOException, SQLException {
        Optional<SnapshotImage> opened = opened();
        if (opened.isEmpty()) {
            // Somebody holds the write lock, or a full image is being written: it stays due.
            progress.needHistory(false);
            return Next.paced(NO_IMAGE_NANOS);
        }
        try (SnapshotImage snapshot = opened.get()) {
            FileModes.PRIVATE.createDirectories(folder);
            digests = PageDigests.write(snapshot, folder.resolve("pages"), progress::isSettling);
        }
        return Next.paced(0);
    }

    private Optional<SnapshotImage> opened() throws IOException {
        try {
            return image.get();
        } catch (ExecutionException e) {
            throw new IOException("no image of the database: " + e.getCause(), e.getCause());
        } catch (InterruptedException e) {
            throw new IllegalStateException("a finished answer was waited for", e);
        } finally {
            image = null;
        }
    }

    private Next compare() throws IOException {
        long txid = digests.txid();
        Path restored = folder.resolve("restored.db");
        try {
            new Restorer(replica, config.replicaUrl())
                    .restore(restored, OPTIONS.withTarget(new RestoreTarget.AtTxid(txid)), now -> {}, done -> {});
            Optional<String> difference = digests.difference(restored, progress::isSettling);
            return difference.isPresent()
                    ? finish(Verdict.DIFFERENT, txid, difference.get())
                    : finish(Verdict.SAME, txid, "what the replica gives back is the database, page for page");
        } catch (ReplicationException.Corrupt damaged) {
            return finish(Verdict.DIFFERENT, txid, damaged.getMessage());
        } catch (ReplicationException noSuchState) {
            return finish(isLost(txid) ? Verdict.DIFFERENT : Verdict.NOT_COMPARED, txid, noSuchState.getMessage());
        }
    }

    /** Merging and retention take single states away, but never the newest one, nor the way to it. */
    private boolean isLost(long txid) throws IOException {
        List<LtxFile> listing = replica.listAll();
        long newest = listing.stream().mapToLong(file -> file.txids().max()).reduce(0, Txid::max);
        return Txid.compare(newest, txid) < 0 || Restorer.gap(listing).isPresent();
    }

    private Next finish(Verdict verdict, long txid, String reason) {
        digests = null;
        progress.needHistory(false);
        plan(clock.nanoTime());
        ValidationResult result = new ValidationResult(verdict, txid, clock.instant(), reason);
        if (verdict != Verdict.NOT_COMPARED || last == null || last.verdict() != Verdict.DIFFERENT) {
            last = result;
        }
        if (verdict == Verdict.SAME) {
            lastSame = result.at();
        }
        try {
            cleanUp();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, about().says("cannot be emptied: " + e));
        }
        if (outcome != verdict) {
            outcome = verdict;
            publish(result);
        }
        if (serving != null) {
            serving.complete(result);
            serving = null;
        }
        return Next.paced(config.validation().interval().toNanos());
    }

    private LogLine about() {
        return LogLine.of("database", config.name()).with("path", folder);
    }

    private void publish(ValidationResult result) {
        LogLine about = LogLine.of("database", config.name())
                .with("replica", replica)
                .with("validation", result.verdict())
                .with("txid", Txid.format(result.txid()));
        switch (result.verdict()) {
            case SAME -> {
                LOG.log(System.Logger.Level.INFO, about.says(result.reason()));
                tell(ReplicationEvent.Kind.VALIDATED, result);
            }
            case DIFFERENT -> {
                LOG.log(
                        System.Logger.Level.ERROR,
                        about.says(result.reason()
                                + ". Nothing was changed. If PRAGMA integrity_check finds the database whole,"
                                + " take a snapshot: it gives the replica a whole state anew"));
                tell(ReplicationEvent.Kind.VALIDATION_FAILED, result);
            }
            case NOT_COMPARED ->
                LOG.log(
                        System.Logger.Level.WARNING,
                        about.says("could not be compared; tried again: " + result.reason()));
        }
    }

    /** Not again where in between nothing could be compared. */
    private void tell(ReplicationEvent.Kind kind, ValidationResult result) {
        if (told != result.verdict()) {
            told = result.verdict();
            progress.tell(kind, result.reason());
        }
    }

    private void cleanUp() throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (DirectoryStream<Path> left = Files.newDirectoryStream(folder)) {
            for (Path file : left) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}
