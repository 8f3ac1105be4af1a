package io.github.litestreamjdbc.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.litestreamjdbc.api.ReplicationConfig.IntegrityCheck;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.api.RestoreOptions;
import io.github.litestreamjdbc.api.RestoreOptions.Format;
import io.github.litestreamjdbc.api.RestoreTarget;
import io.github.litestreamjdbc.ltx.Txid;
import io.github.litestreamjdbc.spi.DirectoryStore;
import io.github.litestreamjdbc.spi.FileModes;
import io.github.litestreamjdbc.spi.KeyLayout;
import io.github.litestreamjdbc.store.LtxFile;
import io.github.litestreamjdbc.store.LtxStore;
import io.github.litestreamjdbc.testing.Golden;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Replicas made by Litestream, restored by us: the same success or failure, the same bytes, the same plan. */
class GoldenRestoreTest {
    private static final String LARGE = "lock-page";

    @TempDir
    private Path directory;

    private int restores;

    /**
     * Where Litestream silently gives an older state, ours refuses; with the explicit option it gives the same. These rows
     * and no others.
     */
    private static final Map<String, UnaryOperator<RestoreOptions>> DIFFERENT = Map.of(
            "gap-l0-missing ts-after-gap",
            options -> new RestoreOptions(options.target(), Format.AUTO, true, IntegrityCheck.FULL, 16),
            "v03-and-ltx ts-1795241718685",
            GoldenRestoreTest::ofLitestream03,
            "v03-and-ltx ts-1795241719220",
            GoldenRestoreTest::ofLitestream03);

    private static RestoreOptions ofLitestream03(RestoreOptions options) {
        return new RestoreOptions(options.target(), Format.V03, false, IntegrityCheck.FULL, 16);
    }

    private static RestoreOptions options(JsonNode restore) {
        return RestoreOptions.DEFAULTS.withTarget(target(restore)).withIntegrityCheck(IntegrityCheck.FULL);
    }

    private static RestoreTarget target(JsonNode restore) {
        JsonNode args = restore.path("args");
        if (args.isEmpty()) {
            return RestoreTarget.LATEST;
        }
        String value = args.get(1).asText();
        return switch (args.get(0).asText()) {
            case "-txid" -> new RestoreTarget.AtTxid(Txid.parse(value));
            case "-timestamp" -> new RestoreTarget.AtTime(Instant.parse(value));
            default -> throw new IllegalArgumentException("unknown option " + args);
        };
    }

    @TestFactory
    Stream<DynamicTest> restoresEveryCaseAsLitestreamDoes() throws Exception {
        return Golden.load().cases().stream()
                .filter(each -> !each.name().equals(LARGE))
                .flatMap(this::restoresOf);
    }

    @Test
    void rowsThatDifferOnPurposeExist() throws Exception {
        Set<String> rows = new HashSet<>();
        for (Golden.Case golden : Golden.load().cases()) {
            for (JsonNode restore : Golden.elements(golden.json().path("restores"))) {
                rows.add(golden.name() + " " + restore.path("id").asText());
            }
        }
        assertThat(rows).containsAll(DIFFERENT.keySet());
    }

    private Stream<DynamicTest> restoresOf(Golden.Case golden) {
        try {
            Path root = golden.copyTo(directory.resolve(golden.name()));
            List<DynamicTest> tests = new ArrayList<>(tests(golden.name(), root, golden.json()));
            for (JsonNode sub : Golden.elements(golden.json().path("sub_replicas"))) {
                String name = sub.path("dir").asText();
                tests.addAll(tests(golden.name() + "/" + name, root.resolve(name), sub));
                for (String latest : List.of("litestream_restore", "restore")) {
                    if (sub.has(latest)) {
                        tests.add(test(golden.name() + "/" + name, root.resolve(name), sub.path(latest)));
                    }
                }
            }
            return tests.stream();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private List<DynamicTest> tests(String name, Path root, JsonNode json) {
        return Golden.elements(json.path("restores")).stream()
                .map(restore -> test(name, root, restore))
                .toList();
    }

    private DynamicTest test(String name, Path root, JsonNode expected) {
        return DynamicTest.dynamicTest(
                name + " " + expected.path("id").asText(),
                () -> check(name + " " + expected.path("id").asText(), root, expected));
    }

    private void check(String row, Path root, JsonNode expected) throws Exception {
        LtxStore replica = new LtxStore(new DirectoryStore(root, FileModes.PRIVATE, true), KeyLayout.DIRECTORY);
        RestoreOptions options = options(expected);
        if (DIFFERENT.containsKey(row)) {
            Path refused = directory.resolve("refused-" + ++restores);
            assertThatThrownBy(() -> restore(replica, refused, options(expected)))
                    .isInstanceOf(ReplicationException.Config.class)
                    .hasMessageContaining("Nearest that can be restored: ");
            assertThat(refused).doesNotExist();
            options = DIFFERENT.get(row).apply(options);
        }
        checkPlan(replica.listAll(), options, expected);
        check(replica, options, expected);
    }

    private void check(LtxStore replica, RestoreOptions options, JsonNode expected) throws Exception {
        Path output = Files.createDirectory(directory.resolve("restored-" + ++restores))
                .resolve("app.db");
        if (!expected.path("ok").asBoolean()) {
            assertThatThrownBy(() -> restore(replica, output, options)).isInstanceOf(ReplicationException.class);
            try (Stream<Path> left = Files.list(output.getParent())) {
                assertThat(left).isEmpty();
            }
            return;
        }
        Optional<Restorer.Restored> restored = restore(replica, output, options);
        assertThat(restored).isPresent();
        assertThat(sha256(output)).isEqualTo(expected.path("sha256").asText());
        assertThat(Files.size(output)).isEqualTo(restored.get().report().databaseBytes());
        Files.delete(output);
    }

    private static Optional<Restorer.Restored> restore(LtxStore replica, Path output, RestoreOptions options)
            throws ReplicationException, IOException {
        return new Restorer(replica, "file:golden").restore(output, options, progress -> {}, restored -> {});
    }

    private static void checkPlan(List<LtxFile> listing, RestoreOptions options, JsonNode expected) throws Exception {
        if (expected.has("plan_error")) {
            assertThatThrownBy(() -> RestorePlan.of(listing, options.target(), options.allowGap()))
                    .isInstanceOf(RestorePlan.NoPlanException.class);
        } else if (expected.has("plan")) {
            List<String> plan = new ArrayList<>();
            for (LtxFile file : RestorePlan.of(listing, options.target(), options.allowGap())
                    .files()) {
                plan.add(file.level() + " " + file.txids().fileName());
            }
            List<String> wanted = new ArrayList<>();
            expected.path("plan")
                    .forEach(file -> wanted.add(
                            file.path("level").asInt() + " " + file.path("name").asText()));
            assertThat(plan).isEqualTo(wanted);
        }
    }

    @TestFactory
    Stream<DynamicTest> singleFilesHaveTheVerdictThatLitestreamGives() throws Exception {
        Golden golden = Golden.load();
        return Stream.of("corrupt", "frame-variants").flatMap(name -> singles(golden.named(name)));
    }

    private Stream<DynamicTest> singles(Golden.Case golden) {
        List<JsonNode> files = new ArrayList<>(Golden.elements(golden.json().path("corrupt")));
        files.addAll(Golden.elements(golden.json().path("variants")));
        assertThat(files).isNotEmpty();
        return files.stream()
                .map(file -> DynamicTest.dynamicTest(
                        golden.name() + " " + file.path("file").asText(), () -> checkSingle(golden, file)));
    }

    private void checkSingle(Golden.Case golden, JsonNode file) throws Exception {
        Path root = directory.resolve("single-" + ++restores);
        Path only = root.resolve("ltx/0/0000000000000001-0000000000000001.ltx");
        Files.createDirectories(only.getParent());
        Files.copy(golden.root().resolve(file.path("file").asText()), only);
        JsonNode expected = file.has("restore_0_5_16")
                ? file.path("restore_0_5_16")
                : file.path("litestream_restore_as_0000000000000001");
        boolean verified = file.path("ltx_verify").path("ok").asBoolean();
        LtxStore replica = new LtxStore(new DirectoryStore(root, FileModes.PRIVATE, true), KeyLayout.DIRECTORY);
        Path output = root.resolve("app.db");
        if (!verified || !expected.path("ok").asBoolean()) {
            assertThatThrownBy(() -> restore(replica, output, RestoreOptions.DEFAULTS))
                    .isInstanceOf(ReplicationException.Corrupt.class)
                    .hasMessageContaining("0000000000000001-0000000000000001.ltx");
            assertThat(output).doesNotExist();
            return;
        }
        try {
            restore(replica, output, RestoreOptions.DEFAULTS);
        } catch (ReplicationException.Corrupt stricter) {
            // A careful reader may reject what the reference lets pass (format, section 13).
            assertThat(output).doesNotExist();
            return;
        }
        assertThat(sha256(output)).isEqualTo(expected.path("sha256").asText());
    }

    @Test
    @Tag("large")
    void restoresADatabaseAcrossTheLockPage() throws Exception {
        Golden.Case golden = Golden.load().named(LARGE);
        Path root = golden.copyTo(directory.resolve(LARGE));
        for (JsonNode restore : Golden.elements(golden.json().path("restores"))) {
            check(LARGE, root, restore);
        }
    }

    private static String sha256(Path file) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
            in.transferTo(java.io.OutputStream.nullOutputStream());
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
