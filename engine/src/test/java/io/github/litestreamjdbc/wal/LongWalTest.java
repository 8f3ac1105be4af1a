package io.github.litestreamjdbc.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** WALs longer than 32 bits can count, as sparse files. */
class LongWalTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(longs = {2L << 30, 4L << 30, 5L << 30})
    void framesAreReadWhereverTheyLie(long beginBytes) throws Exception {
        int pageSize = 65536;
        long frame = beginBytes / (pageSize + WalHeader.FRAME_HEADER_BYTES) + 2;
        WalSalts salts = new WalSalts(7, 8);
        WalHeader header = new WalHeader(false, pageSize, salts, WalChecksum.START);
        WalCursor before = new WalCursor(salts, frame - 1, new WalChecksum(11, 12));
        byte[] bytes = new byte[pageSize + WalHeader.FRAME_HEADER_BYTES];
        Arrays.fill(bytes, WalHeader.FRAME_HEADER_BYTES, bytes.length, (byte) 42);
        ByteBuffer fields = ByteBuffer.wrap(bytes);
        fields.putInt(0, 3).putInt(4, 9).putInt(8, 7).putInt(12, 8);
        WalChecksum checksum = before.checksum()
                .update(false, bytes, 0, 8)
                .update(false, bytes, WalHeader.FRAME_HEADER_BYTES, pageSize);
        fields.putInt(16, checksum.s0()).putInt(20, checksum.s1());
        Path file = directory.resolve("app.db-wal");
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.seek(beginBytes / bytes.length * bytes.length + bytes.length + WalHeader.SIZE_BYTES);
            out.write(bytes);
        }
        assertThat(Files.size(file)).isGreaterThan(beginBytes);
        try (WalFile wal = new WalFile(file)) {
            WalReader.Result result = WalReader.read(wal, header, before, frame, Long.MAX_VALUE);
            assertThat(result).isInstanceOfSatisfying(WalReader.Range.class, range -> {
                assertThat(range.end()).isEqualTo(new WalCursor(salts, frame, checksum));
                assertThat(range.pages().frameOf(3)).isEqualTo(frame);
            });
            byte[] page = new byte[pageSize];
            wal.readFrame(pageSize, frame, page);
            assertThat(page).containsOnly(42);
        }
    }

    @Test
    void pageAndFrameNumbersAreUnsigned() {
        PageMap pages = new PageMap();
        long page = 0xFFFF_FFFEL;
        pages.put(page, 0xFFFF_FFF0L);
        pages.put(1, 2);
        assertThat(pages.frameOf(page)).isEqualTo(0xFFFF_FFF0L);
        assertThat(pages.sortedPages()).containsExactly(1, page);
        pages.truncate(page - 1);
        assertThat(pages.sortedPages()).containsExactly(1);
    }
}
