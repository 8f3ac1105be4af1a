package io.github.litestreamjdbc.ltx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.litestreamjdbc.testing.Golden;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Merging the files that Litestream planned gives the database that Litestream restored, or fails where it failed. */
class GoldenMergeTest {
    @Test
    void restoresEveryPlanOfTheReference() throws IOException {
        int restores = 0;
        for (Golden.Case golden : Golden.load().cases()) {
            if (golden.json().has("slow") || golden.json().has("plan_note")) {
                continue;
            }
            for (JsonNode restore : Golden.elements(golden.json().path("restores"))) {
                restores += assertRestores(golden.name(), golden.root(), restore);
            }
        }
        assertThat(restores).isGreaterThan(200);
    }

    @Test
    void restoresChainsWithABadFileOnlyWhereItIsNotNeeded() throws IOException {
        Golden.Case golden = Golden.load().named("corrupt-in-chain");
        int restores = 0;
        for (JsonNode replica : Golden.elements(golden.json().path("sub_replicas"))) {
            String dir = replica.path("dir").asText();
            for (JsonNode restore : Golden.elements(replica.path("restores"))) {
                restores += assertRestores(dir, golden.root().resolve(dir), restore);
            }
        }
        assertThat(restores).isGreaterThan(20);
    }

    @Test
    void restoresChainsWithChecksumsWhereTheReferenceDoes() throws IOException {
        Golden.Case golden = Golden.load().named("checksums");
        int restores = 0;
        for (JsonNode replica : Golden.elements(golden.json().path("sub_replicas"))) {
            String dir = replica.path("dir").asText();
            restores += assertRestores(dir, golden.root().resolve(dir), replica.path("litestream_restore"));
        }
        assertThat(restores).isEqualTo(8);
    }

    @Test
    void restoresSingleFilesWhereTheReferenceDoesUnlessStricter() throws IOException {
        Golden.Case golden = Golden.load().named("corrupt");
        for (JsonNode file : Golden.elements(golden.json().path("corrupt"))) {
            String name = file.path("file").asText();
            JsonNode verdict = file.path("litestream_restore_as_0000000000000001");
            Stream<Path> path = Stream.of(golden.root().resolve(name));
            if (verdict.path("ok").asBoolean() && !GoldenLtxTest.STRICTER_THAN_REFERENCE.contains(name)) {
                assertThat(mergedChecksum(path))
                        .as(name)
                        .isEqualTo(verdict.path("ltx_checksum").asText());
            } else {
                assertThat(catchThrowable(() -> mergedChecksum(path))).as(name).isInstanceOf(LtxFormatException.class);
            }
        }
    }

    /** Returns how many restores it has compared: none if there was no plan. */
    private static int assertRestores(String name, Path replica, JsonNode restore) throws IOException {
        if (!restore.path("plan").isArray()) {
            return 0;
        }
        String what = name + " " + restore.path("id").asText();
        Stream<Path> files = Golden.elements(restore.path("plan")).stream()
                .map(file -> replica.resolve("ltx")
                        .resolve(file.path("level").asText())
                        .resolve(file.path("name").asText()));
        if (restore.path("ok").asBoolean()) {
            assertThat(mergedChecksum(files))
                    .as(what)
                    .isEqualTo(restore.path("ltx_checksum").asText());
        } else {
            assertThat(catchThrowable(() -> mergedChecksum(files))).as(what).isInstanceOf(LtxFormatException.class);
        }
        return 1;
    }

    private static String mergedChecksum(Stream<Path> files) throws IOException {
        List<LtxReader> inputs = new ArrayList<>();
        for (Path file : files.toList()) {
            inputs.add(
                    new LtxReader(file.getFileName().toString(), new ByteArrayInputStream(Files.readAllBytes(file))));
        }
        long rolling = PageChecksum.FLAG;
        LtxMerge merge = new LtxMerge(inputs);
        while (merge.next()) {
            long page = PageChecksum.of(merge.pgno(), merge.page(), 0, merge.page().length);
            rolling = PageChecksum.toggle(rolling, page);
        }
        return Txid.format(rolling);
    }
}
