package io.github.litestreamjdbc.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.litestreamjdbc.spi.DirectoryStore;
import io.github.litestreamjdbc.spi.FileModes;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.ObjectNotFoundException;
import io.github.litestreamjdbc.spi.Precondition;
import io.github.litestreamjdbc.testing.BreakingStore;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResumingInputStreamTest {
    private static final String KEY = "a/object";

    @TempDir
    private Path directory;

    private final byte[] content = new byte[10_000];
    private BreakingStore store;

    @BeforeEach
    void storeAnObject() throws IOException {
        new Random(1).nextBytes(content);
        store = new BreakingStore(new DirectoryStore(directory, FileModes.PRIVATE, true));
        store.put(KEY, ObjectBody.of(content), Instant.EPOCH, Precondition.NONE);
    }

    private ResumingInputStream open() throws IOException {
        return new ResumingInputStream(store, KEY, content.length);
    }

    private void replace(byte[] other) throws IOException {
        Path file = directory.resolve(KEY);
        Files.write(file, other);
        Files.setLastModifiedTime(file, FileTime.fromMillis(1_700_000_000_000L));
    }

    @Test
    void readsAWholeObject() throws IOException {
        try (ResumingInputStream in = open()) {
            assertThat(in.readAllBytes()).isEqualTo(content);
            assertThat(in.read()).isEqualTo(-1);
        }
        assertThat(store.open()).isZero();
    }

    @Test
    void readsByteByByte() throws IOException {
        try (ResumingInputStream in = open()) {
            for (byte expected : content) {
                assertThat(in.read()).isEqualTo(expected & 0xff);
            }
            assertThat(in.read()).isEqualTo(-1);
            assertThat(in.read(new byte[0], 0, 0)).isZero();
        }
    }

    @Test
    void goesOnWhereALineBroke() throws IOException {
        store.breakReads(KEY, 3000, 2);
        try (ResumingInputStream in = open()) {
            assertThat(in.readAllBytes()).isEqualTo(content);
        }
        assertThat(store.offsets()).containsExactly(0L, 3000L, 6000L);
        assertThat(store.open()).as("broken reads are closed").isZero();
    }

    @Test
    void anyNumberOfBreaksIsEnduredAsLongAsBytesComeInBetween() throws IOException {
        store.breakReads(KEY, 1000, 9);
        try (ResumingInputStream in = open()) {
            assertThat(in.readAllBytes()).isEqualTo(content);
        }
        assertThat(store.offsets()).hasSize(10);
    }

    @Test
    void givesUpAfterFourAttemptsWithoutAByte() throws IOException {
        store.breakReads(KEY, 0, Integer.MAX_VALUE);
        try (ResumingInputStream in = open()) {
            assertThatThrownBy(in::readAllBytes).isInstanceOf(IOException.class).hasMessage("the line broke");
        }
        assertThat(store.offsets()).containsExactly(0L, 0L, 0L, 0L);
        assertThat(store.open()).isZero();
    }

    @Test
    void objectThatEndsEarlyIsAnError() throws IOException {
        try (ResumingInputStream in = open()) {
            in.readNBytes(8192);
            try (var file = Files.newByteChannel(directory.resolve(KEY), java.nio.file.StandardOpenOption.WRITE)) {
                file.truncate(9000);
            }
            assertThatThrownBy(in::readAllBytes)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(KEY)
                    .hasMessageContaining("was replaced");
        }
        assertThat(store.open()).isZero();
    }

    @Test
    void objectOfAnotherSizeThanListedIsRefusedAtOnce() {
        assertThatThrownBy(() -> new ResumingInputStream(store, KEY, content.length + 1))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(KEY)
                .hasMessageContaining("was replaced");
        assertThat(store.open()).isZero();
    }

    @Test
    void objectReplacedBetweenTwoReadsIsNeverMixed() throws IOException {
        store.breakReads(KEY, 3000, 1);
        try (ResumingInputStream in = open()) {
            in.readNBytes(3000);
            byte[] other = content.clone();
            Arrays.fill(other, (byte) 1);
            replace(other);
            assertThatThrownBy(in::readAllBytes)
                    .isInstanceOf(IOException.class)
                    .isNotInstanceOf(EOFException.class)
                    .hasMessageContaining("was replaced while it was read");
        }
        assertThat(store.open()).isZero();
    }

    @Test
    void objectThatIsGoneIsNotAskedForAgain() throws IOException {
        store.breakReads(KEY, 3000, 1);
        try (ResumingInputStream in = open()) {
            in.readNBytes(3000);
            Files.delete(directory.resolve(KEY));
            assertThatThrownBy(in::readAllBytes).isInstanceOf(IOException.class);
            assertThatThrownBy(in::readAllBytes).isInstanceOf(ObjectNotFoundException.class);
        }
        assertThat(store.open()).isZero();
    }

    @Test
    void emptyObjectHasNoBytes() throws IOException {
        store.put("empty", ObjectBody.of(new byte[0]), Instant.EPOCH, Precondition.NONE);
        try (ResumingInputStream in = new ResumingInputStream(store, "empty", 0)) {
            assertThat(in.read()).isEqualTo(-1);
        }
    }
}
