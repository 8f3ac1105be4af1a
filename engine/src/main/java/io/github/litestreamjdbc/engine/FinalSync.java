package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.api.ReplicationEvent;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.capture.Progress;
import io.github.litestreamjdbc.ltx.Txid;
import java.lang.System.Logger.Level;

/**
 * How the sync ended that an orderly end waits for.
 *
 * @param reason for those who listen to events
 * @param words for the log
 */
record FinalSync(ReplicationEvent.Kind kind, Level level, String reason, String words) {
    static FinalSync complete(long txid) {
        String reason = "the replica has everything, up to TXID " + Txid.format(txid);
        return new FinalSync(ReplicationEvent.Kind.STOPPED, Level.INFO, reason, "replication ends; " + reason);
    }

    static FinalSync incomplete(Progress progress, ReplicationException failure) {
        return new FinalSync(
                ReplicationEvent.Kind.STOPPED_UNREPLICATED,
                Level.WARNING,
                failure.getMessage(),
                "replication ends; the replica has everything up to TXID " + Txid.format(progress.uploaded())
                        + " only. " + progress.unreplicatedCommits()
                        + " captured commits are in the local files and not in the replica, later ones in the"
                        + " database only; the next start uploads them. (" + failure.getMessage() + ")");
    }
}
