package io.github.litestreamjdbc.api;

/** What replication of a database is doing. */
public enum ReplicationState {
    /** Looking at the database, its WAL and the local files, or waiting for the replica's first answer. */
    STARTING,
    /** Another process replicates the database, or has the lease on its replica; this one goes on when that one ends. */
    STANDBY,
    /** Writing a full image of the database under the next TXID. */
    BASELINE,
    /** Following the WAL. */
    STREAMING,
    /** Level-0 files cannot be written or read, or local-budget is used up; it is tried again. */
    LOCAL_FULL,
    /** The database file was replaced or removed under us. Stays so until every connection is closed. */
    DETACHED,
    /** The replica belongs to another writer or another database. Stays so until every connection is closed. */
    FENCED,
    /** A bug: an invariant did not hold. Stays so until every connection is closed. */
    FAILED,
    /** Ended in good order. */
    CLOSED
}
