package io.github.litestreamjdbc.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.litestreamjdbc.testing.FaultyFiles;
import io.github.litestreamjdbc.testing.FaultyFiles.Step;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a directory store does when the disk fails, and in which order it makes things durable. */
class DirectoryStoreFaultsTest {
    private static final String KEY = "ltx/0/a";
    private static final ObjectBody BODY = ObjectBody.of(new byte[100_000]);

    @TempDir
    private Path directory;

    private final List<String> steps = new ArrayList<>();
    private Step failing;

    private DirectoryStore store() {
        FaultyFiles files = new FaultyFiles((step, path) -> {
            steps.add(step + " " + (path.toString().endsWith(".tmp") ? "tmp" : directory.relativize(path)));
            if (step == failing) {
                throw new IOException("No space left on device");
            }
        });
        return new DirectoryStore(files.path(directory), FileModes.PRIVATE, true);
    }

    private void put(DirectoryStore store) throws IOException {
        store.put(KEY, BODY, Instant.EPOCH, Precondition.IF_ABSENT);
    }

    @Test
    void contentIsDurableBeforeTheNameAndTheNameBeforeThePutReturns() throws IOException {
        put(store());

        assertThat(steps)
                .containsSubsequence("WRITE tmp", "FORCE tmp", "LINK " + KEY, "DELETE tmp", "FORCE_DIRECTORY ltx/0");
        assertThat(steps).as("a new folder's own name").contains("FORCE_DIRECTORY ", "FORCE_DIRECTORY ltx");
        assertThat(steps.lastIndexOf("WRITE tmp")).isLessThan(steps.indexOf("FORCE tmp"));
    }

    @Test
    void aFailureAtAnyStepBeforeTheNameLeavesNothing() throws IOException {
        DirectoryStore store = store();
        for (Step step : List.of(Step.CREATE_DIRECTORY, Step.OPEN_WRITE, Step.WRITE, Step.FORCE)) {
            failing = step;
            assertThatThrownBy(() -> put(store)).as("%s", step).isInstanceOf(IOException.class);
            failing = null;
            assertThat(files()).as("after %s", step).isEmpty();
        }
        put(store);
        assertThat(files()).containsExactly(KEY);
    }

    @Test
    void aFailedSyncOfTheFolderFailsThePut() {
        DirectoryStore store = store();
        failing = Step.FORCE_DIRECTORY;
        assertThatThrownBy(() -> put(store)).isInstanceOf(IOException.class);
    }

    private List<String> files() throws IOException {
        try (Stream<Path> tree = Files.walk(directory)) {
            return tree.filter(Files::isRegularFile)
                    .map(file -> directory.relativize(file).toString())
                    .toList();
        }
    }
}
