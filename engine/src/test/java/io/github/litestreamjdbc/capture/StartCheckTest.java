package io.github.litestreamjdbc.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.api.PageEncoding;
import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.ltx.LtxReader;
import io.github.litestreamjdbc.ltx.LtxWriter;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StartCheckTest {
    @TempDir
    private Path directory;

    private Path file;

    @BeforeEach
    void replicateSomething() throws Exception {
        file = directory.resolve("app.db");
        try (Connection application = CaptureRig.application(file)) {
            CaptureRig.run(application, "CREATE TABLE t (v)");
        }
        try (CaptureRig rig = CaptureRig.open(file).begin();
                Connection application = CaptureRig.application(file)) {
            for (int i = 0; i < 3; i++) {
                CaptureRig.run(application, "INSERT INTO t VALUES (randomblob(3000))");
                rig.run();
            }
        }
        assertThat(wal()).as("our close keeps the WAL").exists();
    }

    private Path wal() {
        return file.resolveSibling("app.db-wal");
    }

    /** Starts again; the connection keeps outside handling of the WAL away. */
    private StartCheck.Start startAgain() throws Exception {
        try (CaptureRig rig = CaptureRig.open(file)) {
            return rig.start;
        }
    }

    @Test
    void resumesBehindTheNewestFile() throws Exception {
        assertThat(startAgain()).isInstanceOf(StartCheck.Resume.class);
    }

    @Test
    void commitsAfterTheNewestFileAreCapturedWithoutAFullImage() throws Exception {
        try (Connection application = CaptureRig.application(file)) {
            CaptureRig.run(application, "INSERT INTO t VALUES (1)");
            try (CaptureRig rig = CaptureRig.open(file).begin()) {
                assertThat(rig.start).isInstanceOf(StartCheck.Resume.class);
                assertThat(rig.txids()).containsExactly(1L, 2L, 3L, 4L, 5L);
                assertThat(rig.replayEqualsLive()).isTrue();
            }
        }
    }

    @Test
    void missingWalMeansAFullImageUnderTheNextTxid() throws Exception {
        try (Connection plain = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            CaptureRig.run(plain, "SELECT * FROM t");
        }
        assertThat(wal()).as("the last close of a stranger removes it").doesNotExist();
        try (Connection application = CaptureRig.application(file);
                CaptureRig rig = CaptureRig.open(file).begin()) {
            assertThat(rig.start).isInstanceOf(StartCheck.FullImage.class);
            assertThat(rig.txids()).containsExactly(1L, 2L, 3L, 4L, 5L);
            CaptureRig.run(application, "INSERT INTO t VALUES (2)");
            rig.run();
            assertThat(rig.replayEqualsLive()).isTrue();
        }
    }

    /** A stranger opens the database and takes the WAL away; nobody writes. */
    private void strangerReads() throws Exception {
        try (Connection plain = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            CaptureRig.run(plain, "SELECT * FROM t");
        }
        assertThat(wal()).doesNotExist();
    }

    @Test
    void databaseThatIsItsNewestFullImageGoesOnWithoutAnother() throws Exception {
        strangerReads();
        try (CaptureRig rig = CaptureRig.open(file).begin()) {
            assertThat(rig.txids()).containsExactly(1L, 2L, 3L, 4L, 5L);
        }
        for (int start = 0; start < 3; start++) {
            strangerReads();
            try (CaptureRig rig = CaptureRig.open(file).begin()) {
                assertThat(rig.state()).isEqualTo(ReplicationState.STREAMING);
                assertThat(rig.agent.reading().reason()).contains("TXID 0000000000000005", "page for page");
                assertThat(rig.progress.captured()).isEqualTo(5);
                assertThat(rig.txids()).containsExactly(1L, 2L, 3L, 4L, 5L);
            }
        }
        try (CaptureRig rig = CaptureRig.open(file).begin();
                Connection application = CaptureRig.application(file)) {
            CaptureRig.run(application, "INSERT INTO t VALUES (2)");
            rig.run();
            assertThat(rig.txids()).containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
            assertThat(CaptureRig.content(rig.local.path(6)).pages().size())
                    .as("pages of the next file")
                    .isLessThan(CaptureRig.content(rig.local.path(5)).pages().size());
            assertThat(rig.replayEqualsLive()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"UPDATE t SET v = 7 WHERE rowid = 1", "INSERT INTO t VALUES (zeroblob(9000))"})
    void databaseThatIsNotItsNewestFullImageGetsAnother(String change) throws Exception {
        strangerReads();
        CaptureRig.open(file).begin().close();
        try (Connection plain = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            CaptureRig.run(plain, change);
        }
        try (CaptureRig rig = CaptureRig.open(file).begin()) {
            assertThat(rig.txids()).containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
            assertThat(rig.replayEqualsLive()).isTrue();
        }
    }

    @Test
    void damagedFullImageIsNotGoneOnFrom() throws Exception {
        strangerReads();
        CaptureRig.open(file).begin().close();
        strangerReads();
        Path newest = CaptureRig.metaOf(file).resolve("ltx/0/0000000000000005-0000000000000005.ltx");
        byte[] bytes = Files.readAllBytes(newest);
        bytes[bytes.length - 1] ^= 1;
        Files.write(newest, bytes);
        try (CaptureRig rig = CaptureRig.open(file).begin()) {
            assertThat(rig.progress.captured()).isEqualTo(6);
        }
    }

    @Test
    void anotherGenerationMeansAFullImage() throws Exception {
        try (Connection application = CaptureRig.application(file)) {
            CaptureRig.run(application, "PRAGMA wal_checkpoint(TRUNCATE)", "INSERT INTO t VALUES (1)");
            assertThat(startAgain())
                    .isInstanceOfSatisfying(
                            StartCheck.FullImage.class,
                            image -> assertThat(image.reason()).contains("generation"));
        }
    }

    @Test
    void walThatEndsBeforeTheNewestFileMeansAFullImage() throws Exception {
        try (RandomAccessFile out = new RandomAccessFile(wal().toFile(), "rw")) {
            out.setLength(out.length() - 4120);
        }
        Files.deleteIfExists(file.resolveSibling("app.db-shm"));
        assertThat(startAgain())
                .isInstanceOfSatisfying(
                        StartCheck.FullImage.class,
                        image -> assertThat(image.lastTxid()).isEqualTo(4));
    }

    @Test
    void newestFileWithOtherPagesMeansAFullImage() throws Exception {
        Path newest = CaptureRig.metaOf(file).resolve("ltx/0/0000000000000004-0000000000000004.ltx");
        Path older = CaptureRig.metaOf(file).resolve("ltx/0/0000000000000003-0000000000000003.ltx");
        Files.write(newest, Files.readAllBytes(older));
        assertThat(startAgain()).isInstanceOfSatisfying(StartCheck.FullImage.class, image -> {
            assertThat(image.newestDamaged()).isTrue();
            assertThat(image.lastTxid()).isEqualTo(4);
        });
    }

    @Test
    void newestFileWhosePagesAreNotTheWalsMeansAFullImage() throws Exception {
        Path newest = CaptureRig.metaOf(file).resolve("ltx/0/0000000000000004-0000000000000004.ltx");
        Path other = directory.resolve("other.ltx");
        try (LtxReader in = new LtxReader("newest", Files.newInputStream(newest));
                OutputStream out = Files.newOutputStream(other)) {
            LtxWriter writer = new LtxWriter(out, in.header(), PageEncoding.BLOCK);
            while (in.next()) {
                byte[] page = in.page().clone();
                page[page.length - 1] ^= 1;
                writer.writePage(in.pgno(), page, 0);
            }
            writer.finish();
        }
        Files.move(other, newest, StandardCopyOption.REPLACE_EXISTING);
        assertThat(startAgain())
                .isInstanceOfSatisfying(
                        StartCheck.FullImage.class,
                        image -> assertThat(image.reason()).contains("differs between the WAL"));
    }

    @Test
    void truncatedNewestFileMeansAFullImageAndItsTxidIsNotGivenAgain() throws Exception {
        Path newest = CaptureRig.metaOf(file).resolve("ltx/0/0000000000000004-0000000000000004.ltx");
        byte[] bytes = Files.readAllBytes(newest);
        Files.write(newest, java.util.Arrays.copyOf(bytes, bytes.length / 2));
        assertThat(startAgain()).isInstanceOfSatisfying(StartCheck.FullImage.class, image -> {
            assertThat(image.newestDamaged()).isTrue();
            assertThat(image.lastTxid()).isEqualTo(4);
        });
    }

    @Test
    void noLocalFilesMeanAFullImageFromNowhere() throws Exception {
        for (int txid = 1; txid <= 4; txid++) {
            Files.delete(CaptureRig.metaOf(file).resolve(String.format("ltx/0/%016x-%016x.ltx", txid, txid)));
        }
        assertThat(startAgain())
                .isInstanceOfSatisfying(
                        StartCheck.FullImage.class,
                        image -> assertThat(image.lastTxid()).isZero());
    }
}
