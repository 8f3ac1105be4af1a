package io.github.litestreamjdbc.capture;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.testing.Golden;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Databases and WALs as Litestream left them: the next level-0 file that we make is the one that it made. */
class WalFixturesTest {
    @TempDir
    private Path directory;

    @Test
    void makesTheSameLevelZeroFilesAsLitestream() throws Exception {
        Golden.Case fixtures = Golden.load().named("wal-fixtures");
        Path root = fixtures.copyTo(directory.resolve("golden"));
        List<String> before = new ArrayList<>();
        for (JsonNode step : Golden.elements(fixtures.json().path("steps"))) {
            List<String> made = new ArrayList<>();
            step.path("new_l0").forEach(name -> made.add(name.asText()));
            check(root, step.path("dir").asText(), before, made);
            before.addAll(made);
        }
        assertThat(before).hasSize(6);
    }

    private void check(Path root, String name, List<String> before, List<String> made) throws Exception {
        Path file = Files.createDirectories(directory.resolve("work-" + name)).resolve("app.db");
        Files.copy(root.resolve(name + "/app.db"), file);
        Files.copy(root.resolve(name + "/app.db-wal"), file.resolveSibling("app.db-wal"));
        Path levelZero = Files.createDirectories(CaptureRig.metaOf(file).resolve("ltx/0"));
        for (String ltx : before) {
            Files.copy(root.resolve("ltx/0/" + ltx), levelZero.resolve(ltx));
        }
        try (CaptureRig rig = CaptureRig.open(file).begin()) {
            assertThat(rig.state()).isEqualTo(ReplicationState.STREAMING);
            List<String> all = new ArrayList<>(before);
            all.addAll(made);
            assertThat(rig.local.list().stream().map(ltx -> ltx.txids().fileName()))
                    .as(name)
                    .isEqualTo(all);
            for (String ltx : made) {
                assertThat(CaptureRig.content(levelZero.resolve(ltx)))
                        .as("%s %s", name, ltx)
                        .usingRecursiveComparison()
                        .isEqualTo(CaptureRig.content(root.resolve("ltx/0/" + ltx)));
            }
        }
    }

    @Test
    void readsAWalWithBigEndianChecksums() throws Exception {
        Golden.Case fixtures = Golden.load().named("wal-fixtures");
        Path root = fixtures.copyTo(directory.resolve("golden"));
        Path file = directory.resolve("app.db");
        Files.copy(root.resolve("big-endian/app.db"), file);
        Files.copy(root.resolve("big-endian/app.db-wal"), file.resolveSibling("app.db-wal"));
        try (CaptureRig rig = CaptureRig.open(file).begin()) {
            assertThat(CaptureRig.content(rig.local.path(1)))
                    .usingRecursiveComparison()
                    .isEqualTo(CaptureRig.content(root.resolve("big-endian/expected-l0.ltx")));
        }
    }
}
