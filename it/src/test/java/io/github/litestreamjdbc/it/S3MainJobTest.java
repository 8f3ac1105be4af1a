package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.s3testing.S3TestServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The main job through S3: write, be killed, lose the machine, restore. */
class S3MainJobTest {
    private static final int CYCLES = 4;
    private static final long LIFE_NANOS = TimeUnit.MILLISECONDS.toNanos(400);

    @TempDir
    private Path directory;

    private long acknowledged;
    private long replicated;

    @Test
    void everythingReportedReplicatedComesBack() throws Exception {
        try (S3TestServer server = S3TestServer.http()) {
            Path database = directory.resolve("app.db");
            String url = url(server, database);
            for (int cycle = 1; cycle <= CYCLES; cycle++) {
                writeUntilKilled(url, cycle);
                assertThat(acknowledged).as("rows in cycle %d", cycle).isPositive();
                loseTheMachine(database);
                try (Connection connection = DriverManager.getConnection(url)) {
                    assertThat(Sql.text(connection, "PRAGMA integrity_check")).isEqualTo("ok");
                    long rows = Sql.number(connection, "SELECT count(*) FROM log");
                    assertThat(rows).isEqualTo(Sql.number(connection, "SELECT coalesce(max(id), 0) FROM log"));
                    assertThat(rows).isGreaterThanOrEqualTo(replicated);
                }
            }
            assertThat(server.requests()).anyMatch(request -> request.startsWith("PUT app/0000/"));
            assertThat(server.requests().stream()
                            .filter(request -> request.startsWith("PUT app/0000/"))
                            .toList())
                    .as("each file is put once")
                    .doesNotHaveDuplicates();
        }
    }

    /** Keys are refused in URLs, so they come from a file. */
    private String url(S3TestServer server, Path database) throws Exception {
        Path config = Files.writeString(
                directory.resolve("s3.properties"),
                String.join(
                        "\n",
                        server.settings().entrySet().stream()
                                .map(entry -> entry.getKey() + "=" + entry.getValue())
                                .toList()));
        return "jdbc:litestream:sqlite:" + database + "?replica=s3://" + S3TestServer.BUCKET
                + "/app&restore=if-missing&linger=0&config=" + config;
    }

    private void writeUntilKilled(String url, int seed) throws Exception {
        try (ChildJvm child =
                ChildJvm.start(LogWriter.class, directory.resolve("errors"), url, Integer.toString(seed))) {
            long killAtNanos = Long.MAX_VALUE;
            for (String line = child.readLine(); line != null; line = child.readLine()) {
                String[] words = line.split(" ");
                if (words[0].equals("ACK")) {
                    acknowledged = Long.parseLong(words[1]);
                } else if (words[0].equals("REPLICATED")) {
                    replicated = Long.parseLong(words[1]);
                    // Only what the replica has seen can be asked for afterwards.
                    if (replicated > 0 && killAtNanos == Long.MAX_VALUE) {
                        killAtNanos = System.nanoTime() + LIFE_NANOS;
                    }
                }
                if (System.nanoTime() >= killAtNanos) {
                    child.kill();
                }
            }
            assertThat(child.exitCode())
                    .as("killed; its errors: %s", Files.readString(directory.resolve("errors")))
                    .isEqualTo(128 + 9);
        }
    }

    private void loseTheMachine(Path database) throws Exception {
        Files.delete(database);
        Files.deleteIfExists(database.resolveSibling("app.db-wal"));
        Files.deleteIfExists(database.resolveSibling("app.db-shm"));
        Replicas.delete(database.resolveSibling(".app.db-litestream"));
    }
}
