package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a restore takes of the heap, in a JVM that has little and in one that has much. */
class RestoreMemoryTest {
    private static final int PAGES = 80_000;
    private static final int CHANGES = 300;

    /** Promised by default, garbage included. */
    private static final long MOST_HEAP_BYTES = 256L << 20;

    /** What is left of the promise for the application's part of this measurement and for garbage. */
    private static final long MOST_BUFFER_BYTES = 128L << 20;

    @TempDir
    private Path directory;

    @Test
    void heapIsBoundedHoweverMuchThereIsOfItAndHoweverLargeTheDatabase() throws Exception {
        createReplica();
        for (String heap : List.of("-Xmx160m", "-Xmx3g")) {
            Path target = directory.resolve("restored.db");
            try (ChildJvm child = start(heap, target)) {
                long peak = Long.parseLong(child.readLine());
                long buffers = Long.parseLong(child.readLine());
                System.out.println(heap + ": heap " + (peak >> 20) + " MB, of it buffers " + (buffers >> 20) + " MB");
                assertThat(peak).as("heap with %s", heap).isLessThan(MOST_HEAP_BYTES);
                assertThat(buffers).as("buffers with %s", heap).isBetween(1L << 20, MOST_BUFFER_BYTES);
                assertThat(child.readLine()).as("buffers afterwards").isEqualTo("0");
                assertThat(child.exitCode()).isZero();
            }
            assertThat(Files.size(target)).isEqualTo((long) PAGES * RandomLtx.PAGE_SIZE);
            Files.delete(target);
        }
    }

    private ChildJvm start(String heap, Path target) throws IOException {
        List<String> command = new ArrayList<>(ChildJvm.command(
                RestoringMain.class, directory.resolve("replica").toUri().toString(), target.toString()));
        command.set(1, heap);
        command.removeIf(option -> option.startsWith("-XX:"));
        return ChildJvm.start(command, directory.resolve("errors"));
    }

    /** Pages that do not compress, so that as many bytes are downloaded as are written. */
    private void createReplica() throws IOException {
        RandomLtx files = new RandomLtx(directory.resolve("replica"), PAGES);
        files.write(1, PAGES, 1);
        for (int txid = 2; txid <= CHANGES; txid++) {
            files.write(txid, 10, PAGES / 10);
        }
    }
}
