package io.github.litestreamjdbc.api;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The states that a replica can give back, as its listing shows them: whether the files are undamaged is not known from
 * it.
 *
 * @param points oldest first, by TXID
 * @param gaps transactions behind the first point that are in no file, so that states that need them are lost
 */
public record History(List<Point> points, List<Gap> gaps) {
    /** Copies the lists. */
    public History {
        points = List.copyOf(points);
        gaps = List.copyOf(gaps);
    }

    /**
     * A state.
     *
     * @param txid its last transaction
     * @param created when that was captured
     * @param level the lowest level that has a file ending there: 0 as captured, 1 to 8 merged, 9 a snapshot
     */
    public record Point(long txid, Instant created, int level) {}

    /**
     * Missing transactions.
     *
     * @param firstTxid the first that is missing
     * @param lastTxid the last
     */
    public record Gap(long firstTxid, long lastTxid) {}

    /**
     * Neighbouring points of one level.
     *
     * @param level see {@link Point#level}
     * @param oldest first point
     * @param newest last point
     * @param points how many, both included
     * @param resolution the longest time between a point and the one before it where there are transactions between the
     *     two that cannot be told apart any more; zero if every transaction is a point
     */
    public record Period(int level, Point oldest, Point newest, int points, Duration resolution) {}

    /** The oldest point. */
    public Optional<Point> oldest() {
        return points.isEmpty() ? Optional.empty() : Optional.of(points.get(0));
    }

    /** The newest point. */
    public Optional<Point> newest() {
        return points.isEmpty() ? Optional.empty() : Optional.of(points.get(points.size() - 1));
    }

    /** The points in runs of one level, oldest first: how finely each period can be restored. */
    public List<Period> periods() {
        List<Period> periods = new ArrayList<>();
        Period open = null;
        for (Point point : points) {
            Duration step = open == null || point.txid() == open.newest().txid() + 1
                    ? Duration.ZERO
                    : Duration.between(open.newest().created(), point.created());
            if (open != null && open.level() == point.level()) {
                Duration longest = open.resolution().compareTo(step) >= 0 ? open.resolution() : step;
                open = new Period(open.level(), open.oldest(), point, open.points() + 1, longest);
                periods.set(periods.size() - 1, open);
            } else {
                open = new Period(point.level(), point, point, 1, step);
                periods.add(open);
            }
        }
        return periods;
    }
}
