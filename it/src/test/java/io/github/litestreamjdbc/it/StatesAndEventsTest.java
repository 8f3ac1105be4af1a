package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.litestreamjdbc.api.ReplicationEvent.Kind;
import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.engine.Databases;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every state and every event happens to a real engine, and reading, notification and log say what docs/operations.md says. */
class StatesAndEventsTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @EnumSource
    void everyEventHappensAndIsToldAsThePageSays(Kind kind) throws Exception {
        OperationsPage.Row row = OperationsPage.rows("Events").get(kind.name());
        try (Scene scene = new Scene(directory)) {
            scene.bringAbout(kind);
            row.verify(scene);
            assertEveryLineIsOneAndKeyed(scene);
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyStateIsReachedAndToldAsThePageSays(ReplicationState state) throws Exception {
        OperationsPage.Row row = OperationsPage.rows("States").get(state.name());
        try (Scene scene = new Scene(directory)) {
            scene.bringAbout(state);
            await(row.toString())
                    .untilAsserted(
                            () -> assertThat(scene.reading("State").toString()).isEqualTo(state.name()));
            row.verify(scene);
            assertThat(scene.reading("State")).hasToString(state.name());
            boolean well = Databases.isWell(Databases.readings().get("app.db"));
            assertThat(well ? "UP" : "DOWN").isEqualTo(row.cells().get("health"));
            assertEveryLineIsOneAndKeyed(scene);
        }
    }

    @Test
    void thePageHasEveryStateAndEventAndNoOther() {
        assertThat(OperationsPage.rows("Events").keySet()).containsExactlyElementsOf(names(Kind.values()));
        assertThat(OperationsPage.rows("States").keySet()).containsExactlyElementsOf(names(ReplicationState.values()));
    }

    private static Iterable<String> names(Enum<?>[] values) {
        return Arrays.stream(values).map(Enum::name).toList();
    }

    private static void assertEveryLineIsOneAndKeyed(Scene scene) {
        assertThat(scene.watch().lines())
                .isNotEmpty()
                .allSatisfy(line -> assertThat(line)
                        .matches("(INFO|WARNING|ERROR) [a-z0-9.-]+=(\"([^\"\\\\]|\\\\.)*\"|[^ \"=]+) [^\\p{Cntrl}]+"));
    }
}
