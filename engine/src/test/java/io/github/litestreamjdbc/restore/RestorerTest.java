package io.github.litestreamjdbc.restore;

import static io.github.litestreamjdbc.restore.Replica.database;
import static io.github.litestreamjdbc.restore.Replica.pages;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.litestreamjdbc.api.ReplicationConfig.IntegrityCheck;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.api.RestoreOptions;
import io.github.litestreamjdbc.api.RestoreProgress;
import io.github.litestreamjdbc.api.RestoreTarget;
import io.github.litestreamjdbc.store.LtxFile;
import io.github.litestreamjdbc.testing.FaultyFiles;
import io.github.litestreamjdbc.testing.FaultyFiles.Step;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RestorerTest {
    @TempDir
    private Path directory;

    private Path output;
    private Replica replica;
    private final List<RestoreProgress> progress = new ArrayList<>();

    @BeforeEach
    void prepare() throws Exception {
        output = Files.createDirectory(directory.resolve("data")).resolve("app.db");
        replica = new Replica(directory.resolve("replica"));
    }

    /** TXIDs 1 to 3 at level 0: three pages, of which the second and the third change. */
    private void threeTransactions() throws IOException {
        replica.put(0, 1, 1, 3, pages(1, 1, 2, 3));
        replica.put(0, 2, 2, 3, pages(2, 2));
        replica.put(0, 3, 3, 3, pages(3, 3));
    }

    private Optional<Restorer.Restored> restore() throws Exception {
        return restore(RestoreTarget.LATEST, IntegrityCheck.NONE, restored -> {});
    }

    private Optional<Restorer.Restored> restore(
            RestoreTarget target, IntegrityCheck check, Restorer.BeforeRename beforeRename) throws Exception {
        RestoreOptions options = RestoreOptions.DEFAULTS.withTarget(target).withIntegrityCheck(check);
        return new Restorer(replica.store, "file:replica").restore(output, options, progress::add, beforeRename);
    }

    @Test
    void contentIsDurableBeforeTheNameAndTheNameBeforeTheRestoreReturns() throws Exception {
        threeTransactions();
        List<String> steps = new ArrayList<>();
        FaultyFiles files = new FaultyFiles((step, path) -> {
            if (Set.of(Step.WRITE, Step.FORCE, Step.LINK, Step.MOVE, Step.FORCE_DIRECTORY)
                    .contains(step)) {
                steps.add(step + (path.equals(output) ? " name" : ""));
            }
        });
        new Restorer(replica.store, "file:replica")
                .restore(files.path(output), RestoreOptions.DEFAULTS, progress::add, restored -> {});
        assertThat(steps.lastIndexOf("WRITE")).isNotNegative().isLessThan(steps.lastIndexOf("FORCE"));
        assertThat(steps).endsWith("FORCE", "LINK name", "FORCE_DIRECTORY");
    }

    private void assertNothingIsLeft() throws IOException {
        try (Stream<Path> left = Files.list(output.getParent())) {
            assertThat(left).isEmpty();
        }
        assertThat(replica.line.open()).as("open reads").isZero();
    }

    private void assertOnlyTheDatabaseIsLeft() throws IOException {
        try (Stream<Path> left = Files.list(output.getParent())) {
            assertThat(left).containsExactly(output);
        }
        assertThat(replica.line.open()).as("open reads").isZero();
    }

    /** Changes one byte. */
    private static void damage(Path file, long offset) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.seek(offset);
            int one = bytes.read();
            bytes.seek(offset);
            bytes.write(one ^ 0x10);
        }
    }

    /** Does something and collects what the restorer logs meanwhile. */
    private static <T> T logging(List<LogRecord> records, Callable<T> action) throws Exception {
        Logger logger = Logger.getLogger(Restorer.class.getName());
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord record) {
                records.add(record);
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        logger.addHandler(handler);
        try {
            return action.call();
        } finally {
            logger.removeHandler(handler);
        }
    }

    @Test
    void newestStateIsRestored() throws Exception {
        threeTransactions();
        Restorer.Restored restored = restore().orElseThrow();
        assertThat(output).hasBinaryContent(database(1, 2, 3));
        assertThat(restored.newestTxid()).isEqualTo(3);
        assertThat(restored.report().txid()).isEqualTo(3);
        assertThat(restored.report().files()).isEqualTo(3);
        assertThat(restored.report().databaseBytes()).isEqualTo(3 * Replica.PAGE_SIZE);
        assertThat(restored.report().replicaUrl()).isEqualTo("file:replica");
        assertOnlyTheDatabaseIsLeft();
    }

    @Test
    void olderTxidIsRestoredAndTheNewestIsReported() throws Exception {
        threeTransactions();
        Restorer.Restored restored = restore(new RestoreTarget.AtTxid(2), IntegrityCheck.NONE, ignored -> {})
                .orElseThrow();
        assertThat(output).hasBinaryContent(database(1, 2, 1));
        assertThat(restored.report().txid()).isEqualTo(2);
        assertThat(restored.newestTxid()).isEqualTo(3);
    }

    @Test
    void missingTxidIsAnErrorOfTheParameter() throws Exception {
        threeTransactions();
        assertThatThrownBy(() -> restore(new RestoreTarget.AtTxid(4), IntegrityCheck.NONE, ignored -> {}))
                .isInstanceOf(ReplicationException.Config.class)
                .hasMessageContaining("restore-txid=0000000000000004")
                .hasMessageContaining(replica.root.toString());
        assertNothingIsLeft();
    }

    @Test
    void gapIsAnErrorThatNamesTheReplica() throws Exception {
        threeTransactions();
        Files.delete(replica.path(0, 2, 2));
        assertThatThrownBy(this::restore)
                .isInstanceOf(ReplicationException.Corrupt.class)
                .hasMessageContaining(replica.root.toString())
                .hasMessageContaining("gap")
                .hasMessageContaining("restore-txid=0000000000000001");
        assertNothingIsLeft();
    }

    @Test
    void existingFileIsNotTouched() throws Exception {
        threeTransactions();
        Files.writeString(output, "something of the user's");
        assertThat(restore()).isEmpty();
        assertThat(output).hasContent("something of the user's");
        assertOnlyTheDatabaseIsLeft();
    }

    @Test
    void emptyExistingFileIsNotTouchedEither() throws Exception {
        threeTransactions();
        Files.createFile(output);
        assertThat(restore()).isEmpty();
        assertThat(output).isEmptyFile();
    }

    @Test
    void fileThatAppearsDuringTheRestoreIsNotTouched() throws Exception {
        threeTransactions();
        assertThatThrownBy(() -> restore(
                        RestoreTarget.LATEST, IntegrityCheck.NONE, restored -> Files.writeString(output, "faster")))
                .isInstanceOf(FileAlreadyExistsException.class);
        assertThat(output).hasContent("faster");
        assertOnlyTheDatabaseIsLeft();
    }

    @Test
    void failureBeforeTheRenameLeavesNothing() throws Exception {
        threeTransactions();
        assertThatThrownBy(() -> restore(RestoreTarget.LATEST, IntegrityCheck.NONE, restored -> {
                    throw new IOException("no marker");
                }))
                .isInstanceOf(IOException.class)
                .hasMessage("no marker");
        assertNothingIsLeft();
    }

    @Test
    void hookRunsBeforeTheFileHasItsNameAndAfterItIsComplete() throws Exception {
        threeTransactions();
        List<byte[]> seen = new ArrayList<>();
        restore(RestoreTarget.LATEST, IntegrityCheck.NONE, restored -> {
            assertThat(output).doesNotExist();
            try (Stream<Path> files = Files.list(output.getParent())) {
                for (Path file :
                        files.filter(each -> each.toString().endsWith(".tmp")).toList()) {
                    seen.add(Files.readAllBytes(file));
                }
            }
        });
        assertThat(seen).containsExactly(database(1, 2, 3));
    }

    @Test
    void brokenReadIsTakenUpWhereItEnded() throws Exception {
        threeTransactions();
        replica.line.breakReads("/0000000000000001-0000000000000001.ltx", 700, 1);
        restore();
        assertThat(output).hasBinaryContent(database(1, 2, 3));
        assertThat(replica.line.offsets()).containsExactly(0L, 700L);
        assertOnlyTheDatabaseIsLeft();
    }

    @Test
    void lineThatStaysBrokenIsAnIoErrorAndLeavesNothing() throws Exception {
        threeTransactions();
        replica.line.breakReads("/0000000000000001-0000000000000001.ltx", 0, Integer.MAX_VALUE);
        assertThatThrownBy(this::restore).isInstanceOf(IOException.class).hasMessageContaining("the line broke");
        assertNothingIsLeft();
    }

    /** Retention beside a restore: what was listed goes away, and merged files have taken its place. */
    @Test
    void fileThatGoesAwayIsPlannedAround() throws Exception {
        threeTransactions();
        replica.line.beforeRead("/0000000000000002-0000000000000002.ltx", () -> {
            replica.put(1, 1, 3, 3, pages(7, 1, 2, 3));
            Files.delete(replica.path(0, 2, 2));
        });
        restore();
        assertThat(output).hasBinaryContent(database(7, 7, 7));
        assertOnlyTheDatabaseIsLeft();
    }

    @Test
    void fileThatGoesAwayWithoutAnotherInItsPlaceIsAGap() throws Exception {
        threeTransactions();
        replica.line.beforeRead("/0000000000000002-0000000000000002.ltx", () -> Files.delete(replica.path(0, 2, 2)));
        assertThatThrownBy(this::restore)
                .isInstanceOf(ReplicationException.Corrupt.class)
                .hasMessageContaining("gap");
        assertNothingIsLeft();
    }

    @Test
    void exactTimesAreAskedOnlyOfFilesThatCanMatter() throws Exception {
        threeTransactions();
        replica.put(9, 1, 2, 3, pages(9, 1, 2, 3));
        replica.put(0, 4, 4, 3, pages(4, 1));
        Instant before = Instant.ofEpochMilli(Replica.FIRST_MILLIS + 4);
        List<LtxFile> timed = new CreationTimes(replica.store, 4).of(replica.store.listAll(), before);
        assertThat(timed)
                .extracting(file -> file.level() + ":" + file.txids().max())
                .containsExactlyInAnyOrder("9:2", "0:3", "0:4");
        assertThat(RestorePlan.of(timed, new RestoreTarget.AtTime(before), false)
                        .txid())
                .isEqualTo(3);
    }

    @Test
    void damagedFileIsReplacedByOthersThatLeadToTheSameTxid() throws Exception {
        threeTransactions();
        replica.put(1, 2, 3, 3, new TreeMap<>(Map.of(2L, Replica.page(2, 2), 3L, Replica.page(3, 3))));
        damage(replica.path(1, 2, 3), 300);
        List<LogRecord> logged = new ArrayList<>();
        Restorer.Restored restored = logging(logged, () -> restore().orElseThrow());
        assertThat(output).hasBinaryContent(database(1, 2, 3));
        assertThat(restored.report().files()).isEqualTo(3);
        assertThat(restored.report().txid()).isEqualTo(3);
        assertThat(logged).singleElement().satisfies(record -> {
            assertThat(record.getLevel()).isEqualTo(Level.WARNING);
            assertThat(record.getMessage()).contains("level 1 0000000000000002-0000000000000003.ltx");
        });
    }

    @Test
    void damagedLevelZeroFileIsReplacedByTheMergedOne() throws Exception {
        threeTransactions();
        replica.put(9, 1, 2, 3, pages(9, 1, 2, 3));
        replica.put(1, 1, 3, 3, pages(7, 1, 2, 3));
        damage(replica.path(9, 1, 2), 300);
        restore();
        assertThat(output).hasBinaryContent(database(7, 7, 7));
    }

    @Test
    void whatADamagedFileHadAlreadyWrittenDoesNotStay() throws Exception {
        replica.put(0, 1, 1, 3, pages(1, 1, 2, 3));
        replica.put(0, 2, 2, 3, pages(2, 2));
        replica.put(2, 1, 2, 5, pages(6, 1, 2, 3, 4, 5));
        damage(replica.path(2, 1, 2), Files.size(replica.path(2, 1, 2)) - 1);
        restore();
        assertThat(output).hasBinaryContent(database(1, 2, 1));
    }

    @Test
    void damageWithoutAnAlternativeNamesFileOffsetAndRule() throws Exception {
        threeTransactions();
        damage(replica.path(0, 2, 2), 0);
        assertThatThrownBy(this::restore)
                .isInstanceOf(ReplicationException.Corrupt.class)
                .hasMessageContaining(replica.root.toString())
                .hasMessageContaining("level 0 0000000000000002-0000000000000002.ltx")
                .hasMessageContaining("at byte 0")
                .hasMessageContaining("magic is not LTX1")
                .hasMessageContaining("Without it, no files lead to TXID 0000000000000003");
        assertNothingIsLeft();
    }

    @Test
    void damageNeverLeadsToAnOlderState() throws Exception {
        threeTransactions();
        damage(replica.path(0, 3, 3), 300);
        assertThatThrownBy(this::restore).isInstanceOf(ReplicationException.Corrupt.class);
        assertNothingIsLeft();
    }

    @Test
    void everyFlippedByteOfAChainIsNoticed() throws Exception {
        threeTransactions();
        Path file = replica.path(0, 2, 2);
        for (long offset = 0; offset < Files.size(file); offset++) {
            damage(file, offset);
            assertThatThrownBy(this::restore).as("byte %d", offset).isInstanceOf(ReplicationException.Corrupt.class);
            damage(file, offset);
        }
        assertNothingIsLeft();
    }

    @Test
    void truncatedFileIsDamaged() throws Exception {
        threeTransactions();
        Path file = replica.path(0, 2, 2);
        byte[] whole = Files.readAllBytes(file);
        for (int length : new int[] {0, 50, 99, 100, whole.length - 16, whole.length - 1}) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThatThrownBy(this::restore)
                    .as("%d bytes", length)
                    .isInstanceOf(ReplicationException.Corrupt.class)
                    .hasMessageContaining("0000000000000002-0000000000000002.ltx");
        }
        assertNothingIsLeft();
    }

    @Test
    void fileUnderAnotherFilesNameIsDamaged() throws Exception {
        threeTransactions();
        Files.copy(replica.path(0, 3, 3), replica.path(0, 2, 2), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        assertThatThrownBy(this::restore)
                .isInstanceOf(ReplicationException.Corrupt.class)
                .hasMessageContaining("0000000000000002-0000000000000002.ltx");
    }

    @Test
    void pageThatNoFileHasIsNamed() throws Exception {
        replica.put(0, 1, 1, 2, pages(1, 1, 2));
        replica.put(0, 2, 2, 4, pages(2, 4));
        assertThatThrownBy(this::restore)
                .isInstanceOf(ReplicationException.Corrupt.class)
                .hasMessageContaining("page 3 is in none of the 2 files that lead to TXID 0000000000000002");
        assertNothingIsLeft();
    }

    @Test
    void pageCutOffByAShrinkDoesNotResurface() throws Exception {
        replica.put(0, 1, 1, 4, pages(1, 1, 2, 3, 4));
        replica.put(0, 2, 2, 2, pages(2, 1));
        replica.put(0, 3, 3, 4, pages(3, 3, 4));
        restore();
        assertThat(output).hasBinaryContent(database(2, 1, 3, 3));
    }

    @Test
    void pageCutOffByAShrinkIsMissingIfTheGrowthLacksIt() throws Exception {
        replica.put(0, 1, 1, 4, pages(1, 1, 2, 3, 4));
        replica.put(0, 2, 2, 2, pages(2, 1));
        replica.put(0, 3, 3, 4, pages(3, 4));
        assertThatThrownBy(this::restore)
                .isInstanceOf(ReplicationException.Corrupt.class)
                .hasMessageContaining("page 3 is in none");
        assertNothingIsLeft();
    }

    @Test
    void databaseThatEndsSmallerHasItsLastSize() throws Exception {
        replica.put(0, 1, 1, 4, pages(1, 1, 2, 3, 4));
        replica.put(0, 2, 2, 2, pages(2, 1));
        restore();
        assertThat(output).hasBinaryContent(database(2, 1));
    }

    @Test
    void filesOfDifferentPageSizesDoNotGoTogether() throws Exception {
        replica.put(0, 1, 1, 2, pages(1, 1, 2));
        replica.put(1024, 0, 2, 2, 1, Map.of(1L, new byte[1024]));
        assertThatThrownBy(this::restore)
                .isInstanceOf(ReplicationException.Corrupt.class)
                .hasMessageContaining("0000000000000001-0000000000000001.ltx")
                .hasMessageContaining("its page size is 512, the newest file's 1024");
        assertNothingIsLeft();
    }

    @Test
    void emptyReplicaGivesNothing() throws Exception {
        assertThat(restore()).isEmpty();
        Files.createDirectories(replica.root.resolve("ltx/0"));
        assertThat(restore()).isEmpty();
        assertNothingIsLeft();
    }

    @Test
    void damagedFileOfLitestream03IsNamed() throws Exception {
        String key = "generations/0123456789abcdef/snapshots/00000000.snapshot.lz4";
        Path old = replica.root.resolve(key);
        Files.createDirectories(old.getParent());
        Files.writeString(old, "no LZ4 frame, but long enough for one");
        assertThatThrownBy(this::restore)
                .isInstanceOf(ReplicationException.Corrupt.class)
                .hasMessageContaining(key)
                .hasMessageContaining(replica.root.toString());
        assertNothingIsLeft();
    }

    @Test
    void leftoverOfAKilledRestoreIsDeletedAndNothingElse() throws Exception {
        threeTransactions();
        Path left = output.resolveSibling("app.db.12345.tmp");
        Path others = output.resolveSibling("app.database.12345.tmp");
        Path copy = output.resolveSibling("app.db.of-yesterday.tmp");
        Path lock = output.resolveSibling(".app.db-restore.lock");
        for (Path file : List.of(left, others, copy, lock)) {
            Files.writeString(file, "left");
        }
        restore();
        assertThat(left).doesNotExist();
        assertThat(lock).doesNotExist();
        assertThat(others).hasContent("left");
        assertThat(copy).hasContent("left");
        assertThat(output).hasBinaryContent(database(1, 2, 3));
    }

    @Test
    void namesWithCharactersOfPatternsAreTakenLiterally() throws Exception {
        threeTransactions();
        output = output.resolveSibling("a[1]*{x}?.db");
        Path left = output.resolveSibling("a[1]*{x}?.db.1.tmp");
        Path others = output.resolveSibling("a1x.db.1.tmp");
        Files.createFile(left);
        Files.createFile(others);
        restore();
        assertThat(output).exists();
        assertThat(left).doesNotExist();
        assertThat(others).exists();
    }

    @Test
    void modificationTimeIsTheNewestFilesTimestamp() throws Exception {
        threeTransactions();
        Restorer.Restored restored = restore().orElseThrow();
        assertThat(restored.timestampMillis()).isEqualTo(Replica.FIRST_MILLIS + 3);
        assertThat(Files.getLastModifiedTime(output).toMillis()).isEqualTo(Replica.FIRST_MILLIS + 3);
    }

    @Test
    void restoredFileIsTheOwnersOnly() throws Exception {
        threeTransactions();
        restore();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(output)))
                .isEqualTo("rw-------");
    }

    @Test
    void progressNeverGoesBackAndEndsWithEverything() throws Exception {
        threeTransactions();
        long bytes =
                replica.store.listAll().stream().mapToLong(LtxFile::sizeBytes).sum();
        restore();
        assertThat(progress).hasSizeGreaterThanOrEqualTo(3);
        RestoreProgress before = new RestoreProgress(output, 3, 0, 3, 0, bytes, Duration.ZERO);
        for (RestoreProgress now : progress) {
            assertThat(now.files()).isBetween(before.files(), 3);
            assertThat(now.bytes()).isBetween(before.bytes(), bytes);
            assertThat(now.totalFiles()).isEqualTo(3);
            assertThat(now.totalBytes()).isEqualTo(bytes);
            assertThat(now.target()).isEqualTo(output);
            assertThat(now.elapsed()).isGreaterThanOrEqualTo(before.elapsed());
            before = now;
        }
        assertThat(before).isEqualTo(new RestoreProgress(output, 3, 3, 3, bytes, bytes, before.elapsed()));
        assertThat(before.bytesPerSecond()).isPositive();
        assertThat(before.remaining()).isZero();
    }

    /** A table and its index; the index's page may be that of before the update. */
    private void realDatabase(int damagedPage, boolean staleIndex) throws Exception {
        Path source = directory.resolve("source.db");
        byte[] before;
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + source);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE t (v)");
            statement.execute("CREATE INDEX i ON t (v)");
            statement.execute("INSERT INTO t VALUES ('one')");
            before = Files.readAllBytes(source);
            statement.execute("UPDATE t SET v = 'two'");
        }
        byte[] after = Files.readAllBytes(source);
        Map<Long, byte[]> pages = new TreeMap<>();
        for (int page = 1; page <= 3; page++) {
            byte[] from = staleIndex && page == 3 ? before : after;
            byte[] bytes = Arrays.copyOfRange(from, (page - 1) * 4096, page * 4096);
            if (page == damagedPage) {
                Arrays.fill(bytes, 0, 100, (byte) 0x55);
            }
            pages.put((long) page, bytes);
        }
        replica.put(4096, 0, 1, 1, 3, pages);
    }

    @Test
    void soundDatabasePassesEveryCheck() throws Exception {
        realDatabase(0, false);
        for (IntegrityCheck check : IntegrityCheck.values()) {
            assertThat(restore(RestoreTarget.LATEST, check, restored -> {})).isPresent();
            assertOnlyTheDatabaseIsLeft();
            Files.delete(output);
        }
    }

    @Test
    void quickCheckFindsABrokenTree() throws Exception {
        realDatabase(2, false);
        assertThatThrownBy(() -> restore(RestoreTarget.LATEST, IntegrityCheck.QUICK, restored -> {}))
                .isInstanceOf(ReplicationException.Corrupt.class)
                .hasMessageContaining("integrity-check=quick");
        assertNothingIsLeft();
        assertThat(restore()).as("without the check").isPresent();
    }

    @Test
    void fullCheckFindsAnIndexThatIsStale() throws Exception {
        realDatabase(0, true);
        assertThatThrownBy(() -> restore(RestoreTarget.LATEST, IntegrityCheck.FULL, restored -> {}))
                .isInstanceOf(ReplicationException.Corrupt.class)
                .hasMessageContaining("integrity-check=full");
        assertNothingIsLeft();
        assertThat(restore(RestoreTarget.LATEST, IntegrityCheck.QUICK, restored -> {}))
                .as("quick_check does not look at that")
                .isPresent();
    }

    @Test
    void fileThatIsNoDatabaseIsFoundByACheck() throws Exception {
        threeTransactions();
        assertThatThrownBy(() -> restore(RestoreTarget.LATEST, IntegrityCheck.QUICK, restored -> {}))
                .isInstanceOf(ReplicationException.Corrupt.class);
        assertNothingIsLeft();
    }

    /** The lock page of 64 KiB pages is the 16385th; a database that ends with it has it as its last page. */
    @Test
    @Tag("large")
    void lockPageStaysZero() throws Exception {
        int pageSize = 65536;
        long lockPage = 16385;
        byte[] content = new byte[pageSize];
        Arrays.fill(content, (byte) 7);
        Map<Long, byte[]> pages = new TreeMap<>();
        for (long pgno = 1; pgno < lockPage; pgno++) {
            pages.put(pgno, content);
        }
        replica = new Replica(directory.resolve("large"), pageSize);
        replica.put(0, 1, 1, lockPage, pages);
        replica.put(0, 2, 2, lockPage + 1, Map.of(lockPage + 1, content));
        for (long commit : new long[] {lockPage, lockPage + 1}) {
            restore(new RestoreTarget.AtTxid(commit - lockPage + 1), IntegrityCheck.NONE, restored -> {});
            try (RandomAccessFile file = new RandomAccessFile(output.toFile(), "r")) {
                assertThat(file.length()).isEqualTo(commit * pageSize);
                byte[] page = new byte[pageSize];
                file.seek((lockPage - 1) * pageSize);
                file.readFully(page);
                assertThat(page).containsOnly(0);
                file.seek((commit - 1) * pageSize);
                file.readFully(page);
                assertThat(page).containsOnly(commit == lockPage ? 0 : 7);
            }
            Files.delete(output);
        }
    }
}
