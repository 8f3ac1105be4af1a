package io.github.litestreamjdbc.ltx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.litestreamjdbc.api.PageEncoding;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LtxWriterTest {
    private static final byte[] PAGE = new byte[512];

    @Test
    void refusesPagesOutOfOrderAndThenIsUnusable() throws IOException {
        LtxWriter writer = writer(LtxFiles.header(512, 9, 2, 2));
        writer.writePage(3, PAGE, 0);
        assertThatIllegalArgumentException().isThrownBy(() -> writer.writePage(3, PAGE, 0));
        assertThatIllegalStateException().isThrownBy(() -> writer.writePage(4, PAGE, 0));
        assertThatIllegalStateException().isThrownBy(writer::finish);
    }

    @Test
    void refusesPageZeroPagesBeyondTheCommitAndTheLockPage() throws IOException {
        LtxHeader header = LtxFiles.header(65536, 16386, 2, 2);
        for (long pgno : new long[] {-1, 0, 16385, 16387}) {
            LtxWriter writer = writer(header);
            assertThatIllegalArgumentException()
                    .as("page %d", pgno)
                    .isThrownBy(() -> writer.writePage(pgno, new byte[65536], 0));
        }
    }

    @Test
    void refusesTooFewBytesForAPage() throws IOException {
        LtxWriter writer = writer(LtxFiles.header(512, 9, 2, 2));
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> writer.writePage(1, PAGE, 1));
    }

    @Test
    void refusesASnapshotWithAHole() throws IOException {
        LtxWriter writer = writer(LtxFiles.header(512, 3, 1, 7));
        writer.writePage(1, PAGE, 0);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> writer.writePage(3, PAGE, 0))
                .withMessageContaining("page 2 of 3 is missing");
    }

    @Test
    void refusesToFinishASnapshotThatLacksPages() throws IOException {
        LtxWriter writer = writer(LtxFiles.header(512, 3, 1, 7));
        writer.writePage(1, PAGE, 0);
        assertThatIllegalArgumentException().isThrownBy(writer::finish).withMessageContaining("page 2 of 3 is missing");
    }

    @Test
    void refusesHeadersThatLitestreamCannotRestore() {
        LtxHeader tracking = new LtxHeader(0, 512, 1, TxidRange.of(1), 0, 0, 0, 0, 0, 0, 0);
        assertThatIllegalArgumentException().isThrownBy(() -> writer(tracking));
        assertThatIllegalArgumentException().isThrownBy(() -> writer(LtxFiles.header(512, 0, 1, 1)));
    }

    @Test
    void writesAFileWithoutPages() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new LtxWriter(out, LtxFiles.header(512, 3, 2, 2), PageEncoding.BLOCK).finish();
        assertThat(out.size()).isEqualTo(100 + 6 + 1 + 8 + 16);
        assertThat(LtxFiles.read(out.toByteArray())).isEmpty();
    }

    @Test
    void storesPagesThatDoNotCompressInsideLz4Frames() throws IOException {
        byte[] noise = new byte[512];
        new Random(1).nextBytes(noise);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        LtxWriter writer = new LtxWriter(out, LtxFiles.header(512, 3, 2, 2), PageEncoding.FRAME);
        writer.writePage(1, noise, 0);
        assertThat(writer.bytesWritten()).isEqualTo(100 + 6 + 7 + 4 + 512 + 4 + 4);
        writer.finish();
        assertThat(LtxFiles.read(out.toByteArray()).get(1L)).isEqualTo(noise);
    }

    @Test
    void doesNotCloseTheStream() throws IOException {
        OutputStream out = new ByteArrayOutputStream() {
            @Override
            public void close() {
                throw new AssertionError("closed");
            }
        };
        new LtxWriter(out, LtxFiles.header(512, 3, 2, 2), PageEncoding.BLOCK).finish();
    }

    @ParameterizedTest
    @EnumSource
    void keepsItsOrderOverManyIndexChunks(PageEncoding encoding) throws IOException {
        int commit = 40_000;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        LtxWriter writer = new LtxWriter(out, LtxFiles.header(512, commit, 1, 1), encoding);
        for (int pgno = 1; pgno <= commit; pgno++) {
            PAGE[pgno % 512] += (byte) pgno;
            writer.writePage(pgno, PAGE, 0);
        }
        writer.finish();
        byte[] file = out.toByteArray();
        try (LtxReader reader = LtxFiles.open(file)) {
            LtxIndex index = LtxIndex.load("file.ltx", file.length, LtxFiles.range(file));
            while (reader.next()) {
                if (reader.pgno() % 997 == 0) {
                    assertThat(index.page(reader.pgno())).isEqualTo(reader.page());
                }
            }
            assertThat(reader.pageCount()).isEqualTo(commit).isEqualTo(index.pageCount());
        }
    }

    private static LtxWriter writer(LtxHeader header) throws IOException {
        return new LtxWriter(new ByteArrayOutputStream(), header, PageEncoding.BLOCK);
    }
}
