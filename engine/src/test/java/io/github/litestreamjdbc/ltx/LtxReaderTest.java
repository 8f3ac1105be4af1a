package io.github.litestreamjdbc.ltx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Files that break a single rule although their file checksum is right. */
class LtxReaderTest {
    private static final int PAGE_SIZE = 512;
    private static final LtxHeader SNAPSHOT = LtxFiles.header(PAGE_SIZE, 3, 1, 4);
    private static final LtxHeader CHANGES = LtxFiles.header(PAGE_SIZE, 3, 2, 4);
    private static final long CHECKSUM = 0x8000_0000_0000_0001L;

    @Test
    void acceptsWhatBreaksNoRule() throws IOException {
        assertThat(LtxFiles.read(new RawLtx(SNAPSHOT).pages(1, 2, 3).end(0))).containsOnlyKeys(1L, 2L, 3L);
        assertThat(LtxFiles.read(new RawLtx(CHANGES).pages(3).end(0))).containsOnlyKeys(3L);
    }

    @Test
    void handsOutPagesBeyondTheCommit() throws IOException {
        assertThat(LtxFiles.read(new RawLtx(SNAPSHOT).pages(1, 2, 3, 9).end(0))).containsOnlyKeys(1L, 2L, 3L, 9L);
    }

    @Test
    void readsInputThatComesByteForByte() throws IOException {
        byte[] file = new RawLtx(SNAPSHOT).pages(1, 2, 3).end(0);
        ByteArrayInputStream slow = new ByteArrayInputStream(file) {
            @Override
            public synchronized int read(byte[] target, int offset, int length) {
                return super.read(target, offset, Math.min(length, 1));
            }
        };
        try (LtxReader reader = new LtxReader("file.ltx", slow)) {
            while (reader.next()) {
                assertThat(reader.page()).isEqualTo(new byte[PAGE_SIZE]);
            }
            assertThat(reader.pageCount()).isEqualTo(3);
        }
    }

    @Test
    void refusesPagesOutOfOrder() {
        assertRefused("must ascend", new RawLtx(CHANGES).pages(2, 1).end(0));
        assertRefused("must ascend", new RawLtx(CHANGES).pages(2, 2).end(0));
    }

    @Test
    void refusesASnapshotThatLacksPages() {
        assertRefused("page 2 of 3 is missing", new RawLtx(SNAPSHOT).pages(1, 3).end(0));
        assertRefused("page 3 of 3 is missing", new RawLtx(SNAPSHOT).pages(1, 2).end(0));
        assertRefused(
                "page 3 of 3 is missing", new RawLtx(SNAPSHOT).pages(1, 2, 4).end(0));
    }

    @Test
    void refusesTheLockPage() {
        LtxHeader header = LtxFiles.header(65536, 20_000, 2, 2);
        assertRefused("is the lock page", new RawLtx(header).pages(16384, 16385).end(0));
    }

    @Test
    void refusesAnIndexThatDisagreesWithThePages() {
        assertRefused("index", new RawLtx(CHANGES).offsetError(1).pages(1, 2).end(0));
        assertRefused("index", new RawLtx(CHANGES).frameSizeError(1).pages(1, 2).end(0));
        assertRefused(
                "page index of 7 bytes states a length of 8",
                new RawLtx(CHANGES).pages(1, 2).indexLengthError(1).end(0));
    }

    @Test
    void refusesAnIndexThatDoesNotTileTheFile() throws IOException {
        byte[] tooShort =
                new RawLtx(CHANGES).pages(1).frameSizeError(-1).pages(2).end(0);
        assertThatRefused(
                "does not follow the end of the pages",
                () -> LtxIndex.load("file.ltx", tooShort.length, LtxFiles.range(tooShort)));

        byte[] shifted = new RawLtx(CHANGES)
                .frameSizeError(1)
                .pages(1)
                .offsetError(1)
                .frameSizeError(-1)
                .pages(2)
                .end(0);
        LtxIndex index = LtxIndex.load("file.ltx", shifted.length, LtxFiles.range(shifted));
        assertThatRefused("page 1 is not where the page index says", () -> index.page(1));
    }

    @Test
    void refusesADatabaseChecksumInAFileWithoutThem() {
        assertRefused("post-apply checksum", new RawLtx(CHANGES).pages(1).end(CHECKSUM));
    }

    @Test
    void acceptsAnEmptyDatabaseButDoesNotMergeToIt() throws IOException {
        LtxHeader empty = LtxFiles.header(PAGE_SIZE, 0, 1, 4);
        byte[] file = new RawLtx(empty).end(0);
        assertThat(LtxFiles.read(file)).isEmpty();
        assertThatRefused("commit of 0", () -> merge(file));
        assertThat(merge(
                        file,
                        new RawLtx(LtxFiles.header(PAGE_SIZE, 1, 5, 5)).pages(1).end(0)))
                .isEqualTo(1);
    }

    @Test
    void mergesFilesWithDatabaseChecksumsOnlyWhereLitestreamDoes() throws IOException {
        byte[] tracked = new RawLtx(new LtxHeader(0, PAGE_SIZE, 1, TxidRange.of(5), 0, CHECKSUM, 0, 0, 0, 0, 0))
                .pages(1)
                .end(CHECKSUM);
        byte[] before = new RawLtx(SNAPSHOT).pages(1, 2, 3).end(0);
        byte[] after = new RawLtx(LtxFiles.header(PAGE_SIZE, 1, 6, 6)).pages(1).end(0);
        assertThat(LtxFiles.read(tracked)).containsOnlyKeys(1L);
        assertThat(merge(before, tracked, after)).isEqualTo(1);
        assertThatRefused("the last file to merge has a post-apply checksum", () -> merge(before, tracked));
        assertThatRefused("the first file to merge has a pre-apply checksum", () -> merge(tracked, after));
    }

    /** Returns the number of pages. */
    private static int merge(byte[]... files) throws IOException {
        List<LtxReader> inputs = new ArrayList<>();
        for (byte[] file : files) {
            inputs.add(LtxFiles.open(file));
        }
        LtxMerge merge = new LtxMerge(inputs);
        int pages = 0;
        while (merge.next()) {
            pages++;
        }
        return pages;
    }

    private static void assertRefused(String rule, byte[] file) {
        assertThatRefused(rule, () -> LtxFiles.read(file));
    }

    private static void assertThatRefused(String rule, ThrowingCallable reading) {
        assertThatExceptionOfType(LtxFormatException.class).isThrownBy(reading).withMessageContaining(rule);
    }
}
