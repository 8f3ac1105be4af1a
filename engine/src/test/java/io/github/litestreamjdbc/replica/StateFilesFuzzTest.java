package io.github.litestreamjdbc.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.capture.RestoreMarker;
import io.github.litestreamjdbc.capture.StateFile;
import io.github.litestreamjdbc.ltx.Txid;
import io.github.litestreamjdbc.testing.Allocation;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged state files in the meta directory are like none: they keep nobody from opening the database. */
class StateFilesFuzzTest {
    private static final String URL = "file:///backup/app";
    private static final long MEMORY_BYTES = 1 << 20;

    @TempDir
    private Path meta;

    @Test
    void damagedMarkerIsPossibleOrNone() throws Exception {
        long seed = Long.getLong("litestreamjdbc.seed", System.nanoTime());
        System.out.println("seed " + seed + " (-Dlitestreamjdbc.seed=" + seed + ")");
        Random random = new Random(seed);
        byte[] sound = new RestoreMarker(17, 42, 8192, 1_700_000_000_000L).encode();
        int refused = 0;
        for (int i = 0; i < 5000; i++) {
            Files.write(RestoreMarker.path(meta), mutated(sound, random));
            long before = Allocation.bytes();
            Optional<RestoreMarker> marker = RestoreMarker.read(meta);
            assertThat(Allocation.bytes() - before).as("bytes allocated").isLessThan(MEMORY_BYTES);
            if (marker.isEmpty()) {
                refused++;
            } else {
                assertThat(Txid.compare(marker.get().txid(), marker.get().newestTxid()))
                        .isNotPositive();
                assertThat(marker.get().sizeBytes()).isNotNegative();
            }
        }
        assertThat(refused).isGreaterThan(500);
    }

    @Test
    void damagedMemoryOfTheReplicaIsThatOfAnother() throws Exception {
        long seed = Long.getLong("litestreamjdbc.seed", System.nanoTime());
        System.out.println("seed " + seed + " (-Dlitestreamjdbc.seed=" + seed + ")");
        Random random = new Random(seed);
        byte[] sound = (URL + "\n").getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < 5000; i++) {
            byte[] mutated = mutated(sound, random);
            Files.write(meta.resolve("replica"), mutated);
            boolean same =
                    new String(mutated, StandardCharsets.ISO_8859_1).strip().equals(URL);
            assertThat(new SeenReplica(meta, URL).seen())
                    .as(Arrays.toString(mutated))
                    .isEqualTo(same);
        }
    }

    @Test
    void fileOfManyGigabytesIsNotReadIntoMemory() throws Exception {
        for (Path file : new Path[] {meta.resolve("replica"), RestoreMarker.path(meta)}) {
            try (FileChannel sparse = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                sparse.write(ByteBuffer.allocate(1), 8L << 30);
            }
        }
        long before = Allocation.bytes();
        assertThat(new SeenReplica(meta, URL).seen()).isFalse();
        assertThat(RestoreMarker.read(meta)).isEmpty();
        assertThat(StateFile.read(meta.resolve("replica"))).isEmpty();
        assertThat(Allocation.bytes() - before).as("bytes allocated").isLessThan(MEMORY_BYTES);
    }

    private static byte[] mutated(byte[] sound, Random random) {
        byte[] bytes = sound.clone();
        for (int n = random.nextInt(4); n >= 0; n--) {
            int at = random.nextInt(bytes.length);
            switch (random.nextInt(5)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt();
                case 2 -> bytes[at] = (byte) "\\u-+=#9\n".charAt(random.nextInt(8));
                case 3 -> bytes = Arrays.copyOf(bytes, 1 + random.nextInt(bytes.length));
                default -> System.arraycopy(bytes, random.nextInt(bytes.length), bytes, at, 1);
            }
        }
        return bytes;
    }
}
