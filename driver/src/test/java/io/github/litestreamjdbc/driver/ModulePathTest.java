package io.github.litestreamjdbc.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An application that is a module itself, with nothing on the class path. */
class ModulePathTest {
    @TempDir
    private Path directory;

    @Test
    void modularApplicationReplicatesAndRestores() throws Exception {
        String modules = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(ModulePathTest::comesWithTheDriver)
                .collect(Collectors.joining(File.pathSeparator));
        Path sources = Files.createDirectories(directory.resolve("src/shop"));
        Files.writeString(sources.resolveSibling("module-info.java"), """
                module shop {
                    requires io.github.litestreamjdbc.driver;
                }
                """);
        Files.writeString(sources.resolve("Main.java"), """
                package shop;

                import io.github.litestreamjdbc.driver.LitestreamDataSource;
                import io.github.litestreamjdbc.engine.Replication;
                import java.nio.file.Files;
                import java.nio.file.Path;
                import java.sql.Connection;
                import java.sql.DriverManager;
                import java.time.Duration;

                public class Main {
                    public static void main(String[] args) throws Exception {
                        String url = "jdbc:litestream:sqlite:" + args[0] + "/app.db?restore=if-missing&linger=0&replica=file:"
                                + args[0] + "/replica";
                        try (Connection connection = DriverManager.getConnection(url)) {
                            connection.createStatement().executeUpdate("CREATE TABLE t (v); INSERT INTO t VALUES (42)");
                            connection.unwrap(Replication.class).sync(Duration.ofSeconds(20));
                        }
                        for (String name : new String[] {"app.db", "app.db-wal", "app.db-shm"}) {
                            Files.deleteIfExists(Path.of(args[0], name));
                        }
                        LitestreamDataSource source = new LitestreamDataSource();
                        source.setUrl(url);
                        try (Connection connection = source.getConnection()) {
                            System.out.println("RESTORED " + connection.createStatement().executeQuery("SELECT v FROM t").getInt(1)
                                    + " IN " + source.getClass().getModule().getName());
                        }
                    }
                }
                """);
        Path classes = directory.resolve("classes");
        ToolProvider compiler = ToolProvider.findFirst("javac").orElseThrow();
        assertThat(compiler.run(
                        System.out,
                        System.err,
                        "-p",
                        modules,
                        "-d",
                        classes.toString(),
                        sources.resolveSibling("module-info.java").toString(),
                        sources.resolve("Main.java").toString()))
                .isZero();
        Path output = directory.resolve("output");
        Process application = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-p",
                        classes + File.pathSeparator + modules,
                        "-m",
                        "shop/shop.Main",
                        directory.toString())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(application.waitFor(2, TimeUnit.MINUTES)).isTrue();
        } finally {
            application.destroyForcibly();
        }
        assertThat(Files.readString(output)).contains("RESTORED 42 IN io.github.litestreamjdbc.driver");
    }

    static boolean comesWithTheDriver(String entry) {
        Path path = Path.of(entry);
        String name = path.getFileName().toString();
        return name.startsWith("sqlite-jdbc-")
                || name.startsWith("lz4-java-")
                || Files.exists(path.resolve("module-info.class"))
                || name.startsWith("litestream-jdbc") && !name.contains("tests");
    }
}
