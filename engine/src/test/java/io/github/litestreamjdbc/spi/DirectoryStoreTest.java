package io.github.litestreamjdbc.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.litestreamjdbc.testing.ObjectStoreContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryStoreTest extends ObjectStoreContract {
    @TempDir
    private Path directory;

    private Path root;

    @Override
    protected ObjectStore open() {
        root = directory.resolve("deep/down/root");
        return new DirectoryStore(root, FileModes.PRIVATE, false);
    }

    @Test
    void modificationTimeIsTheCreation() throws Exception {
        put("ltx/0/a", "x");
        assertThat(Files.getLastModifiedTime(root.resolve("ltx/0/a")).toInstant())
                .isEqualTo(CREATED);
    }

    @Test
    void modesAreThoseAskedFor() throws Exception {
        FileModes modes = new FileModes(
                PosixFilePermissions.fromString("rw-rw----"), PosixFilePermissions.fromString("rwxrwx---"));
        Path other = directory.resolve("other");
        new DirectoryStore(other, modes, false).put("a/b", body("x"), CREATED, Precondition.IF_ABSENT);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(other.resolve("a/b"))))
                .isEqualTo("rw-rw----");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(other.resolve("a"))))
                .isEqualTo("rwxrwx---");
        put("c", "private");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(root.resolve("c"))))
                .isEqualTo("rw-------");
    }

    @Test
    void nothingButTheObjectIsLeft() throws Exception {
        put("a/b", "x");
        store.put("a/c", body("y"), CREATED, Precondition.IF_ABSENT);
        assertThatThrownBy(() -> store.put("a/c", body("z"), CREATED, Precondition.IF_ABSENT))
                .isInstanceOf(PreconditionFailedException.class);
        try (Stream<Path> files = Files.list(root.resolve("a"))) {
            assertThat(files.map(file -> file.getFileName().toString())).containsExactlyInAnyOrder("b", "c");
        }
    }

    @Test
    void rootThatVanishedIsUnreachableAndNotMadeAgain() throws Exception {
        put("a", "x");
        Files.delete(root.resolve("a"));
        Files.delete(root);
        assertThatThrownBy(() -> keys("", "")).isInstanceOf(IOException.class).hasMessageContaining("gone");
        assertThatThrownBy(() -> put("a", "y")).isInstanceOf(IOException.class).hasMessageContaining("gone");
        assertThatThrownBy(() -> get("a", 0, 1)).isInstanceOf(IOException.class).hasMessageContaining("gone");
        assertThat(root).doesNotExist();
    }

    @Test
    void rootBeingCreatedByAnotherThreadIsNotTakenForOneThatVanished() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(4);
        try {
            for (int round = 0; round < 300; round++) {
                DirectoryStore fresh = new DirectoryStore(directory.resolve("fresh" + round), FileModes.PRIVATE, false);
                CyclicBarrier together = new CyclicBarrier(4);
                List<Future<?>> puts = new ArrayList<>();
                for (int thread = 0; thread < 4; thread++) {
                    String key = "key" + thread;
                    puts.add(pool.submit(() -> {
                        together.await();
                        return fresh.put(key, body("x"), CREATED, Precondition.IF_ABSENT);
                    }));
                }
                for (Future<?> put : puts) {
                    put.get();
                }
            }
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void rootThatMustExistIsUnreachableIfItDoesNot() {
        DirectoryStore known = new DirectoryStore(root, FileModes.PRIVATE, true);
        assertThatThrownBy(() -> known.list("", "", object -> {}))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(root.toString());
    }

    @Test
    void rootThatIsAFileIsRefused() throws Exception {
        Files.createDirectories(root.getParent());
        Files.writeString(root, "a file");
        assertThatThrownBy(() -> keys("ltx/0/", "")).isInstanceOf(StoreConfigurationException.class);
        assertThatThrownBy(() -> put("a", "x")).isInstanceOf(IOException.class);
        assertThat(root).hasContent("a file");
    }

    @Test
    void temporariesAreNeverListedAndCanBeDeleted() throws Exception {
        put("ltx/0/a", "x");
        Files.writeString(root.resolve("ltx/0/half.123.tmp"), "half");
        Files.writeString(root.resolve("notes.tmp"), "somebody else's");
        assertThat(keys("", "")).containsExactly("ltx/0/a");
        ((DirectoryStore) store).deleteTemporaries();
        assertThat(root.resolve("ltx/0/half.123.tmp")).doesNotExist();
        assertThat(root.resolve("notes.tmp")).hasContent("somebody else's");
        assertThat(keys("", "")).containsExactly("ltx/0/a");
    }

    @Test
    void abandonedFileLeavesNothing() throws Exception {
        try (PendingFile pending = ((DirectoryStore) store).create("ltx/0/a")) {
            pending.output().write(1);
        }
        try (Stream<Path> files = Files.list(root.resolve("ltx/0"))) {
            assertThat(files).isEmpty();
        }
    }

    @Test
    void keysThatLeadElsewhereAreRefused() {
        for (String key : List.of("../a", "a/../../b", "/a", "", "a//b", "a/./b")) {
            assertThatThrownBy(() -> put(key, "x")).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
