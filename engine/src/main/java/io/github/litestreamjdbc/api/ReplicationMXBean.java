package io.github.litestreamjdbc.api;

import java.time.Duration;

/**
 * The replication of one database, as {@code io.github.litestreamjdbc:type=Replication,name=<name>}. Reading an attribute
 * waits for nobody and does no I/O: it shows what the threads at work last published, each attribute for itself. Instants
 * are ISO-8601 in UTC and empty where there is none. Counters only grow; they begin at 0 when replication of the database
 * begins in this JVM.
 */
public interface ReplicationMXBean {
    @Description("The database file, as an absolute path")
    String getDatabase();

    @Description("Where the database is replicated to, without credentials")
    String getReplica();

    @Description(
            "What replication is doing, published as it changes. STREAMING is the good state; STARTING, BASELINE and"
                    + " STANDBY pass; LOCAL_FULL, DETACHED, FENCED and FAILED need a person")
    ReplicationState getState();

    @Description("Since when it is in that state")
    String getStateSince();

    @Description("Why it is in that state, in words")
    String getReason();

    @Description("Why the replica cannot be reached, as of the last attempt, at most 60 s ago; empty if it can be")
    String getReplicaError();

    @Description("Newest TXID in the local level-0 files, 16 hex digits; zeros before the first")
    String getLocalTxid();

    @Description("Newest TXID that is safe in the replica, 16 hex digits; zeros before the first")
    String getReplicatedTxid();

    @Description(
            "Age in ms of the oldest commit that is not yet safe in the replica, from when it was noticed, which is"
                    + " within monitor-interval at the latest; 0 if every commit is safe; -1 where another process replicates")
    long getReplicationLagMillis();

    @Description(
            "Time in ms within which half of the level-0 files of the last 5 minutes were safe; 0 if there were none")
    double getReplicationLagP50Millis();

    @Description(
            "Time in ms within which 99 of 100 level-0 files of the last 5 minutes were safe; 0 if there were none")
    double getReplicationLagP99Millis();

    @Description("Commits captured on this machine and not yet safe in the replica; lost with this machine")
    long getUnreplicatedCommits();

    @Description("Bytes of the level-0 files that are not yet safe in the replica")
    long getUnreplicatedBytes();

    @Description("When a level-0 file last reached the replica; empty if none has since the start")
    String getLastSync();

    @Description("Bytes of the WAL that count, at capture's last look, at most monitor-interval ago")
    long getWalBytes();

    @Description("Bytes of the level-0 files on this machine")
    long getLocalBytes();

    @Description("Number of the level-0 files on this machine")
    long getLocalFiles();

    @Description("Commits captured; a full image counts as one")
    long getCapturedCommits();

    @Description("Pages written to level-0 files")
    long getCapturedPages();

    @Description("Bytes of level-0 files written on this machine")
    long getCapturedBytes();

    @Description("Bytes of level-0 files put into the replica")
    long getUploadedBytes();

    @Description("PUT requests to the store, each attempt counted; 0 for a directory, as the other requests")
    long getPutRequests();

    @Description("GET requests to the store")
    long getGetRequests();

    @Description("LIST requests to the store")
    long getListRequests();

    @Description("HEAD requests to the store")
    long getHeadRequests();

    @Description("DELETE requests to the store")
    long getDeleteRequests();

    @Description("PUT requests to the store that failed, each attempt counted")
    long getPutRequestErrors();

    @Description("GET requests to the store that failed, each attempt counted")
    long getGetRequestErrors();

    @Description("LIST requests to the store that failed, each attempt counted")
    long getListRequestErrors();

    @Description("HEAD requests to the store that failed, each attempt counted")
    long getHeadRequestErrors();

    @Description("DELETE requests to the store that failed, each attempt counted")
    long getDeleteRequestErrors();

    @Description("Requests to the store that repeated one that failed")
    long getRequestRetries();

    @Description("Checkpoints after which the WAL could begin anew")
    long getSealCheckpoints();

    @Description("Emergency checkpoints that waited for readers, at truncate-page-n")
    long getDrainCheckpoints();

    @Description("Checkpoints while nothing is captured")
    long getCopyBackCheckpoints();

    @Description("How long the last checkpoint took after which the WAL could begin anew, in ms; 0 before the first")
    long getLastSealMillis();

    @Description("How long the last emergency checkpoint took, in ms; 0 before the first")
    long getLastDrainMillis();

    @Description("How long the last checkpoint took while nothing was captured, in ms; 0 before the first")
    long getLastCopyBackMillis();

    @Description("The longest that a writer of this JVM ever waited for a checkpoint of ours, in ms")
    double getWriterStallMaxMillis();

    @Description(
            "What 99 of 100 waits of writers for a checkpoint of ours, in the last 5 minutes, did not exceed, in ms;"
                    + " writers that did not wait are not counted")
    double getWriterStallP99Millis();

    @Description("Snapshots put into the replica")
    long getSnapshots();

    @Description("When a snapshot last reached the replica; empty if none has since the start")
    String getLastSnapshot();

    @Description("How long that one took from the first page to the replica, in ms")
    long getLastSnapshotMillis();

    @Description("Its size in bytes")
    long getLastSnapshotBytes();

    @Description("Merges of files into a level")
    long getCompactions();

    @Description("Bytes of the files that merges produced")
    long getCompactionBytes();

    @Description("How long the last merge took, in ms")
    long getLastCompactionMillis();

    @Description("Bytes of the file that the last merge produced")
    long getLastCompactionBytes();

    @Description(
            "Oldest state that the replica can give back, as far as this process knows what it holds; empty if none")
    String getOldestRestorablePoint();

    @Description(
            "Newest state that the replica can give back, as far as this process knows what it holds; empty if none")
    String getNewestRestorablePoint();

    @Description(
            "TXID that this JVM restored the database to when it was missing, 16 hex digits; empty if it was there")
    String getLastRestoreTxid();

    @Description("Replica which that restore read; empty if there was none")
    String getLastRestoreSource();

    @Description("How long that restore took, in ms; 0 if there was none")
    long getLastRestoreMillis();

    @Description("Bytes that restore read; 0 if there was none")
    long getLastRestoreBytes();

    @Description(
            "How the replica last compared with the database: SAME, DIFFERENT or NOT_COMPARED; empty if it was not compared")
    String getLastValidationVerdict();

    @Description("When that comparison ended; empty if there was none")
    String getLastValidation();

    @Description("TXID whose state was compared, 16 hex digits; empty if there was no comparison")
    String getLastValidationTxid();

    @Description("What that comparison found, in words; empty if there was none")
    String getLastValidationReason();

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
