package io.github.litestreamjdbc.capture;

import io.github.litestreamjdbc.ltx.Txid;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Those who wait until what they committed is captured, or in the replica. Whoever asked before a capture step began shares
 * its file: they are a group.
 *
 * <pre>
 *   request ──► open ──capture step──► captured up to a TXID ──upload──► confirmed
 * </pre>
 *
 * <p>While files are on their way the next group gathers. When they have arrived, those who waited for them commit again a
 * moment later. A group that closed at once would miss them, and two halves of the threads would take turns for ever, each
 * with an upload of its own. So it gathers on until as many wait as were confirmed or waited before; not for longer
 * than a quarter of what the upload took, and not once nobody has come for an eighth of that. A commit that is alone waits
 * for nobody.
 *
 * <p>Guarded by its {@link Progress}; times are monotonic nanoseconds.
 */
final class SyncGroups {
    private static final int GATHER_SHARE = 4;
    private static final int NOBODY_COMES_SHARE = 8;

    /** Those who asked between the beginnings of two capture steps. Who asked during the step may be told once too often. */
    static final class Group {
        private final long first;
        private long last = Long.MAX_VALUE;
        private boolean captured;
        private long txid;
        private long capturedNanos;
        private CompletableFuture<Void> captureNews = new CompletableFuture<>();
        private CompletableFuture<Void> uploadNews = new CompletableFuture<>();

        private Group(long first) {
            this.first = first;
        }

        boolean isCaptured() {
            return captured;
        }

        /** The TXID that holds what its members committed, once that is captured. */
        long txid() {
            return txid;
        }

        /** Completed when there is something to look at for who waits for the capture. */
        CompletableFuture<Void> captureNews() {
            return captureNews;
        }

        /** Completed when there is something to look at for who waits for the upload. */
        CompletableFuture<Void> uploadNews() {
            return uploadNews;
        }
    }

    /** Not confirmed, in the order of their requests; the last is open. */
    private final Deque<Group> groups = new ArrayDeque<>(List.of(new Group(1)));

    /** Numbers of the newest request, of the newest that is captured, and of the newest that waits for no upload. */
    private long requested;

    private long captured;
    private long atOnce;
    private long capturedTxid;

    /** How many wait once all that were there are there again, and until when they are waited for. */
    private long expected;

    private long gatherUntilNanos;

    /** Until when the next one is waited for, and for how long after each. */
    private long nextUntilNanos;

    private long nextWithinNanos;

    /** Somebody waits; the number says who. */
    long request(boolean now, long nowNanos) {
        requested++;
        nextUntilNanos = nowNanos + nextWithinNanos;
        if (now) {
            atOnce = requested;
        }
        return requested;
    }

    long requested() {
        return requested;
    }

    /** The newest TXID when the last group was captured. */
    long capturedTxid() {
        return capturedTxid;
    }

    /**
     * Whether a capture step is to begin for those who wait.
     *
     * @param onTheWay whether files are on their way to a replica that answers
     */
    boolean due(boolean onTheWay, long nowNanos) {
        return captured < atOnce
                || (captured < requested
                        && !onTheWay
                        && (requested - captured >= expected || gatherLeft(nowNanos) <= 0));
    }

    /** Whether somebody waits for a capture step. */
    boolean waiting() {
        return captured < requested;
    }

    /** How long the gathering may go on; {@code Long.MAX_VALUE} if nothing is waited for. */
    long gatherNanos(long nowNanos) {
        long left = gatherLeft(nowNanos);
        return expected > 1 && left > 0 ? left : Long.MAX_VALUE;
    }

    private long gatherLeft(long nowNanos) {
        return Math.min(gatherUntilNanos - nowNanos, nextUntilNanos - nowNanos);
    }

    /** A capture step has served the requests up to a number. Returns whom to tell. */
    List<CompletableFuture<Void>> captured(long request, long txid, long nowNanos) {
        captured = request;
        capturedTxid = txid;
        List<CompletableFuture<Void>> told = new ArrayList<>();
        Group open = groups.getLast();
        if (request >= open.first) {
            // Who asked during the step waits on with the next group.
            open.last = request;
            open.captured = true;
            open.txid = txid;
            open.capturedNanos = nowNanos;
            told.add(open.captureNews);
            groups.add(new Group(request + 1));
        }
        return told;
    }

    /** The replica has everything up to a TXID. Returns whom to tell. */
    List<CompletableFuture<Void>> uploaded(long txid, long nowNanos) {
        List<CompletableFuture<Void>> told = new ArrayList<>();
        long confirmed = 0;
        long begunNanos = nowNanos;
        while (groups.getFirst().captured && Txid.compare(groups.getFirst().txid, txid) <= 0) {
            Group group = groups.removeFirst();
            confirmed += group.last - group.first + 1;
            begunNanos = group.capturedNanos;
            told.add(group.uploadNews);
        }
        if (confirmed > 0) {
            expected = confirmed + requested - captured;
            gatherUntilNanos = nowNanos + (nowNanos - begunNanos) / GATHER_SHARE;
            nextWithinNanos = (nowNanos - begunNanos) / NOBODY_COMES_SHARE;
            nextUntilNanos = nowNanos + nextWithinNanos;
        }
        return told;
    }

    /** Something happened that may end the wait of anybody. Returns whom to tell. */
    List<CompletableFuture<Void>> everybody() {
        List<CompletableFuture<Void>> told = new ArrayList<>();
        for (Group group : groups) {
            told.add(group.captureNews);
            told.add(group.uploadNews);
            group.captureNews = new CompletableFuture<>();
            group.uploadNews = new CompletableFuture<>();
        }
        return told;
    }

    /** The group of a request; empty once it is confirmed. */
    Optional<Group> of(long request) {
        return groups.stream()
                .filter(group -> group.first <= request && request <= group.last)
                .findFirst();
    }
}
