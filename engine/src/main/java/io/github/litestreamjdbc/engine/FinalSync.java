package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.api.ReplicationEvent;
import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.capture.Progress;
import io.github.litestreamjdbc.ltx.Txid;
import java.lang.System.Logger.Level;

/**
 * How the sync ended that an orderly end waits for.
 *
 * @param reason for those who listen to events, and for the log
 */
record FinalSync(ReplicationEvent.Kind kind, Level level, String reason) {
    static FinalSync complete(long txid) {
        return new FinalSync(
                ReplicationEvent.Kind.STOPPED,
                Level.INFO,
                "the replica has everything, up to TXID " + Txid.format(txid));
    }

    /** @param state that replication is in at its end, which tells what becomes of the rest */
    static FinalSync incomplete(Progress progress, ReplicationState state, String why) {
        String then = switch (state) {
            case FENCED -> "nobody uploads them";
            case DETACHED -> "they went into a file that is not in place any more";
            case STARTING, STANDBY, BASELINE, STREAMING, LOCAL_FULL, FAILED, CLOSED -> "the next start uploads them";
        };
        return new FinalSync(
                ReplicationEvent.Kind.STOPPED_UNREPLICATED,
                Level.WARNING,
                "the replica has everything up to TXID " + Txid.format(progress.uploaded()) + " only. "
                        + progress.unreplicatedCommits() + " captured commits, up to TXID "
                        + Txid.format(progress.captured())
                        + ", are on this machine and not in the replica, later ones in the database only; " + then
                        + ". (" + why + ")");
    }

    /** For the log. */
    String words() {
        return "replication ends; " + reason;
    }
}
