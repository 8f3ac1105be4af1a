package io.github.litestreamjdbc.api;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/**
 * A finished restore.
 *
 * @param target the restored database file
 * @param replicaUrl where it came from
 * @param format the layout restored from, not {@code AUTO}
 * @param txid the state it has; 0 if the layout has no TXIDs
 * @param created when that state was captured
 * @param files files read
 * @param replicaBytes bytes read
 * @param databaseBytes size of the database
 * @param duration from the first look at the replica to the rename
 * @param shares what the threads spent their time with
 */
public record RestoreReport(
        Path target,
        String replicaUrl,
        RestoreOptions.Format format,
        long txid,
        Instant created,
        int files,
        long replicaBytes,
        long databaseBytes,
        Duration duration,
        Shares shares) {

    /**
     * Time of threads, so that the sum may exceed the duration. Zeros where it is not measured.
     *
     * @param download reading from the replica
     * @param decode decompressing pages
     * @param checksum verifying them
     * @param write writing them
     * @param sync making the file durable
     */
    public record Shares(Duration download, Duration decode, Duration checksum, Duration write, Duration sync) {
        /** Not measured. */
        public static final Shares NONE =
                new Shares(Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO);
    }
}
