package io.github.litestreamjdbc.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OwnerLockTest {
    @TempDir
    private Path directory;

    /** Another process: ends with 0 if it gets the lock. */
    public static void main(String[] arguments) throws IOException {
        try (FileChannel channel = FileChannel.open(Path.of(arguments[0]), StandardOpenOption.WRITE)) {
            System.exit(channel.tryLock() == null ? 1 : 0);
        }
    }

    private boolean isFreeForOthers() throws Exception {
        return new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java")
                                        .toString(),
                                "-cp",
                                System.getProperty("java.class.path"),
                                OwnerLockTest.class.getName(),
                                directory.resolve("owner.lock").toString())
                        .inheritIO()
                        .start()
                        .waitFor()
                == 0;
    }

    @Test
    void isRefusedWhileThisProcessHasItUnderAnotherNameTooAndStaysWithWhoHasIt() throws Exception {
        Path alias = Files.createDirectory(directory.resolve("below")).resolve("..");
        OwnerLock first = OwnerLock.tryAcquire(directory).orElseThrow();
        assertThatThrownBy(() -> OwnerLock.tryAcquire(alias))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("another database of this JVM");
        System.gc();
        assertThat(isFreeForOthers()).isFalse();
        first.close();
        assertThat(isFreeForOthers()).isTrue();
        OwnerLock second = OwnerLock.tryAcquire(alias).orElseThrow();
        first.close();
        assertThatThrownBy(() -> OwnerLock.tryAcquire(directory)).isInstanceOf(IOException.class);
        second.close();
    }
}
