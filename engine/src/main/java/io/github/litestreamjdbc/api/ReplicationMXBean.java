package io.github.litestreamjdbc.api;

import java.time.Duration;

/**
 * The replication of one database, as {@code io.github.litestreamjdbc:type=Replication,name=<name>}. Reading an attribute
 * waits for nobody and does no I/O: it shows what the threads at work last published, each attribute for itself. Instants
 * are ISO 8601 in UTC and empty where there is none. Counters only grow: also when the database is closed and opened again
 * in this JVM, as long as not a thousand others were closed meanwhile.
 *
 * <p>How old a reading may be is the end of its description. <em>As of the reading</em>: worked out when it is asked for.
 * <em>As of the last change</em>: published by whoever changed it, at once.
 */
public interface ReplicationMXBean {
    @Description("The database file, an absolute path. Does not change")
    String getDatabase();

    @Description("Where the database is replicated to, a URL without credentials. Does not change")
    String getReplica();

    @Description("What replication is doing. STREAMING is the good state; STARTING, BASELINE and STANDBY pass; "
            + "LOCAL_FULL, DETACHED, FENCED and FAILED need a person. As of the last change")
    ReplicationState getState();

    @Description("Since when it is in that state; UTC. As of the last change")
    String getStateSince();

    @Description("Why it is in that state, in words. As of the last change")
    String getReason();

    @Description("Why the replica cannot be reached, in words; empty if it can. As of the last attempt: at most a "
            + "minute ago while something waits to be uploaded")
    String getReplicaError();

    @Description(
            "Whether the replica refused since it last could be used, so that somebody has to change something. As of "
                    + "the last attempt: at most a minute ago while something waits to be uploaded")
    boolean isReplicaRefused();

    @Description("Newest TXID in the local level-0 files, 16 hex digits; zeros before the first. As of the last change")
    String getLocalTxid();

    @Description("Newest TXID that is safe in the replica, 16 hex digits; zeros before the first. As of the last "
            + "change")
    String getReplicatedTxid();

    @Description(
            "Age of the oldest commit that is not yet safe in the replica, in ms: from its return to the "
                    + "application, or from when capture saw it if another process committed; before the replica's first answer "
                    + "the time since the opening; 0 if every commit is safe; -1 while this process does not replicate: another "
                    + "one does, the lease is waited for, the file is being restored, or replication has ended; after a takeover "
                    + "that failed the time since then. As of the reading; of other processes' commits, at most monitor-interval old")
    long getReplicationLagMillis();

    @Description("Age from which on that counts as lagging, in ms: lag-threshold; 0 if none does. Does not change")
    long getLagThresholdMillis();

    @Description("Time within which half of the level-0 files of the last 5 minutes were safe, the newest 512 of "
            + "them, in ms; 0 if there were none. As of the reading")
    double getReplicationLagP50Millis();

    @Description("Time within which 99 of 100 level-0 files of the last 5 minutes were safe, the newest 512 of "
            + "them, in ms; 0 if there were none. As of the reading")
    double getReplicationLagP99Millis();

    @Description("Commits captured on this machine and not yet safe in the replica: lost with this machine, as are "
            + "those not captured yet, whose age is in ReplicationLagMillis. As of the last change")
    long getUnreplicatedCommits();

    @Description(
            "Bytes of the level-0 files that are not yet safe in the replica, and of pages that wait in memory for the "
                    + "next one. As of the last change")
    long getUnreplicatedBytes();

    @Description("When a level-0 file last reached the replica; UTC; empty if none has since the start. As of the "
            + "last change")
    String getLastSync();

    @Description("Bytes of the WAL that count. As of capture's last look, at most monitor-interval ago while it "
            + "captures")
    long getWalBytes();

    @Description("Bytes of the level-0 files on this machine. As of the last change")
    long getLocalBytes();

    @Description("Number of the level-0 files on this machine. As of the last change")
    long getLocalFiles();

    @Description("Commits captured; a full image counts as one. Only grows. As of the last change")
    long getCapturedCommits();

    @Description("Pages written to level-0 files. Only grows. As of the last change")
    long getCapturedPages();

    @Description("Bytes of level-0 files written on this machine. Only grows. As of the last change")
    long getCapturedBytes();

    @Description("Bytes of level-0 files put into the replica. Only grows. As of the last change")
    long getUploadedBytes();

    @Description("PUT requests to the store, each attempt counted; 0 for a directory. Only grows. As of the last "
            + "change")
    long getPutRequests();

    @Description("GET requests to the store, each attempt counted; 0 for a directory. Only grows. As of the last "
            + "change")
    long getGetRequests();

    @Description("LIST requests to the store, each attempt counted; 0 for a directory. Only grows. As of the last "
            + "change")
    long getListRequests();

    @Description("HEAD requests to the store, each attempt counted; 0 for a directory. Only grows. As of the last "
            + "change")
    long getHeadRequests();

    @Description("DELETE requests to the store, each attempt counted; 0 for a directory. Only grows. As of the "
            + "last change")
    long getDeleteRequests();

    @Description("PUT requests to the store that failed, each attempt counted. Only grows. As of the last change")
    long getPutRequestErrors();

    @Description("GET requests to the store that failed, each attempt counted. Only grows. As of the last change")
    long getGetRequestErrors();

    @Description("LIST requests to the store that failed, each attempt counted. Only grows. As of the last change")
    long getListRequestErrors();

    @Description("HEAD requests to the store that failed, each attempt counted. Only grows. As of the last change")
    long getHeadRequestErrors();

    @Description("DELETE requests to the store that failed, each attempt counted. Only grows. As of the last change")
    long getDeleteRequestErrors();

    @Description("Requests to the store that repeated one that failed. Only grows. As of the last change")
    long getRequestRetries();

    @Description("Checkpoints after which the WAL can begin anew. Only grows. As of the last change")
    long getSealCheckpoints();

    @Description("Checkpoints of the emergency kind, which wait for readers from truncate-page-n on. Only grows. "
            + "As of the last change")
    long getDrainCheckpoints();

    @Description("Checkpoints while nothing is captured. Only grows. As of the last change")
    long getCopyBackCheckpoints();

    @Description("How long all checkpoints after which the WAL can begin anew took together, in ms. Only grows. As "
            + "of the last change")
    long getSealCheckpointMillis();

    @Description("How long all checkpoints of the emergency kind, which wait for readers from truncate-page-n on "
            + "took together, in ms. Only grows. As of the last change")
    long getDrainCheckpointMillis();

    @Description("How long all checkpoints while nothing is captured took together, in ms. Only grows. As of the "
            + "last change")
    long getCopyBackCheckpointMillis();

    @Description("How long the last of the checkpoints after which the WAL can begin anew took, in ms; 0 before "
            + "the first. As of the last change")
    long getLastSealMillis();

    @Description("How long the last of the checkpoints of the emergency kind, which wait for readers from "
            + "truncate-page-n on took, in ms; 0 before the first. As of the last change")
    long getLastDrainMillis();

    @Description("How long the last of the checkpoints while nothing is captured took, in ms; 0 before the first. "
            + "As of the last change")
    long getLastCopyBackMillis();

    @Description("The longest that a writer of this JVM waited for a checkpoint of ours since the database was "
            + "opened, in ms. As of the last change")
    double getWriterStallMaxMillis();

    @Description("What 99 of 100 waits of writers for a checkpoint of ours, in the last 5 minutes, did not exceed, "
            + "in ms; writers that did not wait are not counted. As of the reading")
    double getWriterStallP99Millis();

    @Description("Snapshots put into the replica. Only grows. As of the last change")
    long getSnapshots();

    @Description("When a snapshot last reached the replica; UTC; empty if none has since the start. As of the last "
            + "change")
    String getLastSnapshot();

    @Description("How long the last snapshot took from its first page to the replica, in ms; 0 before the first. "
            + "As of the last change")
    long getLastSnapshotMillis();

    @Description("Size of the last snapshot in bytes; 0 before the first. As of the last change")
    long getLastSnapshotBytes();

    @Description("Merges of files into a level. Only grows. As of the last change")
    long getCompactions();

    @Description("Bytes of the files that merges produced. Only grows. As of the last change")
    long getCompactionBytes();

    @Description("How long the last merge took, in ms; 0 before the first. As of the last change")
    long getLastCompactionMillis();

    @Description("Bytes of the file that the last merge produced; 0 before the first. As of the last change")
    long getLastCompactionBytes();

    @Description("When the oldest state was captured that the replica can give back; UTC; empty if there is none. "
            + "As of the listing at the start and what this process did since")
    String getOldestRestorablePoint();

    @Description("When the newest state was captured that the replica can give back; UTC; empty if there is none. "
            + "As of the listing at the start and what this process did since")
    String getNewestRestorablePoint();

    @Description("TXID that this JVM restored the database to when it was missing, 16 hex digits; empty if it was "
            + "there. Does not change")
    String getLastRestoreTxid();

    @Description("Replica which that restore read, a URL without credentials; empty if there was none. Does not change")
    String getLastRestoreSource();

    @Description("How long that restore took, in ms; 0 if there was none. Does not change")
    long getLastRestoreMillis();

    @Description("Bytes that restore read; 0 if there was none. Does not change")
    long getLastRestoreBytes();

    @Description("How the replica last compared with the database: SAME, DIFFERENT or NOT_COMPARED; empty if it "
            + "was not compared; DIFFERENT stays until a comparison finds SAME. As of the last change: it is as old as "
            + "LastValidation")
    String getLastValidationVerdict();

    @Description("When that comparison ended; UTC; empty if there was none. As of the last change")
    String getLastValidation();

    @Description("TXID whose state was compared, 16 hex digits; empty if there was no comparison. As of the last "
            + "change")
    String getLastValidationTxid();

    @Description("What that comparison found, in words; empty if there was none. As of the last change")
    String getLastValidationReason();

    @Description("When a state that was restored from the replica was last found to be the database, page for "
            + "page; UTC; empty if none was since the start. As of the last change")
    String getLastProvenRestore();

    /**
     * Waits until everything committed before the call is in the replica.
     *
     * @param timeoutMillis at least 1
     * @return the TXID that the replica has, 16 hex digits
     * @throws Exception saying why not
     */
    @Description("Waits until everything committed before the call is in the replica; returns its TXID")
    String sync(long timeoutMillis) throws Exception;

    /**
     * Has the replica hold everything committed before the call in one file.
     *
     * @return the TXID of that file, 16 hex digits
     * @throws Exception saying why not, at the latest after {@link #SNAPSHOT_TIMEOUT}
     */
    @Description("Takes a snapshot, unless one holds everything; returns its TXID. Waits at most 10 minutes; it goes on"
            + " in the background after that")
    String snapshot() throws Exception;

    /**
     * Restores the replica beside the database and compares the two, as {@code validation-interval} does.
     *
     * @return the TXID that was compared, 16 hex digits, the verdict and what was found, in words
     * @throws Exception saying why not, at the latest after {@link #VALIDATION_TIMEOUT}
     */
    @Description("Restores the newest state and compares it; returns its TXID, the verdict and the reason. Waits"
            + " at most 10 minutes; it goes on in the background after that, and the attributes that begin with"
            + " LastValidation tell the result")
    String validate() throws Exception;

    /** How long {@link #validate} waits. */
    Duration VALIDATION_TIMEOUT = Duration.ofMinutes(10);

    /** How long {@link #snapshot} waits. */
    Duration SNAPSHOT_TIMEOUT = Duration.ofMinutes(10);
}
