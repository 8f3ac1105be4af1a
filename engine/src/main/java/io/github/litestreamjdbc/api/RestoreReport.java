package io.github.litestreamjdbc.api;

import java.nio.file.Path;
import java.time.Duration;

/**
 * A finished restore.
 *
 * @param target the restored database file
 * @param replicaUrl where it came from
 * @param txid the state it has
 * @param files files read
 * @param replicaBytes bytes read
 * @param databaseBytes size of the database
 * @param duration from the first look at the replica to the rename
 */
public record RestoreReport(
        Path target,
        String replicaUrl,
        long txid,
        int files,
        long replicaBytes,
        long databaseBytes,
        Duration duration) {}
