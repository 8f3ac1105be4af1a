package io.github.litestreamjdbc.api;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The replication settings of one database. Names and defaults are those of the URL reference.
 *
 * @param replicaUrl where to replicate
 * @param storeSettings settings for the store, such as {@code s3.region}; may hold secrets
 * @param name the database's name in logs and metrics
 * @param metaPath folder of the local LTX files and state, absolute
 * @param onMismatch what to do if the database is not the replica's
 * @param fencing how surely a second writer to the replica must be found out
 * @param lease whether only the holder of a lease writes
 */
public record ReplicationConfig(
        String replicaUrl,
        Map<String, String> storeSettings,
        String name,
        Path metaPath,
        OnMismatch onMismatch,
        Fencing fencing,
        Restore restore,
        Capture capture,
        Maintenance maintenance,
        Validation validation,
        Durability durability,
        Lifecycle lifecycle,
        Lease lease) {

    /** Without a lease. */
    public ReplicationConfig(
            String replicaUrl,
            Map<String, String> storeSettings,
            String name,
            Path metaPath,
            OnMismatch onMismatch,
            Fencing fencing,
            Restore restore,
            Capture capture,
            Maintenance maintenance,
            Validation validation,
            Durability durability,
            Lifecycle lifecycle) {
        this(
                replicaUrl,
                storeSettings,
                name,
                metaPath,
                onMismatch,
                fencing,
                restore,
                capture,
                maintenance,
                validation,
                durability,
                lifecycle,
                Lease.OFF);
    }

    /** Without validation. */
    public ReplicationConfig(
            String replicaUrl,
            Map<String, String> storeSettings,
            String name,
            Path metaPath,
            OnMismatch onMismatch,
            Fencing fencing,
            Restore restore,
            Capture capture,
            Maintenance maintenance,
            Durability durability,
            Lifecycle lifecycle) {
        this(
                replicaUrl,
                storeSettings,
                name,
                metaPath,
                onMismatch,
                fencing,
                restore,
                capture,
                maintenance,
                Validation.off(metaPath),
                durability,
                lifecycle);
    }

    /** Copies the map and checks that nothing is missing. */
    public ReplicationConfig {
        Objects.requireNonNull(replicaUrl, "replicaUrl");
        storeSettings = Map.copyOf(storeSettings);
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(metaPath, "metaPath");
        Objects.requireNonNull(onMismatch, "onMismatch");
        Objects.requireNonNull(fencing, "fencing");
        Objects.requireNonNull(restore, "restore");
        Objects.requireNonNull(capture, "capture");
        Objects.requireNonNull(maintenance, "maintenance");
        Objects.requireNonNull(validation, "validation");
        Objects.requireNonNull(durability, "durability");
        Objects.requireNonNull(lifecycle, "lifecycle");
        Objects.requireNonNull(lease, "lease");
    }

    /** What to do if the database file is not what the replica's newest state is, and nothing explains it. */
    public enum OnMismatch {
        /** Refuse the connection. */
        REFUSE,
        /** Replicate the database as a full image under the replica's next TXID; the replica's history stays. */
        ADOPT
    }

    /** How surely a second writer to the replica must be found out. */
    public enum Fencing {
        /** By conditional puts where the store can, by a look before each put elsewhere. */
        AUTO,
        /** By conditional puts; a store that cannot is refused. */
        REQUIRED,
        /** By conditional puts where the store can, not at all elsewhere: that there is none is the operator's duty. */
        OFF
    }

    /**
     * Restoring on first connect.
     *
     * @param ifMissing restore when the database file does not exist
     * @param options the state to restore, and how
     * @param logProgress progress lines while restoring and while taking a first full image
     */
    public record Restore(boolean ifMissing, RestoreOptions options, boolean logProgress) {
        /** No restore. */
        public static final Restore DEFAULTS = new Restore(false, RestoreOptions.DEFAULTS, true);
    }

    /** SQLite's own check of a restored database, besides the checksums that are always verified. */
    public enum IntegrityCheck {
        /** No check. */
        NONE,
        /** {@code PRAGMA quick_check}. */
        QUICK,
        /** {@code PRAGMA integrity_check}. */
        FULL
    }

    /**
     * Capture of the WAL and checkpoints.
     *
     * @param syncInterval smallest distance between level-0 files under constant load; zero is back to back
     * @param monitorInterval how often other processes' commits are looked for; zero is never
     * @param minCheckpointPages live WAL frames from which the next paced level-0 file is followed by a checkpoint
     * @param maxCheckpointPages new WAL frames since the last checkpoint at which the next one, begun in time, is to end
     * @param checkpointInterval age that does the same, if something was written; zero is never
     * @param pageEncoding compression of the pages in LTX files
     * @param limits what happens when it cannot keep up
     */
    public record Capture(
            Duration syncInterval,
            Duration monitorInterval,
            int minCheckpointPages,
            int maxCheckpointPages,
            Duration checkpointInterval,
            PageEncoding pageEncoding,
            Limits limits) {
        /** With the default limits. */
        public Capture(
                Duration syncInterval,
                Duration monitorInterval,
                int minCheckpointPages,
                int maxCheckpointPages,
                Duration checkpointInterval,
                PageEncoding pageEncoding) {
            this(
                    syncInterval,
                    monitorInterval,
                    minCheckpointPages,
                    maxCheckpointPages,
                    checkpointInterval,
                    pageEncoding,
                    Limits.DEFAULTS);
        }

        /** The defaults of the URL reference. */
        public static final Capture DEFAULTS = new Capture(
                Duration.ofSeconds(1), Duration.ofSeconds(1), 1000, 10_000, Duration.ofMinutes(1), PageEncoding.BLOCK);
    }

    /**
     * What the WAL and the local LTX files may grow to, and how far the replica may be behind.
     *
     * @param drainFrames live WAL frames that start the emergency drain, which holds writers up for 3 s at the most
     * @param walHardLimitBytes size of the live WAL at which {@code localFull} applies
     * @param localFull what to do at that size while LTX files cannot be written
     * @param localBudgetBytes bytes of LTX files not yet uploaded that are kept while the replica cannot be reached
     * @param lagThreshold age of a commit that is not safe from which on replication counts as lagging; zero is never
     */
    public record Limits(
            int drainFrames,
            long walHardLimitBytes,
            LocalFull localFull,
            long localBudgetBytes,
            Duration lagThreshold) {
        /** With the default threshold of the lag. */
        public Limits(int drainFrames, long walHardLimitBytes, LocalFull localFull, long localBudgetBytes) {
            this(drainFrames, walHardLimitBytes, localFull, localBudgetBytes, Duration.ofMinutes(5));
        }

        /** The defaults of the URL reference. */
        public static final Limits DEFAULTS = new Limits(121_359, 4L << 30, LocalFull.DETACH, 8L << 30);
    }

    /** What to do when the WAL reaches its limit because LTX files cannot be written. */
    public enum LocalFull {
        /** Let SQLite's checkpoints go on; a full image follows when files can be written again. */
        DETACH,
        /** Hold up the application's writers. */
        BLOCK,
        /** Let the WAL grow. */
        GROW
    }

    /**
     * How much history the replica keeps, and how coarse. A zero duration switches the thing off.
     *
     * @param levels intervals of the levels from 1 on, at most 8, none shorter than the one before; empty merges nothing
     * @param snapshotInterval distance between snapshots
     * @param retention for how long every point can be restored; zero deletes nothing
     * @param l0Retention how long level-0 files stay after they were merged into level 1; zero is for as long as the rest
     * @param retentionCheckInterval how often what is older than {@code retention} is looked for; longer than zero
     */
    public record Maintenance(
            List<Duration> levels,
            Duration snapshotInterval,
            Duration retention,
            Duration l0Retention,
            Duration retentionCheckInterval) {
        /** The defaults of the URL reference. */
        public static final Maintenance DEFAULTS = new Maintenance(
                List.of(Duration.ofSeconds(30), Duration.ofMinutes(5), Duration.ofHours(1)),
                Duration.ofHours(24),
                Duration.ofHours(24),
                Duration.ofMinutes(5),
                Duration.ofHours(1));

        /** @throws IllegalArgumentException if the levels are not as described */
        public Maintenance {
            levels = List.copyOf(levels);
            Duration before = Duration.ofNanos(1);
            for (Duration level : levels) {
                if (level.compareTo(before) < 0) {
                    throw new IllegalArgumentException(
                            "levels " + levels + ": " + level + " is shorter than " + before);
                }
                before = level;
            }
            if (levels.size() > 8) {
                throw new IllegalArgumentException("more than 8 levels: " + levels);
            }
        }
    }

    /**
     * Comparing the replica with the database.
     *
     * @param interval how often; zero is never
     * @param path folder for the restored database, which is deleted after each comparison
     * @param bytesPerSecond how fast the replica is read for it at the most; at least 1
     */
    public record Validation(Duration interval, Path path, long bytesPerSecond) {
        /** Checks that nothing is missing. */
        public Validation {
            Objects.requireNonNull(interval, "interval");
            Objects.requireNonNull(path, "path");
            if (bytesPerSecond < 1) {
                throw new IllegalArgumentException("bytesPerSecond " + bytesPerSecond + " is less than 1");
            }
        }

        /** None, with the defaults of the URL reference. */
        public static Validation off(Path metaPath) {
            return new Validation(Duration.ZERO, metaPath, 10L << 20);
        }
    }

    /**
     * When a commit returns to the application.
     *
     * @param untilReplicated whether a commit returns only once the replica has it
     * @param timeout how long it waits for that
     */
    public record Durability(boolean untilReplicated, Duration timeout) {
        /** Commits return as SQLite's do. */
        public static final Durability DEFAULTS = new Durability(false, Duration.ofSeconds(30));
    }

    /**
     * Beginning and end of replication.
     *
     * @param linger how long replication goes on after the last connection closed
     * @param flushOnClose whether closing the last connection waits for the final sync
     * @param shutdownSyncTimeout bound of the final sync
     */
    public record Lifecycle(Duration linger, boolean flushOnClose, Duration shutdownSyncTimeout) {
        /** The defaults of the URL reference. */
        public static final Lifecycle DEFAULTS = new Lifecycle(Duration.ofSeconds(5), false, Duration.ofSeconds(10));
    }

    /**
     * Who may write.
     *
     * @param on whether only the holder of the replica's lease does
     * @param ttl how long it holds without renewal
     * @param patience how long the first connection waits for it, and a write for its confirmation
     */
    public record Lease(boolean on, Duration ttl, Duration patience) {
        /** Everybody. */
        public static final Lease OFF = new Lease(false, Duration.ofSeconds(15), Duration.ofSeconds(60));
    }

    /** Leaves the store settings out: they may hold secrets. */
    @Override
    public String toString() {
        return "ReplicationConfig[name=" + name + ", replica=" + replicaUrl + ", metaPath=" + metaPath + ", onMismatch="
                + onMismatch + ", fencing=" + fencing + ", " + restore + ", " + capture + ", " + maintenance + ", "
                + validation + ", "
                + durability + ", "
                + lifecycle + ", " + lease + "]";
    }
}
