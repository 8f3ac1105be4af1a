package io.github.litestreamjdbc.api;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * How far a restore has come.
 *
 * @param target the database file being restored
 * @param txid the TXID it will have; 0 if it has none
 * @param files files of the plan that are read completely
 * @param totalFiles files in the plan
 * @param bytes bytes of the plan read
 * @param totalBytes bytes in the plan
 * @param elapsed since the first look at the replica
 */
public record RestoreProgress(
        Path target, long txid, int files, int totalFiles, long bytes, long totalBytes, Duration elapsed) {

    /** Bytes of the plan read in a second, on average. */
    public long bytesPerSecond() {
        return (long) (bytes / Math.max(1e-9, elapsed.toNanos() / 1e9));
    }

    /** How long the rest takes at that rate; zero before anything is read. */
    public Duration remaining() {
        long rate = bytesPerSecond();
        return rate == 0
                ? Duration.ZERO
                : Duration.ofMillis((long) ((double) (totalBytes - bytes) / rate * TimeUnit.SECONDS.toMillis(1)));
    }
}
