package io.github.litestreamjdbc.replica;

import io.github.litestreamjdbc.capture.SnapshotImage;
import io.github.litestreamjdbc.ltx.LtxHeader;
import io.github.litestreamjdbc.ltx.PageChecksum;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * The checksum of every page of the database at one TXID, 8 bytes each, in a file: it takes no memory however large the
 * database is.
 *
 * @param header of the database then
 */
record PageDigests(LtxHeader header, Path path) {
    /** Reads an image once, at the speed of the disk. */
    static PageDigests write(SnapshotImage image, Path path, BooleanSupplier cancelled) throws IOException {
        try (DataOutputStream out = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(path)))) {
            image.forEachPage((pgno, page) -> out.writeLong(PageChecksum.of(pgno, page, 0, page.length)), cancelled);
        }
        return new PageDigests(image.header(), path);
    }

    long txid() {
        return header.txids().max();
    }

    /** How a database file differs, in words; empty if it does not. */
    Optional<String> difference(Path file, BooleanSupplier cancelled) throws IOException {
        long sizeBytes = header.commitPages() * header.pageSize();
        if (Files.size(file) != sizeBytes) {
            return Optional.of("the restored file has " + Files.size(file) + " bytes, the database " + sizeBytes);
        }
        byte[] page = new byte[header.pageSize()];
        try (InputStream restored = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
                DataInputStream expected = new DataInputStream(new BufferedInputStream(Files.newInputStream(path)))) {
            for (long pgno = 1; pgno <= header.commitPages(); pgno++) {
                if (pgno % 256 == 0 && cancelled.getAsBoolean()) {
                    throw new IOException("given up: replication has ended");
                }
                restored.readNBytes(page, 0, page.length);
                if (pgno != header.lockPage() && expected.readLong() != PageChecksum.of(pgno, page, 0, page.length)) {
                    return Optional.of("page " + pgno + " differs from the database's");
                }
            }
        }
        return Optional.empty();
    }
}
