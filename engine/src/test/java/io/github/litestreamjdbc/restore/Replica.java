package io.github.litestreamjdbc.restore;

import io.github.litestreamjdbc.api.PageEncoding;
import io.github.litestreamjdbc.ltx.LtxHeader;
import io.github.litestreamjdbc.ltx.LtxWriter;
import io.github.litestreamjdbc.ltx.TxidRange;
import io.github.litestreamjdbc.spi.DirectoryStore;
import io.github.litestreamjdbc.spi.FileModes;
import io.github.litestreamjdbc.spi.KeyLayout;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.Precondition;
import io.github.litestreamjdbc.store.LtxStore;
import io.github.litestreamjdbc.testing.BreakingStore;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** A replica in a directory, made file by file. */
final class Replica {
    static final int PAGE_SIZE = 512;
    static final long FIRST_MILLIS = 1_700_000_000_000L;

    final Path root;
    final BreakingStore line;
    final LtxStore store;
    private final int pageSize;

    Replica(Path root) {
        this(root, PAGE_SIZE);
    }

    Replica(Path root, int pageSize) {
        this.root = root;
        this.pageSize = pageSize;
        line = new BreakingStore(new DirectoryStore(root, FileModes.PRIVATE, false));
        store = new LtxStore(line, KeyLayout.DIRECTORY);
    }

    /** Stores a file; its timestamp is {@code FIRST_MILLIS + max}. */
    Replica put(int level, long min, long max, long commitPages, Map<Long, byte[]> pages) throws IOException {
        return put(pageSize, level, min, max, commitPages, pages);
    }

    Replica put(int pageSize, int level, long min, long max, long commitPages, Map<Long, byte[]> pages)
            throws IOException {
        TxidRange txids = new TxidRange(min, max);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        LtxHeader header = LtxHeader.of(pageSize, commitPages, txids, FIRST_MILLIS + max, 0, 0, 0, 0);
        LtxWriter writer = new LtxWriter(out, header, PageEncoding.BLOCK);
        for (Map.Entry<Long, byte[]> page : new TreeMap<>(pages).entrySet()) {
            writer.writePage(page.getKey(), page.getValue(), 0);
        }
        writer.finish();
        store.put(
                level,
                txids,
                ObjectBody.of(out.toByteArray()),
                Instant.ofEpochMilli(header.timestampMillis()),
                Precondition.NONE);
        return this;
    }

    Path path(int level, long min, long max) {
        return root.resolve(store.key(level, new TxidRange(min, max)));
    }

    /** Noise, different for each page and version. */
    static byte[] page(long pgno, int version) {
        byte[] page = new byte[PAGE_SIZE];
        new Random(31 * pgno + 1_000_003L * version).nextBytes(page);
        return page;
    }

    /** These pages, all in one version. */
    static Map<Long, byte[]> pages(int version, long... pgnos) {
        Map<Long, byte[]> pages = new TreeMap<>();
        for (long pgno : pgnos) {
            pages.put(pgno, page(pgno, version));
        }
        return pages;
    }

    /** A database of pages in these versions. */
    static byte[] database(int... versions) {
        byte[] bytes = new byte[versions.length * PAGE_SIZE];
        for (int i = 0; i < versions.length; i++) {
            System.arraycopy(page(i + 1, versions[i]), 0, bytes, i * PAGE_SIZE, PAGE_SIZE);
        }
        return bytes;
    }
}
