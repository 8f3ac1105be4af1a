package io.github.litestreamjdbc.bench;

import io.github.litestreamjdbc.api.PageEncoding;
import io.github.litestreamjdbc.ltx.LtxHeader;
import io.github.litestreamjdbc.ltx.LtxWriter;
import io.github.litestreamjdbc.ltx.TxidRange;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** A database of pages that look like a table's, and a replica of it in a directory. */
final class SampleReplica {
    static final int PAGE_SIZE = 4096;

    private static final long MILLIS = 1_700_000_000_000L;
    private static final int CHANGED_PAGES = 100;

    private SampleReplica() {}

    /** A full image, and behind it single transactions of a hundred pages each; alone it is a snapshot. */
    static void create(Path database, Path replica, int pages, int changes) throws IOException {
        Random random = new Random(1);
        byte[] page = new byte[PAGE_SIZE];
        try (RandomAccessFile file = new RandomAccessFile(database.toFile(), "rw")) {
            try (OutputStream out = create(replica, changes == 0 ? 9 : 0, 1)) {
                LtxWriter writer = new LtxWriter(out, header(pages, 1), PageEncoding.BLOCK);
                for (int pgno = 1; pgno <= pages; pgno++) {
                    fill(page, random);
                    file.write(page);
                    writer.writePage(pgno, page, 0);
                }
                writer.finish();
            }
            for (int txid = 2; txid <= changes + 1; txid++) {
                int[] changed = random.ints(CHANGED_PAGES, 1, pages + 1)
                        .sorted()
                        .distinct()
                        .toArray();
                try (OutputStream out = create(replica, 0, txid)) {
                    LtxWriter writer = new LtxWriter(out, header(pages, txid), PageEncoding.BLOCK);
                    for (int pgno : changed) {
                        fill(page, random);
                        file.seek((long) (pgno - 1) * PAGE_SIZE);
                        file.write(page);
                        writer.writePage(pgno, page, 0);
                    }
                    writer.finish();
                }
            }
            file.getFD().sync();
        }
    }

    private static LtxHeader header(int pages, long txid) {
        return LtxHeader.of(PAGE_SIZE, pages, TxidRange.of(txid), MILLIS + txid, 0, 0, 0, 0);
    }

    private static OutputStream create(Path replica, int level, long txid) throws IOException {
        Path file = replica.resolve("ltx/" + level + "/" + TxidRange.of(txid).fileName());
        Files.createDirectories(file.getParent());
        return new BufferedOutputStream(Files.newOutputStream(file), 1 << 20);
    }

    private static void fill(byte[] page, Random random) {
        byte[] text = text(random, page.length).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(text, 0, page, 0, page.length);
    }

    /** Text with numbers in it, much as table pages hold it: it compresses to about a third. */
    static String text(Random random, int length) {
        StringBuilder text = new StringBuilder(length + 80);
        while (text.length() < length) {
            text.append("|customer-")
                    .append(random.nextInt(10_000))
                    .append("@example.org|")
                    .append(random.nextLong())
                    .append("|active|");
        }
        text.setLength(length);
        return text.toString();
    }
}
