package io.github.litestreamjdbc.it;

import io.github.litestreamjdbc.api.PageEncoding;
import io.github.litestreamjdbc.ltx.LtxHeader;
import io.github.litestreamjdbc.ltx.LtxWriter;
import io.github.litestreamjdbc.ltx.TxidRange;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Random;

/** Writes level-0 files whose pages do not compress, of a database that never was. */
final class RandomLtx {
    static final int PAGE_SIZE = 4096;

    private final Path root;
    private final int sizePages;
    private final Instant first;
    private final Random random = new Random(1);

    /** @param sizePages of the database after each of them */
    RandomLtx(Path root, int sizePages) {
        this(root, sizePages, Instant.ofEpochMilli(1_700_000_000_001L));
    }

    /** @param first timestamp of the first, each further one a millisecond later */
    RandomLtx(Path root, int sizePages, Instant first) {
        this.root = root;
        this.sizePages = sizePages;
        this.first = first;
    }

    /** Writes the file of a TXID: {@code count} pages at a distance of {@code step}, all of them with a step of 1. */
    void write(int txid, int count, int step) throws IOException {
        Path file = root.resolve("ltx/0/" + TxidRange.of(txid).fileName());
        Files.createDirectories(file.getParent());
        byte[] page = new byte[PAGE_SIZE];
        LtxHeader header =
                LtxHeader.of(PAGE_SIZE, sizePages, TxidRange.of(txid), first.toEpochMilli() + txid - 1, 0, 0, 0, 0);
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 20)) {
            LtxWriter writer = new LtxWriter(out, header, PageEncoding.BLOCK);
            for (int i = 0; i < count; i++) {
                random.nextBytes(page);
                writer.writePage(1 + (long) i * step + (step == 1 ? 0 : txid), page, 0);
            }
            writer.finish();
        }
    }
}
