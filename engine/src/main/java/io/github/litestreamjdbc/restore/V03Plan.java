package io.github.litestreamjdbc.restore;

import io.github.litestreamjdbc.api.Generation;
import io.github.litestreamjdbc.spi.StoredObject;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The files of a replica of Litestream 0.3 that lead to a state: the newest snapshot, and the pieces of WAL that its
 * generation has from there on (replica layout, section 17). Pure; looks at names and times only.
 *
 * @param snapshot image of the database
 * @param pieces in the order in which they were written
 */
record V03Plan(Snapshot snapshot, List<Piece> pieces) {
    private static final String PREFIX = "generations/";
    private static final Pattern SNAPSHOT =
            Pattern.compile("generations/([0-9a-f]{16})/snapshots/([0-9a-f]{8})\\.snapshot\\.lz4");
    private static final Pattern PIECE =
            Pattern.compile("generations/([0-9a-f]{16})/wal/([0-9a-f]{8})_([0-9a-f]{8,16})\\.wal\\.lz4");
    private static final Comparator<Piece> IN_ORDER =
            Comparator.comparingLong(Piece::index).thenComparing(Piece::offset, Long::compareUnsigned);

    /** An image of a whole database, taken before the WAL of its index. */
    record Snapshot(String generation, long index, StoredObject object) {}

    /** A piece of a WAL file: which file, counted from 0, and where in it. */
    record Piece(String generation, long index, long offset, StoredObject object) {}

    /**
     * Plans.
     *
     * @param before the last instant that counts, inclusive as in Litestream; empty for the newest state
     * @return empty if there is no snapshot
     */
    static Optional<V03Plan> of(Collection<StoredObject> objects, Optional<Instant> before) {
        List<StoredObject> older = objects.stream()
                .filter(object -> before.isEmpty() || !object.created().isAfter(before.get()))
                .toList();
        return older.stream()
                .flatMap(object -> snapshot(object).stream())
                .max(Comparator.comparing(each -> each.object().created()))
                .map(snapshot -> new V03Plan(snapshot, pieces(older, snapshot)));
    }

    /** The newest state of each generation that has a snapshot, oldest generation first. */
    static List<V03Plan> ofEachGeneration(Collection<StoredObject> objects) {
        Map<String, List<StoredObject>> byGeneration = objects.stream()
                .filter(V03Plan::isPart)
                .collect(Collectors.groupingBy(object ->
                        object.key().substring(0, object.key().indexOf('/', PREFIX.length()))));
        return byGeneration.values().stream()
                .flatMap(parts -> of(parts, Optional.empty()).stream())
                .sorted(Comparator.comparing(V03Plan::created))
                .toList();
    }

    /** What can be said of this plan's generation. */
    Generation generation(Collection<StoredObject> objects) {
        Instant oldest = objects.stream()
                .flatMap(object -> snapshot(object).stream())
                .filter(other -> other.generation().equals(snapshot.generation()))
                .map(other -> other.object().created())
                .min(Comparator.naturalOrder())
                .orElseThrow();
        return new Generation(snapshot.generation(), oldest, created(), files(), bytes());
    }

    private static List<Piece> pieces(List<StoredObject> objects, Snapshot snapshot) {
        return objects.stream()
                .flatMap(object -> piece(object).stream())
                .filter(piece -> piece.generation().equals(snapshot.generation()) && piece.index() >= snapshot.index())
                .sorted(IN_ORDER)
                .toList();
    }

    private static Optional<Snapshot> snapshot(StoredObject object) {
        Matcher name = SNAPSHOT.matcher(object.key());
        return name.matches()
                ? Optional.of(new Snapshot(name.group(1), Long.parseLong(name.group(2), 16), object))
                : Optional.empty();
    }

    private static Optional<Piece> piece(StoredObject object) {
        Matcher name = PIECE.matcher(object.key());
        return name.matches()
                ? Optional.of(new Piece(
                        name.group(1),
                        Long.parseLong(name.group(2), 16),
                        Long.parseUnsignedLong(name.group(3), 16),
                        object))
                : Optional.empty();
    }

    /** Whether this is a file of that layout. */
    static boolean isPart(StoredObject object) {
        return snapshot(object).isPresent() || piece(object).isPresent();
    }

    /** When the newest of its files was written: the time of the state. */
    Instant created() {
        return pieces.stream()
                .map(piece -> piece.object().created())
                .reduce(snapshot.object().created(), (a, b) -> a.isAfter(b) ? a : b);
    }

    /** A newer file of another generation, which this plan would leave out. */
    Optional<StoredObject> newerElsewhere(Collection<StoredObject> objects, Optional<Instant> before) {
        String own = PREFIX + snapshot.generation() + "/";
        return objects.stream()
                .filter(object -> !object.key().startsWith(own))
                .filter(object -> before.isEmpty() || !object.created().isAfter(before.get()))
                .filter(object -> object.created().isAfter(created()))
                .max(Comparator.comparing(StoredObject::created));
    }

    int files() {
        return 1 + pieces.size();
    }

    long bytes() {
        return snapshot.object().sizeBytes()
                + pieces.stream().mapToLong(piece -> piece.object().sizeBytes()).sum();
    }
}
