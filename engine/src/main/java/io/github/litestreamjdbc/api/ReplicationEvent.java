package io.github.litestreamjdbc.api;

import java.time.Instant;

/**
 * Something that happened to the replication of a database.
 *
 * @param kind what
 * @param database the database's name
 * @param at when
 * @param reason why, in words; without secrets
 */
public record ReplicationEvent(Kind kind, String database, Instant at, String reason) {
    /**
     * What can happen. Each is told once, when it begins to be so; of a replica that comes and goes not each time, but at
     * least once the outage has lasted a minute or two.
     */
    public enum Kind {
        /** This process begins to replicate the database; if it knows nothing of the replica, once that has answered. */
        STARTED,
        /** The database is open, and another process replicates it; or the lease is waited for. */
        STANDBY,
        /** The missing file was restored. */
        RESTORED,
        /** A commit has not been safe in the replica for longer than {@code lag-threshold}. */
        LAGGING,
        /** After that, no commit that is not safe is older than half of it. */
        CAUGHT_UP,
        /** The replica cannot be reached; level-0 files collect on this machine. */
        REPLICA_UNREACHABLE,
        /** The replica refuses, or cannot be used as it is configured; nothing goes on until somebody changes something. */
        REPLICA_REFUSED,
        /** After one of them, it can be used again. */
        REPLICA_REACHABLE,
        /** Transactions are missing that no file can be made of: states between two TXIDs are lost, the newest is not. */
        GAP_FOUND,
        /** The whole database was written under the next TXID: at the beginning, or to go on behind a gap. */
        FULL_IMAGE_WRITTEN,
        /** Level-0 files cannot be written or read: the disk is full or broken; or local-budget is used up. */
        LOCAL_FULL,
        /** After that, capture goes on. */
        LOCAL_RECOVERED,
        /** The replica gives back the database, page for page: told the first time, and again after it did not. */
        VALIDATED,
        /** The replica does not give back the database. */
        VALIDATION_FAILED,
        /** The replica belongs to another writer. */
        FENCED,
        /** The file was replaced or removed. */
        DETACHED,
        /** A bug ended replication. */
        FAILED,
        /** Replication ended, and the replica has every commit. */
        STOPPED,
        /** Replication ended, and commits are on this machine only. */
        STOPPED_UNREPLICATED
    }
}
