package io.github.litestreamjdbc.ltx;

import io.github.litestreamjdbc.api.PageEncoding;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/** Small LTX files in memory. */
final class LtxFiles {
    static final long TIMESTAMP_MILLIS = 1_700_000_000_000L;

    private LtxFiles() {}

    static LtxHeader header(int pageSize, long commitPages, long minTxid, long maxTxid) {
        return LtxHeader.of(pageSize, commitPages, new TxidRange(minTxid, maxTxid), TIMESTAMP_MILLIS, 0, 0, 0, 0);
    }

    static byte[] write(LtxHeader header, SortedMap<Long, byte[]> pages, PageEncoding encoding) {
        try {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            LtxWriter writer = new LtxWriter(out, header, encoding);
            for (Map.Entry<Long, byte[]> page : pages.entrySet()) {
                writer.writePage(page.getKey(), page.getValue(), 0);
            }
            writer.finish();
            return out.toByteArray();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    static LtxReader open(byte[] file) throws IOException {
        return new LtxReader("file.ltx", new ByteArrayInputStream(file));
    }

    /** Reads to the end, which verifies the file. */
    static SortedMap<Long, byte[]> read(byte[] file) throws IOException {
        try (LtxReader reader = open(file)) {
            SortedMap<Long, byte[]> pages = new TreeMap<>();
            while (reader.next()) {
                pages.put(reader.pgno(), reader.page().clone());
            }
            return pages;
        }
    }

    static LtxIndex.RangeSource range(byte[] file) {
        return (offset, length) -> Arrays.copyOfRange(
                file, (int) Math.min(offset, file.length), (int) Math.min(offset + length, file.length));
    }

    /** Content of one of several kinds: zeros, noise that does not compress, or something between. */
    static byte[] page(int pageSize, long seed) {
        Random random = new Random(seed);
        byte[] page = new byte[pageSize];
        int kind = random.nextInt(4);
        if (kind == 0) {
            return page;
        }
        random.nextBytes(page);
        if (kind < 3) {
            int period = 1 + random.nextInt(pageSize);
            for (int i = period; i < pageSize; i++) {
                page[i] = page[i - period];
            }
        }
        return page;
    }

    /** Every page but the lock page from {@code first} to {@code last}. */
    static SortedMap<Long, byte[]> pages(int pageSize, long first, long last, long seed) {
        SortedMap<Long, byte[]> pages = new TreeMap<>();
        for (long pgno = first; pgno <= last; pgno++) {
            if (pgno != LtxHeader.lockPage(pageSize)) {
                pages.put(pgno, page(pageSize, seed + pgno));
            }
        }
        return pages;
    }

    /** The file with the file checksum that its other bytes ask for. */
    static byte[] withChecksumRefixed(byte[] file) throws IOException {
        try {
            read(file);
            return file;
        } catch (LtxFormatException e) {
            String marker = "does not match the content's ";
            int at = e.rule().indexOf(marker);
            if (!e.rule().startsWith("file checksum") || at < 0) {
                return file;
            }
            byte[] fixed = file.clone();
            Bytes.putLong(fixed, file.length - 8, Txid.parse(e.rule().substring(at + marker.length())));
            return fixed;
        }
    }
}
