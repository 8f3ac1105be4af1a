package io.github.litestreamjdbc.cli;

import io.github.litestreamjdbc.engine.Replication;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** An application in a JVM of its own, which has {@code shop.db} open and everything replicated, until it is closed. */
final class Shop implements AutoCloseable {
    private final Process process;

    private Shop(Process process) {
        this.process = process;
    }

    static Shop open(Path directory, String... jvmOptions) throws IOException {
        List<String> command = new java.util.ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx64m"));
        command.addAll(List.of(jvmOptions));
        command.addAll(
                List.of("-cp", System.getProperty("java.class.path"), Shop.class.getName(), directory.toString()));
        Shop shop = new Shop(new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
        BufferedReader lines =
                new BufferedReader(new InputStreamReader(shop.process.getInputStream(), StandardCharsets.UTF_8));
        if (!"replicated".equals(lines.readLine())) {
            shop.close();
            throw new IOException("the application did not start");
        }
        return shop;
    }

    long processId() {
        return process.pid();
    }

    @Override
    public void close() {
        process.destroy();
        try {
            process.waitFor(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
    }

    /** The application. */
    public static void main(String[] arguments) throws Exception {
        // There before it is replicated, so that the full image is all there is and TXIDs are the same each time.
        try (Connection plain =
                        DriverManager.getConnection("jdbc:sqlite:" + arguments[0] + "/shop.db?journal_mode=WAL");
                Statement statement = plain.createStatement()) {
            statement.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY)");
        }
        String url =
                "jdbc:litestream:sqlite:" + arguments[0] + "/shop.db?replica=file://" + arguments[0] + "/shop-backup";
        try (Connection connection = DriverManager.getConnection(url)) {
            connection.unwrap(Replication.class).sync(Duration.ofSeconds(60));
            System.out.println("replicated");
            System.in.read();
        }
    }
}
