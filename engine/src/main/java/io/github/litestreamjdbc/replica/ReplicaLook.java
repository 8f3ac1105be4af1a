package io.github.litestreamjdbc.replica;

import io.github.litestreamjdbc.ltx.Txid;
import io.github.litestreamjdbc.store.LtxFile;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/**
 * What a replica was found to hold.
 *
 * @param newest the file that leads to the newest TXID, of the lowest level that has one; empty if the replica is empty
 */
record ReplicaLook(Optional<LtxFile> newest) {
    private static final Comparator<LtxFile> NEWEST_THEN_LOWEST_LEVEL = Comparator.<LtxFile, Long>comparing(
                    file -> file.txids().max(), Txid::compare)
            .thenComparing(LtxFile::level, Comparator.reverseOrder());

    /** What a listing of every level shows. */
    static ReplicaLook of(Collection<LtxFile> listing) {
        return new ReplicaLook(listing.stream().max(NEWEST_THEN_LOWEST_LEVEL));
    }

    /** Newest TXID over all levels; 0 if the replica is empty. */
    long newestTxid() {
        return newest.map(file -> file.txids().max()).orElse(0L);
    }
}
