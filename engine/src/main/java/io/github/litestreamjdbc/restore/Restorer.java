package io.github.litestreamjdbc.restore;

import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.api.RestoreOptions;
import io.github.litestreamjdbc.api.RestoreOptions.Format;
import io.github.litestreamjdbc.api.RestoreProgress;
import io.github.litestreamjdbc.api.RestoreReport;
import io.github.litestreamjdbc.api.RestoreTarget;
import io.github.litestreamjdbc.ltx.LtxHeader;
import io.github.litestreamjdbc.ltx.Txid;
import io.github.litestreamjdbc.restore.ChainImage.UnusableFileException;
import io.github.litestreamjdbc.spi.FileModes;
import io.github.litestreamjdbc.spi.LogLine;
import io.github.litestreamjdbc.spi.ObjectNotFoundException;
import io.github.litestreamjdbc.spi.StoredObject;
import io.github.litestreamjdbc.store.LtxFile;
import io.github.litestreamjdbc.store.LtxStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Restores a database file from a replica. The file gets its name only when it is complete, verified and durable; an
 * existing one is never overwritten. Used by one thread.
 */
public final class Restorer {
    private static final System.Logger LOG = System.getLogger(Restorer.class.getName());

    private static final long PROGRESS_BYTES = 64L << 20;
    /** How often files may go away during one restore. */
    private static final int LISTINGS = 5;

    /** The least an LTX file has: a header. Known from the listing, before anything is downloaded. */
    private static final long SMALLEST_FILE_BYTES = LtxHeader.SIZE;

    private final LtxStore replica;
    private final String replicaUrl;

    /** @param replicaUrl for the report */
    public Restorer(LtxStore replica, String replicaUrl) {
        this.replica = replica;
        this.replicaUrl = replicaUrl;
    }

    /**
     * A restored file.
     *
     * @param newestTxid the newest TXID that the replica had then
     * @param timestampMillis timestamp of the newest file restored, which is the file's modification time now
     */
    public record Restored(RestoreReport report, long newestTxid, long timestampMillis) {}

    /** Called when everything is durable but the name. */
    @FunctionalInterface
    public interface BeforeRename {
        /** What fails here makes the restore fail. */
        void run(Restored restored) throws IOException, ReplicationException;
    }

    /**
     * Restores.
     *
     * @return empty if the replica never held a database, or if another process restored the file meanwhile
     * @throws ReplicationException.Corrupt if no undamaged files lead to the state
     * @throws ReplicationException.Config if the target does not exist, or there is no room
     * @throws IOException if the replica or the disk fails; no file is left then
     */
    public Optional<Restored> restore(
            Path database, RestoreOptions options, Consumer<RestoreProgress> progress, BeforeRename beforeRename)
            throws ReplicationException, IOException {
        long startNanos = System.nanoTime();
        boolean withOld = !(options.target() instanceof RestoreTarget.AtTxid) && options.format() != Format.LTX;
        Listing listing = Listing.of(replica, withOld, options.parallelism());
        if (listing.isEmpty()) {
            requireNothing(options);
            return Optional.empty();
        }
        try (RestoreLock lock = RestoreLock.acquire(database)) {
            if (Files.exists(database)) {
                return Optional.empty();
            }
            lock.deleteTemporaries();
            Path temporary = FileModes.PRIVATE.createTemporary(database);
            try {
                Job job = new Job(database, temporary, options, progress, startNanos);
                Restored restored = restoreListed(job, listing);
                IntegrityChecks.run(temporary, options.integrityCheck());
                Files.setLastModifiedTime(temporary, FileTime.fromMillis(restored.timestampMillis()));
                beforeRename.run(restored);
                lock.publish(temporary);
                return Optional.of(restored);
            } finally {
                Files.deleteIfExists(temporary);
            }
        }
    }

    /** The files of all levels, asked for at once as far as that may be. */
    public static List<LtxFile> list(LtxStore replica, int parallelism) throws IOException {
        return Listing.of(replica, false, parallelism).files();
    }

    /** What keeps the newest state of these files from being restored, by their names alone; empty if nothing does. */
    public static Optional<String> gap(Collection<LtxFile> listing) {
        try {
            if (!listing.isEmpty()) {
                RestorePlan.of(listing, new RestoreTarget.Latest(), false);
            }
            return Optional.empty();
        } catch (RestorePlan.NoPlanException e) {
            return Optional.of(e.getMessage());
        }
    }

    /** Waits until no other process restores this file; true if one did. */
    public static boolean awaitOthers(Path database) throws IOException {
        return RestoreLock.await(database);
    }

    /**
     * The LTX files that a restore would read, oldest first. What only Litestream 0.3 has is left out.
     *
     * @throws ReplicationException as {@link #restore}
     */
    public List<LtxFile> plan(RestoreOptions options) throws ReplicationException, IOException {
        List<LtxFile> listing =
                Listing.of(replica, false, options.parallelism()).files();
        if (listing.isEmpty()) {
            throw new ReplicationException.Config(replica + " holds no LTX files; look at the path");
        }
        List<LtxFile> timed = options.target() instanceof RestoreTarget.AtTime at
                ? new CreationTimes(replica, options.parallelism()).of(listing, at.before())
                : listing;
        return firstPlan(options, timed).files();
    }

    /** Whoever names a state or a format wants that or an error, not a new database. */
    private void requireNothing(RestoreOptions options) throws ReplicationException {
        if (!(options.target() instanceof RestoreTarget.Latest) || options.format() != Format.AUTO) {
            throw new ReplicationException.Config(describe(options) + ": " + replica + " holds no database"
                    + (options.format() == Format.AUTO ? "" : " of that format"));
        }
    }

    private record Job(
            Path database,
            Path temporary,
            RestoreOptions options,
            Consumer<RestoreProgress> progress,
            long startNanos) {
        Duration elapsed() {
            return Duration.ofNanos(System.nanoTime() - startNanos);
        }
    }

    /** Files may go away between listing and reading, where merged ones replace them: then the listing is asked again. */
    private Restored restoreListed(Job job, Listing first) throws ReplicationException, IOException {
        List<LtxFile> listing = first.files();
        List<StoredObject> old = first.old();
        for (int attempt = 1; ; attempt++) {
            try {
                RestoreTarget target = job.options().target();
                List<LtxFile> timed = target instanceof RestoreTarget.AtTime at
                        ? new CreationTimes(replica, job.options().parallelism()).of(listing, at.before())
                        : listing;
                return choose(job.options(), timed, old) == Format.V03
                        ? restoreOld(job, listing, old)
                        : restore(job, listing, firstPlan(job.options(), timed));
            } catch (ObjectNotFoundException gone) {
                if (attempt == LISTINGS) {
                    throw gone;
                }
                LOG.log(System.Logger.Level.INFO, about().says(gone.getMessage() + "; planning again"));
                listing =
                        Listing.of(replica, false, job.options().parallelism()).files();
            }
        }
    }

    private Format choose(RestoreOptions options, List<LtxFile> files, List<StoredObject> old)
            throws ReplicationException {
        try {
            Format format = FormatChoice.of(options, files, old);
            if (!files.isEmpty() && !old.isEmpty()) {
                LOG.log(
                        System.Logger.Level.INFO,
                        about().says(
                                        "there are LTX files and a replica of Litestream 0.3; the state asked for comes from "
                                                + (format == Format.LTX
                                                        ? "the LTX files, which are newer"
                                                        : "that of 0.3, which is newer")));
            }
            return format;
        } catch (FormatChoice.AmbiguousException e) {
            throw new ReplicationException.Config(describe(options) + ": in " + replica + " " + e.getMessage(), e);
        }
    }

    private Restored restoreOld(Job job, List<LtxFile> listing, List<StoredObject> old)
            throws ReplicationException, IOException {
        Optional<Instant> before =
                job.options().target() instanceof RestoreTarget.AtTime at ? Optional.of(at.before()) : Optional.empty();
        Instant newest = Stream.concat(
                        old.stream().map(StoredObject::created),
                        listing.stream().map(LtxFile::created))
                .max(Comparator.naturalOrder())
                .orElse(Instant.MIN);
        Optional<V03Plan> found = V03Plan.of(old, before);
        if (found.isEmpty() || (before.isPresent() && before.get().isAfter(newest))) {
            Optional<V03Plan> latest = V03Plan.of(old, Optional.empty());
            throw new ReplicationException.Config(describe(job.options()) + ": in " + replica + " "
                    + latest.map(plan ->
                                    "the history of Litestream 0.3 that is kept does not hold that instant. Nearest"
                                            + " that can be restored: from "
                                            + old.stream()
                                                    .map(StoredObject::created)
                                                    .min(Comparator.naturalOrder())
                                                    .orElseThrow()
                                            + " to " + plan.created())
                            .orElse("there is no snapshot of Litestream 0.3"));
        }
        V03Plan plan = found.get();
        long[] done = new long[2];
        V03Image image = new V03Image(replica, job.temporary(), bytes -> {
            done[0]++;
            done[1] += bytes;
            job.progress()
                    .accept(new RestoreProgress(
                            job.database(), 0, (int) done[0], plan.files(), done[1], plan.bytes(), job.elapsed()));
        });
        long databaseBytes = image.build(plan);
        RestoreReport report = new RestoreReport(
                job.database(),
                replicaUrl,
                Format.V03,
                0,
                plan.created(),
                plan.files(),
                plan.bytes(),
                databaseBytes,
                job.elapsed(),
                RestoreReport.Shares.NONE);
        return new Restored(report, newestTxid(listing), plan.created().toEpochMilli());
    }

    private LogLine about() {
        return LogLine.of("replica", replica);
    }

    private static long newestTxid(List<LtxFile> listing) {
        return listing.stream().mapToLong(file -> file.txids().max()).reduce(0, Txid::max);
    }

    /** Tries the plan, and where a file of it is damaged, other files that lead to the same TXID. */
    private Restored restore(Job job, List<LtxFile> listing, RestorePlan first)
            throws ReplicationException, IOException {
        List<LtxFile> usable = new ArrayList<>(listing);
        List<String> damaged = new ArrayList<>();
        RestorePlan plan = first;
        while (true) {
            try {
                Restored restored = apply(job, listing, plan);
                if (!damaged.isEmpty()) {
                    LOG.log(
                            System.Logger.Level.WARNING,
                            about().says("other files lead to the same TXID " + Txid.format(plan.txid()) + ", without "
                                    + damaged));
                }
                return restored;
            } catch (UnusableFileException e) {
                damaged.add("level " + e.file().level() + " " + e.getMessage());
                usable.removeIf(file -> file.level() == e.file().level()
                        && file.txids().equals(e.file().txids()));
                plan = planWithout(damaged, usable, plan.txid());
            }
        }
    }

    private RestorePlan firstPlan(RestoreOptions options, List<LtxFile> files) throws ReplicationException {
        try {
            return RestorePlan.of(files, options.target(), options.allowGap());
        } catch (RestorePlan.NoPlanException e) {
            if (options.target() instanceof RestoreTarget.Latest) {
                throw new ReplicationException.Corrupt(replica + ": " + e.getMessage() + e.advice(), e);
            }
            throw new ReplicationException.Config(describe(options) + ": in " + replica + " " + e.getMessage(), e);
        }
    }

    private RestorePlan planWithout(List<String> damaged, List<LtxFile> usable, long txid) throws ReplicationException {
        try {
            return RestorePlan.of(usable, new RestoreTarget.AtTxid(txid), false);
        } catch (RestorePlan.NoPlanException e) {
            throw new ReplicationException.Corrupt(
                    replica + ": " + String.join("; ", damaged) + ". Without it, " + e.getMessage(), e);
        }
    }

    private static String describe(RestoreOptions options) {
        RestoreTarget target = options.target();
        if (target instanceof RestoreTarget.AtTxid at) {
            return "restore-txid=" + Txid.format(at.txid());
        }
        return target instanceof RestoreTarget.AtTime at ? "restore-timestamp=" + at.before() : "restore";
    }

    private Restored apply(Job job, List<LtxFile> listing, RestorePlan plan)
            throws ReplicationException, IOException, UnusableFileException {
        for (LtxFile file : plan.files()) {
            if (file.sizeBytes() < SMALLEST_FILE_BYTES) {
                throw new UnusableFileException(file, file.sizeBytes(), "it has " + file.sizeBytes() + " bytes only");
            }
        }
        RestoreShares shares = new RestoreShares();
        Progress progress = new Progress(job, plan);
        LtxHeader newest = new ChainImage(replica, job.options().parallelism(), shares, job.temporary())
                .build(plan.files(), progress);
        RestoreReport report = new RestoreReport(
                job.database(),
                replicaUrl,
                Format.LTX,
                plan.txid(),
                Instant.ofEpochMilli(newest.timestampMillis()),
                plan.files().size(),
                progress.totalBytes,
                newest.commitPages() * newest.pageSize(),
                job.elapsed(),
                shares.reading());
        return new Restored(report, newestTxid(listing), newest.timestampMillis());
    }

    private void requireRoom(Path database, long bytes) throws IOException, ReplicationException {
        long usable = Files.getFileStore(database.toAbsolutePath().getParent()).getUsableSpace();
        if (usable < bytes) {
            throw new ReplicationException.Config(
                    database + ": the restored database needs " + bytes + " bytes, its disk has " + usable);
        }
    }

    /** Tells how far the restore has come: at the end of a file, and every 64 MiB in between. */
    private final class Progress implements ChainImage.Observer {
        private final Job job;
        private final RestorePlan plan;
        private final long totalBytes;
        private long doneBytes;
        private long told;

        Progress(Job job, RestorePlan plan) {
            this.job = job;
            this.plan = plan;
            this.totalBytes =
                    plan.files().stream().mapToLong(LtxFile::sizeBytes).sum();
        }

        @Override
        public void begins(LtxHeader newest) throws IOException, ReplicationException {
            requireRoom(job.database(), newest.commitPages() * newest.pageSize());
        }

        @Override
        public void read(int file, long bytes) {
            long size = plan.files().get(plan.files().size() - 1 - file).sizeBytes();
            if (bytes == size) {
                doneBytes += size;
                tell(file + 1, doneBytes);
            } else if (doneBytes + bytes - told >= PROGRESS_BYTES) {
                tell(file, doneBytes + bytes);
            }
        }

        private void tell(int files, long bytes) {
            told = bytes;
            job.progress()
                    .accept(new RestoreProgress(
                            job.database(), plan.txid(), files, plan.files().size(), bytes, totalBytes, job.elapsed()));
        }
    }
}
