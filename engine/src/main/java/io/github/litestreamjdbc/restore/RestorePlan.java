package io.github.litestreamjdbc.restore;

import io.github.litestreamjdbc.api.History;
import io.github.litestreamjdbc.api.RestoreTarget;
import io.github.litestreamjdbc.ltx.Txid;
import io.github.litestreamjdbc.store.LtxFile;
import io.github.litestreamjdbc.store.LtxStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.stream.Stream;

/**
 * The files that lead to a state, oldest first: a snapshot if there is a fitting one, then always the file that reaches
 * furthest without a gap (replica layout, section 11). Pure; looks at names and times only.
 *
 * @param files never empty
 * @param txid the state that they lead to
 */
record RestorePlan(List<LtxFile> files, long txid) {
    private static final Comparator<LtxFile> BY_MAX =
            Comparator.comparing(file -> file.txids().max(), Txid::compare);
    private static final Comparator<LtxFile> BY_MIN =
            Comparator.comparing(file -> file.txids().min(), Txid::compare);

    /** Best first: highest max, lowest min, highest level, earliest. */
    private static final Comparator<LtxFile> PREFERENCE = BY_MAX.reversed()
            .thenComparing(BY_MIN)
            .thenComparing(Comparator.comparingInt(LtxFile::level).reversed())
            .thenComparing(LtxFile::created);

    /** No files lead to that state. */
    static final class NoPlanException extends Exception {
        private static final long serialVersionUID = 1L;

        /** The TXID before the gap; 0 if it is not because of one. */
        private final long beforeGap;

        private NoPlanException(String message) {
            this(message, 0);
        }

        private NoPlanException(String message, long beforeGap) {
            super(message);
            this.beforeGap = beforeGap;
        }

        /** What can be had instead, in words; empty if nothing can. */
        String advice() {
            return beforeGap == 0
                    ? ""
                    : ". The state before the gap can be had by its TXID: restore-txid=" + Txid.format(beforeGap)
                            + ", or --txid";
        }
    }

    /**
     * Plans.
     *
     * @param allowGap whether an instant behind a gap gives the state before the gap
     */
    static RestorePlan of(Collection<LtxFile> listing, RestoreTarget target, boolean allowGap) throws NoPlanException {
        if (target instanceof RestoreTarget.AtTxid at) {
            return of(listing, at.txid());
        }
        return target instanceof RestoreTarget.AtTime at ? before(listing, at.before(), allowGap) : ofLatest(listing);
    }

    private static RestorePlan ofLatest(Collection<LtxFile> listing) throws NoPlanException {
        List<LtxFile> files = chain(listing);
        long reached = end(files);
        if (files.isEmpty()) {
            throw new NoPlanException("no file begins with TXID 1");
        }
        var behindTheGap = listing.stream()
                .filter(file -> file.level() != LtxStore.SNAPSHOT_LEVEL && leavesGap(file, reached))
                .min(BY_MIN);
        if (behindTheGap.isPresent()) {
            throw new NoPlanException(
                    "there is a gap: files lead to TXID " + Txid.format(reached)
                            + ", the next one is " + behindTheGap.get().txids().fileName() + " at level "
                            + behindTheGap.get().level(),
                    reached);
        }
        return new RestorePlan(files, reached);
    }

    private static RestorePlan of(Collection<LtxFile> listing, long txid) throws NoPlanException {
        List<LtxFile> files = chain(listing.stream()
                .filter(file -> Txid.compare(file.txids().max(), txid) <= 0)
                .toList());
        long reached = end(files);
        if (reached != txid) {
            String nearest = files.isEmpty() ? "none before it" : "the nearest before it is " + Txid.format(reached);
            long newest = listing.stream().mapToLong(file -> file.txids().max()).reduce(0, Txid::max);
            throw new NoPlanException("no files lead to TXID " + Txid.format(txid) + "; " + nearest
                    + ", the newest file ends at " + Txid.format(newest));
        }
        return new RestorePlan(files, txid);
    }

    private static RestorePlan before(Collection<LtxFile> listing, Instant time, boolean allowGap)
            throws NoPlanException {
        if (listing.stream().allMatch(file -> file.created().isBefore(time))) {
            throw new NoPlanException("the history that is kept ends before " + time + nearest(listing, time));
        }
        List<LtxFile> older =
                listing.stream().filter(file -> file.created().isBefore(time)).toList();
        List<LtxFile> files = chain(older);
        if (files.isEmpty()) {
            throw new NoPlanException("no state captured before " + time + " is kept" + nearest(listing, time));
        }
        long reached = end(files);
        Optional<LtxFile> behindTheGap = allowGap ? Optional.empty() : behindAGap(listing, older, reached);
        if (behindTheGap.isPresent()) {
            throw new NoPlanException("there is a gap before " + time + ": files lead to TXID " + Txid.format(reached)
                    + ", the next one captured before then is "
                    + behindTheGap.get().txids().fileName() + " at level "
                    + behindTheGap.get().level() + nearest(listing, time));
        }
        return new RestorePlan(files, reached);
    }

    /**
     * A file of the time that the chain does not lead to, although no wider file of a later time explains it: one that
     * merges what is between them, so that only the resolution is coarser there.
     */
    private static Optional<LtxFile> behindAGap(Collection<LtxFile> listing, List<LtxFile> older, long reached) {
        List<LtxFile> merged = listing.stream()
                .filter(file -> file.level() != LtxStore.SNAPSHOT_LEVEL)
                .toList();
        long explained = Txid.max(reached, end(extend(new ArrayList<>(), reached, merged)));
        return older.stream()
                .filter(file -> file.level() != LtxStore.SNAPSHOT_LEVEL && leavesGap(file, explained))
                .min(BY_MIN);
    }

    private static String nearest(Collection<LtxFile> listing, Instant time) {
        History history = RestorePoints.of(listing);
        List<String> points = Stream.of(RestorePoints.lastBefore(history, time), RestorePoints.firstFrom(history, time))
                .flatMap(Optional::stream)
                .map(point -> "TXID " + Txid.format(point.txid()) + " captured at " + point.created())
                .toList();
        return points.isEmpty()
                ? ". No state can be restored"
                : ". Nearest that can be restored: " + String.join(" and ", points);
    }

    /** Looks at the TXID before the file: the one after the largest there is would be 0. */
    private static boolean leavesGap(LtxFile file, long end) {
        return Txid.compare(file.txids().min() - 1, end) > 0;
    }

    private static long end(List<LtxFile> files) {
        return files.isEmpty() ? 0 : files.get(files.size() - 1).txids().max();
    }

    private static List<LtxFile> chain(Collection<LtxFile> listing) {
        List<LtxFile> chain = new ArrayList<>();
        listing.stream()
                // What is named otherwise at that level holds no whole database, and must not hide one that does.
                .filter(file ->
                        file.level() == LtxStore.SNAPSHOT_LEVEL && file.txids().isSnapshot())
                .max(Comparator.comparing(LtxFile::txids))
                .ifPresent(chain::add);
        List<LtxFile> waiting = listing.stream()
                .filter(file -> file.level() != LtxStore.SNAPSHOT_LEVEL)
                .toList();
        return extend(chain, end(chain), waiting);
    }

    /** Appends files that go on behind a TXID, always the one that reaches furthest. */
    private static List<LtxFile> extend(List<LtxFile> chain, long from, List<LtxFile> files) {
        List<LtxFile> waiting = files.stream().sorted(BY_MIN).toList();
        PriorityQueue<LtxFile> reachable = new PriorityQueue<>(PREFERENCE);
        long end = from;
        int next = 0;
        while (true) {
            while (next < waiting.size() && !leavesGap(waiting.get(next), end)) {
                reachable.add(waiting.get(next++));
            }
            LtxFile best = reachable.poll();
            if (best == null || Txid.compare(best.txids().max(), end) <= 0) {
                return chain;
            }
            chain.add(best);
            end = best.txids().max();
        }
    }
}
