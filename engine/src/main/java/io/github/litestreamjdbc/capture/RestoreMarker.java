package io.github.litestreamjdbc.capture;

import io.github.litestreamjdbc.ltx.Txid;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Properties;

/**
 * What a restore leaves in the meta directory for the first start after it: the database file descends from this TXID of
 * the replica. It is written before the restored file gets its name and deleted once a level-0 file of this machine is
 * durable, so a crash in between finds it again.
 *
 * @param txid the state that was restored
 * @param newestTxid the newest TXID that the replica had then
 * @param sizeBytes size of the restored file
 * @param modifiedMillis its modification time, which the restore sets to the replica's timestamp: any write moves it
 */
public record RestoreMarker(long txid, long newestTxid, long sizeBytes, long modifiedMillis) {
    private static final String FILE = "restored";

    /** The marker's bytes. */
    public byte[] encode() {
        return ("# This database was restored; replication continues from here.\n" + "txid=" + txid + "\nnewestTxid="
                        + newestTxid + "\nsizeBytes=" + sizeBytes + "\nmodifiedMillis=" + modifiedMillis + "\n")
                .getBytes(StandardCharsets.UTF_8);
    }

    /** Where it lies. */
    public static Path path(Path metaPath) {
        return metaPath.resolve(FILE);
    }

    /** Reads it; empty if there is none, or if it is damaged, which is the same as having none. */
    public static Optional<RestoreMarker> read(Path metaPath) throws IOException {
        Optional<String> text = StateFile.read(path(metaPath));
        if (text.isEmpty()) {
            return Optional.empty();
        }
        Properties fields = new Properties();
        try {
            fields.load(new StringReader(text.get()));
            RestoreMarker marker = new RestoreMarker(
                    number(fields, "txid"),
                    number(fields, "newestTxid"),
                    number(fields, "sizeBytes"),
                    number(fields, "modifiedMillis"));
            return marker.isPossible() ? Optional.of(marker) : Optional.empty();
        } catch (IllegalArgumentException damaged) {
            return Optional.empty();
        }
    }

    private boolean isPossible() {
        return Txid.compare(txid, newestTxid) <= 0 && sizeBytes >= 0;
    }

    private static long number(Properties fields, String name) {
        return Long.parseLong(fields.getProperty(name, ""));
    }

    /** Whether nothing was written to the file since. */
    boolean describes(Path database) throws IOException {
        return Files.size(database) == sizeBytes
                && Files.getLastModifiedTime(database).toMillis() == modifiedMillis;
    }
}
