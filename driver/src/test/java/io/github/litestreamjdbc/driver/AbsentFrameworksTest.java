package io.github.litestreamjdbc.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What frameworks find in our jar costs nothing and breaks nothing where they are absent. */
class AbsentFrameworksTest {
    @TempDir
    private Path directory;

    @Test
    void nothingMadeForAFrameworkIsLoadedWithTheRunTimeClassPathOnly() throws Exception {
        String classPath = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(ModulePathTest::comesWithTheDriver)
                .collect(Collectors.joining(File.pathSeparator));
        assertThat(classPath).doesNotContain("spring", "flyway", "liquibase-", "micrometer");
        Path source = Files.writeString(directory.resolve("Main.java"), """
                import io.github.litestreamjdbc.engine.Replication;
                import java.sql.Connection;
                import java.sql.DriverManager;
                import java.time.Duration;

                class Main {
                    public static void main(String[] urls) throws Exception {
                        try (Connection connection = DriverManager.getConnection(urls[0])) {
                            connection.createStatement().executeUpdate("CREATE TABLE t (v); INSERT INTO t VALUES (42)");
                            System.out.println("TXID " + connection.unwrap(Replication.class).sync(Duration.ofSeconds(20)));
                        }
                    }
                }
                """);
        Path output = directory.resolve("output");
        Process application = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:TieredStopAtLevel=1",
                        "-Xlog:class+load",
                        "-cp",
                        classPath,
                        source.toString(),
                        "jdbc:litestream:sqlite:" + directory.resolve("app.db") + "?linger=0&replica=file:"
                                + directory.resolve("replica"))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(application.waitFor(2, TimeUnit.MINUTES)).isTrue();
        } finally {
            application.destroyForcibly();
        }
        String text = Files.readString(output);
        assertThat(text)
                .containsPattern("(?m)^TXID [1-9]")
                .contains(LitestreamDriver.class.getName())
                .doesNotContain(
                        "io.github.litestreamjdbc.spring",
                        "io.github.litestreamjdbc.flyway",
                        "io.github.litestreamjdbc.liquibase",
                        "io.github.litestreamjdbc.micrometer",
                        "NoClassDefFoundError:");
    }
}
