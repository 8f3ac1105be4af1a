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
        Duration duration) {}
