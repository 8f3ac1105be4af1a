package io.github.litestreamjdbc.api;

import java.time.Instant;

/**
 * A reading of one database's replication, as of when it was taken.
 *
 * @param state what it is doing
 * @param since since when it is in that state
 * @param reason why, in words
 * @param localTxid newest TXID in the local level-0 files; 0 before the first
 * @param replicatedTxid newest TXID in the replica as far as known; 0 before the first
 * @param unreplicatedCommits commits captured but not yet in the replica
 * @param walFrames live frames in the WAL at the last look
 * @param lastSync when a level-0 file last reached the replica; null if none has since the start
 * @param replicaError why the replica cannot be reached at present; null if it can
 * @param lastValidation how the replica last compared with the database; null if it was not since the start
 */
public record ReplicationStatus(
        ReplicationState state,
        Instant since,
        String reason,
        long localTxid,
        long replicatedTxid,
        long unreplicatedCommits,
        long walFrames,
        Instant lastSync,
        String replicaError,
        ValidationResult lastValidation) {}
