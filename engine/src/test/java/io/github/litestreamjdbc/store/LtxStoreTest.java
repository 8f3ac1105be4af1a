package io.github.litestreamjdbc.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.ltx.TxidRange;
import io.github.litestreamjdbc.spi.DirectoryStore;
import io.github.litestreamjdbc.spi.FetchedObject;
import io.github.litestreamjdbc.spi.FileModes;
import io.github.litestreamjdbc.spi.KeyLayout;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.Precondition;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class LtxStoreTest {
    private static final Instant CREATED = Instant.ofEpochMilli(1_700_000_000_123L);

    @TempDir
    private Path root;

    private LtxStore store(KeyLayout layout) {
        return new LtxStore(new DirectoryStore(root, FileModes.PRIVATE, true), layout);
    }

    private static void put(LtxStore store, int level, long min, long max) throws IOException {
        ObjectBody body = ObjectBody.of(new byte[] {1, 2, 3, 4});
        store.put(level, new TxidRange(min, max), body, CREATED, Precondition.NONE);
    }

    @Test
    void directoriesHaveDecimalLevelsBelowLtx() throws IOException {
        LtxStore store = store(KeyLayout.DIRECTORY);
        put(store, 0, 1, 1);
        put(store, 9, 1, 0x1f);
        assertThat(root.resolve("ltx/0/0000000000000001-0000000000000001.ltx")).exists();
        assertThat(root.resolve("ltx/9/0000000000000001-000000000000001f.ltx")).exists();
    }

    @Test
    void s3HasFourHexadecimalDigitsAndNothingAbove() throws IOException {
        LtxStore store = store(KeyLayout.S3);
        put(store, 0, 1, 1);
        put(store, 9, 1, 0x1f);
        assertThat(root.resolve("0000/0000000000000001-0000000000000001.ltx")).exists();
        assertThat(root.resolve("0009/0000000000000001-000000000000001f.ltx")).exists();
    }

    @ParameterizedTest
    @EnumSource
    void everyLevelIsListedByItselfAndAllTogetherInOrder(KeyLayout layout) throws IOException {
        LtxStore store = store(layout);
        for (int level = 9; level >= 0; level--) {
            put(store, level, 1, level + 1);
        }
        for (int level = 0; level <= 9; level++) {
            assertThat(store.list(level)).containsExactly(new LtxFile(level, new TxidRange(1, level + 1), 4, CREATED));
        }
        assertThat(store.listAll()).extracting(LtxFile::level).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    }

    @ParameterizedTest
    @EnumSource
    void filesOfALevelComeByTheirTxids(KeyLayout layout) throws IOException {
        LtxStore store = store(layout);
        long huge = 0x8000_0000_0000_0000L;
        put(store, 1, huge, huge + 1);
        put(store, 1, 10, 12);
        put(store, 1, 9, 20);
        put(store, 1, 10, 11);
        put(store, 1, 0xa0, 0xa0);
        assertThat(store.list(1))
                .extracting(LtxFile::txids)
                .containsExactly(
                        new TxidRange(9, 20),
                        new TxidRange(10, 11),
                        new TxidRange(10, 12),
                        new TxidRange(0xa0, 0xa0),
                        new TxidRange(huge, huge + 1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "notes.txt",
                "0000000000000001-0000000000000002.ltx.bak",
                "0000000000000001-0000000000000002.LTX",
                "000000000000000A-000000000000000B.ltx",
                "1-2.ltx",
                "0000000000000002-0000000000000001.ltx",
                "0000000000000000-0000000000000001.ltx",
                "x0000000000000001-0000000000000002.ltx",
                "below/0000000000000001-0000000000000002.ltx"
            })
    void whatIsNotNamedLikeAnLtxFileIsLeftOut(String name) throws IOException {
        LtxStore store = store(KeyLayout.DIRECTORY);
        put(store, 0, 5, 5);
        Path other = root.resolve("ltx/0").resolve(name);
        Files.createDirectories(other.getParent());
        Files.writeString(other, "other");
        assertThat(store.listAll()).extracting(LtxFile::txids).containsExactly(TxidRange.of(5));
    }

    @Test
    void filesBesideTheLevelsAreNotListed() throws IOException {
        LtxStore store = store(KeyLayout.S3);
        put(store, 0, 5, 5);
        Files.writeString(root.resolve("lock.json"), "{}");
        Files.createDirectories(root.resolve("000a"));
        Files.writeString(root.resolve("000a/0000000000000006-0000000000000006.ltx"), "level 10");
        assertThat(store.listAll()).hasSize(1);
        assertThat(store.maxTxid()).isEqualTo(5);
    }

    @Test
    void newestTxidIsUnsignedAndOverAllLevels() throws IOException {
        LtxStore store = store(KeyLayout.DIRECTORY);
        assertThat(store.maxTxid()).isZero();
        put(store, 0, 5, 5);
        put(store, 3, 1, 7);
        assertThat(store.maxTxid()).isEqualTo(7);
        put(store, 9, 1, 0x8000_0000_0000_0000L);
        assertThat(store.maxTxid()).isEqualTo(0x8000_0000_0000_0000L);
        put(store, 1, 8, -1);
        assertThat(store.maxTxid()).isEqualTo(-1);
    }

    @Test
    void generationsOfLitestream03AreNoticed() throws IOException {
        LtxStore store = store(KeyLayout.DIRECTORY);
        assertThat(store.listGenerations()).isEmpty();
        Files.createDirectories(root.resolve("generations/0123456789abcdef/wal"));
        Files.writeString(root.resolve("generations/0123456789abcdef/wal/00000000_00000000.wal.lz4"), "");
        assertThat(store.listGenerations()).hasSize(1);
        assertThat(store.listAll()).isEmpty();
    }

    @Test
    void filesAreReadWholeAndInRangesAndDeleted() throws IOException {
        LtxStore store = store(KeyLayout.DIRECTORY);
        put(store, 2, 1, 3);
        put(store, 2, 4, 4);
        List<LtxFile> files = store.list(2);
        try (InputStream whole = store.open(files.get(0));
                FetchedObject range = store.get(2, new TxidRange(1, 3), 1, 2)) {
            assertThat(whole.readAllBytes()).containsExactly(1, 2, 3, 4);
            assertThat(range.content().readAllBytes()).containsExactly(2, 3);
        }
        store.delete(List.of());
        assertThat(store.list(2)).hasSize(2);
        store.delete(files.subList(0, 1));
        assertThat(store.list(2)).isEqualTo(files.subList(1, 2));
    }

    @Test
    void nameIsTheStores() {
        assertThat(store(KeyLayout.DIRECTORY)).hasToString(root.toString());
    }
}
