package io.github.litestreamjdbc.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;

/**
 * The oracle of one database: its image after every commit, in order, and which of them each TXID is. A process that goes
 * on from another's files goes on from its lineage.
 */
final class Lineage {
    private final List<byte[]> history = new ArrayList<>();

    /** Which image of the history a TXID is. */
    private final TreeMap<Long, Integer> txids = new TreeMap<>();

    private final TreeMap<Long, byte[]> images = new TreeMap<>();

    /** A commit that was written and not published: what recovers the WAL may take it; null if there is none. */
    private byte[] phantom;

    Lineage() {}

    /** The same past. */
    Lineage(Lineage other) {
        history.addAll(other.history);
        txids.putAll(other.txids);
        images.putAll(other.images);
        phantom = other.phantom;
    }

    /** The database is known to be in a state of the replica. */
    static Lineage restored(long txid, byte[] image) {
        Lineage lineage = new Lineage();
        lineage.history.add(image);
        lineage.txids.put(txid, 0);
        lineage.images.put(txid, image);
        return lineage;
    }

    /** Something may have been committed; no commit if the image is the same. */
    void committed(byte[] image) {
        if (history.isEmpty() || !Arrays.equals(newest(), image)) {
            history.add(image);
            phantom = null;
        }
    }

    /** A writer died between writing this commit and publishing it. */
    void unpublished(byte[] image) {
        phantom = image;
    }

    byte[] newest() {
        return history.get(history.size() - 1);
    }

    int commits() {
        return history.size();
    }

    /** A level-0 file was made: it must be a state that was committed, and not an older one than the TXID before it. */
    void captured(long txid, byte[] image) {
        int from = txids.isEmpty() ? 0 : txids.lastEntry().getValue();
        for (int i = from; i < history.size(); i++) {
            if (Arrays.equals(history.get(i), image)) {
                txids.put(txid, i);
                images.put(txid, image);
                return;
            }
        }
        assertThat(Images.difference(newest(), image))
                .as("TXID %d is no state that the database ever had after the TXID before it", txid)
                .isEqualTo("equal");
    }

    /** The image at a TXID; null if this machine never captured it. */
    byte[] at(long txid) {
        return images.get(txid);
    }

    long newestTxid() {
        return txids.isEmpty() ? 0 : txids.lastKey();
    }

    /**
     * The machine comes back after a crash with this image: a state that was committed, and none that a TXID is ahead of.
     *
     * @param mayLoseTail whether commits may be gone that were acknowledged
     * @param newestDurableTxid the newest TXID that survived here or is in the replica
     */
    void recovered(byte[] image, boolean mayLoseTail, long newestDurableTxid, Tally tally) {
        if (phantom != null && Arrays.equals(phantom, image)) {
            tally.count(Tally.Event.PHANTOM_ADOPTED);
            history.add(image);
        }
        phantom = null;
        int at = history.size() - 1;
        while (at > 0 && mayLoseTail && !Arrays.equals(history.get(at), image)) {
            at--;
        }
        assertThat(Images.difference(history.get(at), image))
                .as("the database after a crash is one of its states")
                .isEqualTo("equal");
        Integer durable = txids.get(newestDurableTxid);
        if (durable != null) {
            assertThat(durable)
                    .as("commits in TXID %d, which is ahead of the database that came back", newestDurableTxid)
                    .isLessThanOrEqualTo(at);
        }
        if (at + 1 < history.size()) {
            tally.count(Tally.Event.POWER_CUT_LOST_COMMITS);
        }
        history.subList(at + 1, history.size()).clear();
        int kept = at;
        txids.values().removeIf(index -> index > kept);
        // Local files after it may be lost, and may be what the dead process would have gone on to write.
        txids.tailMap(newestDurableTxid, false).clear();
        images.keySet().retainAll(txids.keySet());
    }
}
