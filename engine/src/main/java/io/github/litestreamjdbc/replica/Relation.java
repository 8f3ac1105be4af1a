package io.github.litestreamjdbc.replica;

import io.github.litestreamjdbc.api.ReplicationConfig.OnMismatch;
import io.github.litestreamjdbc.ltx.Txid;

/**
 * How a database and its replica stand to each other, and what follows from it. Pure.
 *
 * <p>Nothing here guesses: where neither the local files nor the marker of a restore explain the replica's newest TXID,
 * the contents are compared, and where these differ a person decides.
 */
final class Relation {
    private Relation() {}

    /** What follows. */
    sealed interface Verdict {}

    /**
     * The replica's chain ends where local files go on.
     *
     * @param uploadedTxid what the replica has
     */
    record Continue(long uploadedTxid) implements Verdict {}

    /**
     * The chain goes on with a full image.
     *
     * @param lastTxid the TXID before it, at least
     * @param withSnapshot whether the replica lacks TXIDs before it, so that it needs a snapshot to start from as well
     */
    record Rebase(long lastTxid, boolean withSnapshot, String reason) implements Verdict {}

    /**
     * The contents decide.
     *
     * @param what what is to be compared
     * @param otherwise if they differ
     */
    record Compare(Comparison what, Verdict equal, Verdict otherwise) implements Verdict {}

    /** What to compare. */
    enum Comparison {
        /** The pages of the replica's newest file with the database. */
        PAGES,
        /** The replica's newest level-0 file with the local one of the same TXID. */
        TRAILER
    }

    /** Nothing may be written to this replica. */
    record Refuse(String reason) implements Verdict {}

    static Verdict of(LocalState local, ReplicaLook replica, OnMismatch onMismatch) {
        long newest = replica.newestTxid();
        if (newest == 0) {
            return ofEmpty(local);
        }
        if (local.marker().isPresent()) {
            return ofRestored(local, newest, onMismatch);
        }
        int order = Txid.compare(local.newestTxid(), newest);
        if (order < 0) {
            return ofAhead(local, newest, onMismatch);
        }
        if (Txid.compare(local.firstTxid(), newest + 1) > 0) {
            return order == 0
                    ? new Continue(newest)
                    : new Rebase(
                            local.newestTxid(),
                            true,
                            "the replica ends at TXID " + Txid.format(newest)
                                    + ", and the local files after it are gone");
        }
        boolean both = Txid.compare(local.firstTxid(), newest) <= 0;
        Verdict goOn = new Continue(newest);
        return both
                ? new Compare(
                        Comparison.TRAILER,
                        goOn,
                        mismatch(local, newest, onMismatch, "both have that TXID with different contents"))
                : goOn;
    }

    /** A chain is of one page size: nothing could be restored from one that mixes two, so not even adopting it helps. */
    static Refuse otherPageSize(int ours, int theirs, long newest) {
        return new Refuse("the database has pages of " + ours + " bytes, those of the replica, which is at TXID "
                + Txid.format(newest) + ", have " + theirs
                + ": it is another database. To get the replica's back, move the"
                + " database and its -wal away and connect with restore=if-missing; to replicate this one, give it"
                + " another replica path and move its meta directory away");
    }

    /** Behind a gap nothing could be restored any more, unless the chain begins anew there. */
    static Verdict behindGap(Verdict verdict, LocalState local, long newest, String gap) {
        return verdict instanceof Refuse
                ? verdict
                : new Rebase(Txid.max(local.newestTxid(), newest), true, "the replica lacks files: " + gap);
    }

    private static Verdict ofEmpty(LocalState local) {
        if (!local.known() || (local.marker().isEmpty() && local.firstTxid() == 1)) {
            return new Continue(0);
        }
        long last = local.marker()
                .map(marker -> Txid.max(marker.newestTxid(), local.newestTxid()))
                .orElse(local.newestTxid());
        return new Rebase(last, true, "the replica is empty although it had TXID " + Txid.format(last) + " or nearly");
    }

    private static Verdict ofRestored(LocalState local, long newest, OnMismatch onMismatch) {
        long restored = local.marker().orElseThrow().newestTxid();
        int order = Txid.compare(newest, restored);
        if (order == 0) {
            return new Continue(newest);
        }
        return order < 0
                ? new Rebase(
                        restored,
                        true,
                        "the replica ends at TXID " + Txid.format(newest) + " although it had " + Txid.format(restored))
                : mismatch(local, newest, onMismatch, "somebody wrote to the replica after this database was restored");
    }

    private static Verdict ofAhead(LocalState local, long newest, OnMismatch onMismatch) {
        Verdict mismatch = mismatch(
                local,
                newest,
                onMismatch,
                local.newestTxid() == 0
                        ? "nothing on this machine says that it is the replica's, and its contents differ"
                        : "it is older than the replica");
        return local.resumes()
                ? mismatch
                : new Compare(
                        Comparison.PAGES,
                        new Rebase(newest, false, "local state was lost; the database is the replica's newest state"),
                        mismatch);
    }

    private static Verdict mismatch(LocalState local, long newest, OnMismatch onMismatch, String what) {
        if (onMismatch == OnMismatch.ADOPT) {
            boolean beyond = Txid.compare(local.newestTxid(), newest) > 0;
            return new Rebase(Txid.max(local.newestTxid(), newest), beyond, "on-mismatch=adopt although " + what);
        }
        String ours = local.newestTxid() == 0
                ? local.marker()
                        .map(marker -> "was restored at TXID " + Txid.format(marker.txid()))
                        .orElse("has no TXID")
                : "is at TXID " + Txid.format(local.newestTxid());
        return new Refuse("the database " + ours + ", the replica is at TXID " + Txid.format(newest) + ": " + what
                + ". To keep the replica's state, move the database and its -wal away and connect with"
                + " restore=if-missing; to keep both, give this database another replica path; to replicate it on top"
                + " of what the replica has, connect once with on-mismatch=adopt");
    }
}
