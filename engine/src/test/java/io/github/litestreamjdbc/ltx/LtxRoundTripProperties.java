package io.github.litestreamjdbc.ltx;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.api.PageEncoding;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class LtxRoundTripProperties {
    record Content(LtxHeader header, SortedMap<Long, byte[]> pages) {}

    @Property(tries = 300)
    void readsWhatWasWritten(@ForAll("contents") Content content, @ForAll PageEncoding encoding) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        LtxWriter writer = new LtxWriter(out, content.header, encoding);
        for (Map.Entry<Long, byte[]> page : content.pages.entrySet()) {
            byte[] surrounded = new byte[content.header.pageSize() + 20];
            System.arraycopy(page.getValue(), 0, surrounded, 7, content.header.pageSize());
            writer.writePage(page.getKey(), surrounded, 7);
        }
        LtxTrailer trailer = writer.finish();
        byte[] file = out.toByteArray();

        assertThat(writer.bytesWritten()).isEqualTo(file.length);
        try (LtxReader reader = LtxFiles.open(file)) {
            assertThat(reader.header()).isEqualTo(content.header);
            for (Map.Entry<Long, byte[]> page : content.pages.entrySet()) {
                assertThat(reader.next()).isTrue();
                assertThat(reader.pgno()).isEqualTo(page.getKey());
                assertThat(reader.page()).isEqualTo(page.getValue());
            }
            assertThat(reader.next()).isFalse();
            assertThat(reader.next()).isFalse();
            assertThat(reader.trailer()).isEqualTo(trailer);
            assertThat(reader.pageCount()).isEqualTo(content.pages.size());
            assertThat(reader.bytesRead()).isEqualTo(file.length);
        }
    }

    @Property(tries = 200)
    void looksUpWhatIsReadInSequence(@ForAll("contents") Content content, @ForAll PageEncoding encoding)
            throws IOException {
        byte[] file = LtxFiles.write(content.header, content.pages, encoding);
        LtxIndex index = LtxIndex.load("file.ltx", file.length, LtxFiles.range(file));
        assertThat(index.header()).isEqualTo(content.header);
        assertThat(index.pageCount()).isEqualTo(content.pages.size());
        for (Map.Entry<Long, byte[]> page : content.pages.entrySet()) {
            long pgno = page.getKey();
            assertThat(index.page(pgno)).isEqualTo(page.getValue());
            if (!content.pages.containsKey(pgno + 1)) {
                assertThat(index.page(pgno + 1)).isNull();
            }
        }
        assertThat(index.page(0)).isNull();
        assertThat(index.page(1L << 32)).isNull();
    }

    @Property(tries = 200)
    void writesTheSameFileFromWhatItRead(@ForAll("contents") Content content, @ForAll PageEncoding encoding)
            throws IOException {
        byte[] file = LtxFiles.write(content.header, content.pages, encoding);
        assertThat(LtxFiles.write(LtxFiles.open(file).header(), LtxFiles.read(file), encoding))
                .isEqualTo(file);
    }

    @Provide
    Arbitrary<Content> contents() {
        return Combinators.combine(
                        Arbitraries.of(512, 1024, 2048, 4096, 8192, 16384, 32768, 65536),
                        Arbitraries.integers().between(0, 12),
                        Arbitraries.of(Start.values()),
                        Arbitraries.longs())
                .as(LtxRoundTripProperties::content);
    }

    private enum Start {
        SNAPSHOT,
        SPARSE,
        AROUND_LOCK_PAGE,
        HIGHEST_PAGES
    }

    private static Content content(int pageSize, int count, Start start, long seed) {
        long lockPage = LtxHeader.lockPage(pageSize);
        return switch (start) {
            case SNAPSHOT -> full(pageSize, 1, Math.max(1, count), seed);
            case AROUND_LOCK_PAGE -> full(pageSize, lockPage - count / 2, lockPage + count, seed);
            case HIGHEST_PAGES -> full(pageSize, 0xffff_ffffL - count, 0xffff_ffffL, seed);
            case SPARSE -> sparse(pageSize, count, seed);
        };
    }

    private static Content full(int pageSize, long first, long last, long seed) {
        LtxHeader header = LtxHeader.of(pageSize, last, new TxidRange(first, last + 3), seed, 32, 24, (int) seed, 7);
        return new Content(header, LtxFiles.pages(pageSize, first, last, seed));
    }

    private static Content sparse(int pageSize, int count, long seed) {
        SortedMap<Long, byte[]> pages = new TreeMap<>();
        long pgno = 0;
        for (int i = 0; i < count; i++) {
            pgno += 1 + Long.remainderUnsigned(seed >>> i, 1L << i + 3);
            pages.put(pgno, LtxFiles.page(pageSize, seed + i));
        }
        return new Content(LtxFiles.header(pageSize, pgno + 1, 2, 2), pages);
    }
}
