package io.github.litestreamjdbc.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The driver on other versions of sqlite-jdbc than the one it is built with; the build lays them beside the classes. */
class OtherSqliteJdbcTest {
    private static final Path JARS = Path.of("target", "other-sqlite-jdbc");

    @TempDir
    private Path directory;

    @Test
    void lowestVersionKeepsTheContract() throws Exception {
        String output = run(
                "lowest.jar",
                SqliteJdbcContractTest.class.getName(),
                SqliteJdbcMetadataTest.class.getName(),
                CommitNoticeTest.class.getName());
        assertThat(output).containsPattern("RAN [1-9][0-9]+ FAILED 0 ON 3\\.51\\.3");
    }

    @Test
    void versionWithTheWalResetBugIsRefusedByNameBeforeAnythingIsTouched() throws Exception {
        Path database = directory.resolve("app.db");
        String output = run("refused.jar", "jdbc:litestream:sqlite:" + database + "?replica=file:" + directory + "/r");
        assertThat(output)
                .contains("REFUSED 08001 SQLite 3.50.3 is refused")
                .contains("WAL-reset bug")
                .contains("Use sqlite-jdbc 3.51.3.0 or later");
        assertThat(database).doesNotExist();
        assertThat(directory.resolve("r")).doesNotExist();
    }

    private String run(String sqliteJdbc, String... arguments) throws IOException, InterruptedException {
        Path output = directory.resolve("output");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx200m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                classPathWith(sqliteJdbc),
                ContractMain.class.getName()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(process.waitFor(5, TimeUnit.MINUTES)).as("ended").isTrue();
        } finally {
            process.destroyForcibly();
        }
        return Files.readString(output, StandardCharsets.UTF_8);
    }

    private static String classPathWith(String sqliteJdbc) {
        assertThat(JARS.resolve(sqliteJdbc)).exists();
        String others = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !Path.of(entry).getFileName().toString().startsWith("sqlite-jdbc-"))
                .collect(Collectors.joining(File.pathSeparator));
        return JARS.resolve(sqliteJdbc) + File.pathSeparator + others;
    }
}
