package io.github.litestreamjdbc.restore;

import io.github.litestreamjdbc.api.Generation;
import io.github.litestreamjdbc.api.History;
import io.github.litestreamjdbc.ltx.Txid;
import io.github.litestreamjdbc.spi.StoredObject;
import io.github.litestreamjdbc.store.LtxFile;
import io.github.litestreamjdbc.store.LtxStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** Which states a listing can give back: those that a chain of its files ends at. Pure; looks at names and times only. */
public final class RestorePoints {
    private static final Comparator<LtxFile> BY_MAX =
            Comparator.comparing(file -> file.txids().max(), Txid::compare);
    private static final Comparator<LtxFile> BY_MIN =
            Comparator.comparing(file -> file.txids().min(), Txid::compare);

    private RestorePoints() {}

    /** The generations of Litestream 0.3 that a listing shows, oldest first. */
    public static List<Generation> generations(Collection<StoredObject> objects) {
        return V03Plan.ofEachGeneration(objects).stream()
                .map(plan -> plan.generation(objects))
                .toList();
    }

    /** The history that a listing tells. */
    public static History of(Collection<LtxFile> listing) {
        List<History.Point> points = points(listing);
        return new History(
                points,
                points.isEmpty() ? List.of() : gaps(listing, points.get(0).txid()));
    }

    /**
     * A state is reached by a file that ends there and leaves no gap behind the state reached before it: the nearest one is
     * enough to ask.
     */
    private static List<History.Point> points(Collection<LtxFile> listing) {
        List<History.Point> points = new ArrayList<>();
        long reached = 0;
        History.Point open = null;
        for (LtxFile file : listing.stream().sorted(BY_MAX).toList()) {
            long end = file.txids().max();
            long before = open != null && open.txid() == end ? before(points) : reached;
            boolean starts = file.txids().isSnapshot();
            if (!starts && (isSnapshot(file) || Txid.compare(file.txids().min() - 1, before) > 0)) {
                continue;
            }
            if (open != null && open.txid() == end) {
                Instant earlier = open.created().isBefore(file.created()) ? open.created() : file.created();
                open = new History.Point(end, earlier, Math.min(open.level(), file.level()));
                points.set(points.size() - 1, open);
            } else {
                open = new History.Point(end, file.created(), file.level());
                points.add(open);
            }
            reached = end;
        }
        return points;
    }

    /** The TXID reached before the newest point. */
    private static long before(List<History.Point> points) {
        return points.size() < 2 ? 0 : points.get(points.size() - 2).txid();
    }

    private static List<History.Gap> gaps(Collection<LtxFile> listing, long firstTxid) {
        List<History.Gap> gaps = new ArrayList<>();
        long covered = firstTxid;
        for (LtxFile file : listing.stream()
                .filter(Predicate.not(RestorePoints::isSnapshot))
                .sorted(BY_MIN)
                .toList()) {
            if (Txid.compare(file.txids().min() - 1, covered) > 0) {
                gaps.add(new History.Gap(covered + 1, file.txids().min() - 1));
            }
            covered = Txid.max(covered, file.txids().max());
        }
        return gaps;
    }

    private static boolean isSnapshot(LtxFile file) {
        return file.level() == LtxStore.SNAPSHOT_LEVEL;
    }

    /** The newest point that was captured strictly before an instant. */
    static Optional<History.Point> lastBefore(History history, Instant time) {
        return history.points().stream()
                .filter(point -> point.created().isBefore(time))
                .max(Comparator.comparing(History.Point::txid, Txid::compare));
    }

    /** The oldest point that was captured at an instant or after it. */
    static Optional<History.Point> firstFrom(History history, Instant time) {
        return history.points().stream()
                .filter(point -> !point.created().isBefore(time))
                .min(Comparator.comparing(History.Point::txid, Txid::compare));
    }
}
