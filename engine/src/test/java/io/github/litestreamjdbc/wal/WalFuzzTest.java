package io.github.litestreamjdbc.wal;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.testing.Allocation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** WALs of SQLite with bytes, lengths and page sizes changed: a verified range or a rule that is broken, in little memory. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WalFuzzTest {
    private static final int MUTATIONS = 600;

    /** A few buffers of the largest page size, whatever a header or a caller says. */
    private static final long MEMORY_BYTES = 4 << 20;

    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(ints = {512, 4096, 65536})
    void mutatedWalIsReadToItsLastSoundCommitOrRefused(int pageSizeBytes) throws Exception {
        long seed = Long.getLong("litestreamjdbc.seed", System.nanoTime());
        System.out.println("seed " + seed + " (-Dlitestreamjdbc.seed=" + seed + ")");
        Random random = new Random(seed);
        byte[] sound = realWal(pageSizeBytes);
        Path file = directory.resolve("mutated-wal");
        Files.write(file, sound);
        // Also loads what is loaded once.
        assertThat(isReadAsOriginal(file, sound.length, sound, random)).isTrue();
        int broken = 0;
        for (int i = 0; i < MUTATIONS; i++) {
            byte[] mutated = sound.clone();
            for (int n = random.nextInt(3); n >= 0; n--) {
                mutated = mutate(mutated, random);
            }
            if (mutated.length >= WalHeader.SIZE_BYTES && random.nextBoolean()) {
                fixHeaderChecksum(mutated);
            }
            Files.write(file, mutated);
            long before = Allocation.bytes();
            if (!isReadAsOriginal(file, mutated.length, sound, random)) {
                broken++;
            }
            assertThat(Allocation.bytes() - before).as("bytes allocated").isLessThan(MEMORY_BYTES);
        }
        assertThat(broken).as("mutations that were noticed").isGreaterThan(MUTATIONS / 2);
    }

    private byte[] realWal(int pageSizeBytes) throws Exception {
        Path database = directory.resolve("real-" + pageSizeBytes + ".db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA page_size=" + pageSizeBytes);
            statement.execute("PRAGMA journal_mode=WAL");
            statement.execute("CREATE TABLE t (x)");
            for (int i = 0; i < 5; i++) {
                statement.execute("INSERT INTO t VALUES (randomblob(" + (pageSizeBytes / 2) + "))");
            }
            return Files.readAllBytes(database.resolveSibling(database.getFileName() + "-wal"));
        }
    }

    private static byte[] mutate(byte[] wal, Random random) {
        // Half of the changes hit the header or a frame's header.
        int at = random.nextBoolean() ? random.nextInt(56) : random.nextInt(Math.max(1, wal.length));
        if (at + 8 > wal.length) {
            return wal;
        }
        ByteBuffer fields = ByteBuffer.wrap(wal);
        switch (random.nextInt(7)) {
            case 0 -> wal[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> fields.putInt(at, new int[] {-1, 0, Integer.MAX_VALUE, Integer.MIN_VALUE}[random.nextInt(4)]);
            case 2 -> fields.putInt(8, 1 << random.nextInt(32));
            case 3 -> {
                return Arrays.copyOf(wal, random.nextInt(wal.length));
            }
            case 4 -> {
                return Arrays.copyOf(wal, wal.length + random.nextInt(100_000));
            }
            case 5 -> System.arraycopy(wal, random.nextInt(wal.length - 8), wal, at, 8);
            default -> fields.putLong(at, random.nextLong());
        }
        return wal;
    }

    private static void fixHeaderChecksum(byte[] wal) {
        ByteBuffer fields = ByteBuffer.wrap(wal);
        WalChecksum checksum = WalChecksum.START.update(fields.getInt(0) == 0x377f0683, wal, 0, 24);
        fields.putInt(24, checksum.s0()).putInt(28, checksum.s1());
    }

    /** Whether all of the WAL was accepted; what was accepted of it is checked against the original. */
    private static boolean isReadAsOriginal(Path file, long lengthBytes, byte[] sound, Random random)
            throws IOException {
        try (WalFile wal = new WalFile(file)) {
            Optional<WalHeader> found = wal.header();
            if (found.isEmpty()) {
                return false;
            }
            WalHeader header = found.get();
            WalCursor start = WalCursor.before(header);
            for (long end : new long[] {1, random.nextInt(100), 1L << 33, Long.MAX_VALUE >> 20}) {
                check(WalReader.read(wal, header, start, end, Long.MAX_VALUE), header, lengthBytes);
                check(WalReader.read(wal, header, start, end, random.nextInt(10_000)), header, lengthBytes);
            }
            long last = WalReader.lastCommit(wal, header);
            if (last == 0) {
                return false;
            }
            WalReader.Result result = WalReader.read(wal, header, start, last, Long.MAX_VALUE);
            assertThat(result).as("what the chain reaches is read").isInstanceOf(WalReader.Range.class);
            check(result, header, lengthBytes);
            WalReader.Range range = (WalReader.Range) result;
            byte[] page = new byte[header.pageSizeBytes()];
            for (long pgno : range.pages().sortedPages()) {
                long frame = range.pages().frameOf(pgno);
                wal.readFrame(page.length, frame, page);
                int offset = (int) header.frameOffset(frame) + WalHeader.FRAME_HEADER_BYTES;
                assertThat(page).as("page %d", pgno).isEqualTo(Arrays.copyOfRange(sound, offset, offset + page.length));
            }
            return header.frameOffset(last + 1) == sound.length;
        }
    }

    private static void check(WalReader.Result result, WalHeader header, long lengthBytes) {
        if (result instanceof WalReader.Range range) {
            assertThat(header.frameOffset(range.end().frame() + 1))
                    .as("end of what was accepted")
                    .isLessThanOrEqualTo(lengthBytes);
            assertThat((long) range.pages().size())
                    .isLessThanOrEqualTo(range.end().frame());
        } else {
            assertThat(((WalReader.Broken) result).rule()).isNotEmpty();
        }
    }
}
