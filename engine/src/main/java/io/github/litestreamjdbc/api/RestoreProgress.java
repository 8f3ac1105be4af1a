package io.github.litestreamjdbc.api;

import java.nio.file.Path;

/**
 * How far a restore has come.
 *
 * @param target the database file being restored
 * @param txid the TXID it will have
 * @param files files of the plan that are read completely
 * @param totalFiles files in the plan
 * @param bytes bytes of the plan read
 * @param totalBytes bytes in the plan
 */
public record RestoreProgress(Path target, long txid, int files, int totalFiles, long bytes, long totalBytes) {}
