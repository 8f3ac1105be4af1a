package io.github.litestreamjdbc.replica;

import io.github.litestreamjdbc.capture.LocalLtx;
import io.github.litestreamjdbc.capture.RestoreMarker;
import io.github.litestreamjdbc.capture.StartCheck;
import io.github.litestreamjdbc.ltx.Txid;
import io.github.litestreamjdbc.store.LtxFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What this machine knew about a database's chain of TXIDs before replication began.
 *
 * @param firstTxid first of the local level-0 files that lead without a gap to the newest; {@code newestTxid + 1} if the
 *     newest cannot be used
 * @param newestTxid newest local TXID; 0 if there is none
 * @param marker what the last restore left, if nothing was captured since
 * @param resumes whether the WAL proves that the database is where the newest file left it
 */
public record LocalState(long firstTxid, long newestTxid, Optional<RestoreMarker> marker, boolean resumes) {

    /** Reads it. */
    public static LocalState read(LocalLtx local, Path metaPath, StartCheck.Start start) throws IOException {
        List<LtxFile> files = local.list();
        long newest = 0;
        long first = 1;
        for (LtxFile file : files) {
            if (file.txids().min() != newest + 1) {
                first = file.txids().min();
            }
            newest = file.txids().max();
        }
        if (start instanceof StartCheck.FullImage image && image.newestDamaged()) {
            first = newest + 1;
        }
        long newestTxid = newest;
        Optional<RestoreMarker> marker =
                RestoreMarker.read(metaPath).filter(restored -> Txid.compare(newestTxid, restored.newestTxid()) <= 0);
        return new LocalState(first, newest, marker, start instanceof StartCheck.Resume);
    }

    /** Whether there is anything. */
    boolean known() {
        return newestTxid != 0 || marker.isPresent();
    }
}
