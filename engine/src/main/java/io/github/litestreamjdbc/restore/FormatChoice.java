package io.github.litestreamjdbc.restore;

import io.github.litestreamjdbc.api.RestoreOptions;
import io.github.litestreamjdbc.api.RestoreOptions.Format;
import io.github.litestreamjdbc.api.RestoreTarget;
import io.github.litestreamjdbc.spi.StoredObject;
import io.github.litestreamjdbc.store.LtxFile;
import io.github.litestreamjdbc.store.LtxStore;
import java.time.Instant;
import java.util.Collection;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Which of the two layouts of a replica to restore from. Where both have something, the choice is Litestream's, unless it
 * would give a state that is older than one the other layout has: that is refused, naming both. Pure.
 */
final class FormatChoice {
    private FormatChoice() {}

    /** What would silently be older. */
    static final class AmbiguousException extends Exception {
        private static final long serialVersionUID = 1L;

        private AmbiguousException(String message) {
            super(message);
        }
    }

    /**
     * Chooses.
     *
     * @param files with their exact times if the target is an instant
     * @return not {@code AUTO}
     */
    static Format of(RestoreOptions options, Collection<LtxFile> files, Collection<StoredObject> old)
            throws AmbiguousException {
        if (options.target() instanceof RestoreTarget.AtTxid || options.format() == Format.LTX) {
            return Format.LTX;
        }
        if (options.format() == Format.V03) {
            return Format.V03;
        }
        if (old.isEmpty()) {
            return Format.LTX;
        }
        Optional<Instant> before =
                options.target() instanceof RestoreTarget.AtTime at ? Optional.of(at.before()) : Optional.empty();
        Optional<V03Plan> plan = V03Plan.of(old, before);
        if (plan.isEmpty()) {
            return Format.LTX;
        }
        Format choice = files.isEmpty() || isOldNewer(plan.get(), files, old, before) ? Format.V03 : Format.LTX;
        if (choice == Format.V03) {
            refuseOtherGenerations(plan.get(), old, before);
        }
        if (before.isPresent()) {
            refuseOlder(choice, plan.get(), files, before.get());
        }
        return choice;
    }

    private static boolean isOldNewer(
            V03Plan plan, Collection<LtxFile> files, Collection<StoredObject> old, Optional<Instant> before) {
        if (before.isEmpty()) {
            return newest(old.stream(), StoredObject::created).isAfter(newest(files.stream(), LtxFile::created));
        }
        Instant snapshot = newest(
                files.stream()
                        .filter(file -> file.level() == LtxStore.SNAPSHOT_LEVEL)
                        .filter(file -> file.created().isBefore(before.get())),
                LtxFile::created);
        return plan.snapshot().object().created().isAfter(snapshot);
    }

    private static void refuseOlder(Format choice, V03Plan plan, Collection<LtxFile> files, Instant before)
            throws AmbiguousException {
        Instant ltx = newest(files.stream().filter(file -> file.created().isBefore(before)), LtxFile::created);
        boolean older = choice == Format.V03 ? plan.created().isBefore(ltx) : ltx.isBefore(plan.created());
        if (older) {
            throw new AmbiguousException("there are LTX files and a replica of Litestream 0.3 beside each other, and"
                    + " Litestream's choice would give the older state. Nearest that can be restored: that of 0.3 of "
                    + plan.created() + " (format v0.3) and that of LTX of " + ltx + " (format ltx)");
        }
    }

    private static void refuseOtherGenerations(V03Plan plan, Collection<StoredObject> old, Optional<Instant> before)
            throws AmbiguousException {
        Optional<StoredObject> newer = plan.newerElsewhere(old, before);
        if (newer.isPresent()) {
            throw new AmbiguousException("the newest snapshot is that of generation "
                    + plan.snapshot().generation() + ", which leads to " + plan.created() + ", but "
                    + newer.get().key() + " of another generation is of "
                    + newer.get().created() + ". Nearest that can be restored: that of " + plan.created()
                    + " (format v0.3)");
        }
    }

    private static <T> Instant newest(Stream<T> all, Function<T, Instant> created) {
        return all.map(created).reduce(Instant.MIN, (a, b) -> a.isAfter(b) ? a : b);
    }
}
