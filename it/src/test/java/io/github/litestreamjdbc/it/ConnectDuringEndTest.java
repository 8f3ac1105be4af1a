package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.litestreamjdbc.api.ReplicationEvent;
import io.github.litestreamjdbc.api.ReplicationEvent.Kind;
import io.github.litestreamjdbc.api.ReplicationListener;
import io.github.litestreamjdbc.engine.Databases;
import io.github.litestreamjdbc.engine.Replication;
import io.github.litestreamjdbc.s3testing.Fault;
import io.github.litestreamjdbc.s3testing.Fault.Operation;
import io.github.litestreamjdbc.s3testing.S3TestServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** While an end of replication waits for a replica that does not answer, the application connects without waiting. */
class ConnectDuringEndTest {
    private static final long PATIENCE_SECONDS = 60;

    private S3TestServer server;

    @TempDir
    private Path directory;

    private Path file;
    private final CountDownLatch answers = new CountDownLatch(1);
    private final List<Kind> told = new CopyOnWriteArrayList<>();
    private final ReplicationListener listener = new ReplicationListener() {
        @Override
        public void happened(ReplicationEvent event) {
            told.add(event.kind());
        }
    };

    @BeforeEach
    void prepare() throws Exception {
        server = S3TestServer.http();
        file = directory.resolve("app.db");
        Databases.addListener(listener);
    }

    @AfterEach
    void cleanUp() throws Exception {
        answers.countDown();
        Databases.removeListener(listener);
        server.close();
    }

    private Connection connect(String parameters) throws SQLException {
        Properties info = new Properties();
        info.putAll(server.settings());
        return DriverManager.getConnection(
                "jdbc:litestream:sqlite:" + file + "?restore=if-missing&replica=s3://" + S3TestServer.BUCKET + "/app&"
                        + parameters,
                info);
    }

    /** Stored, but not answered until the end of the test. */
    private void holdAnswersBack() {
        server.add(Fault.then(Operation.PUT, key -> key.contains("app/0000/"), Fault.ALWAYS, () -> {
            try {
                answers.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }));
    }

    private static boolean isAThreadIn(String type, String method) {
        return Thread.getAllStackTraces().values().stream()
                .flatMap(Arrays::stream)
                .anyMatch(frame -> frame.getClassName().endsWith(type)
                        && frame.getMethodName().equals(method));
    }

    private static CompletableFuture<Void> closing(Connection connection) {
        return CompletableFuture.runAsync(() -> {
            try {
                connection.close();
            } catch (SQLException e) {
                throw new CompletionException(e);
            }
        });
    }

    @ParameterizedTest
    @CsvSource({
        "linger=10ms&shutdown-sync-timeout=10m, Progress, awaitSync",
        "linger=0&shutdown-sync-timeout=10m, Progress, awaitSync",
        "close=flush&shutdown-sync-timeout=10m, Progress, awaitSync",
        "linger=10ms&shutdown-sync-timeout=10ms, AgentHandle, stop"
    })
    void connectionGoesOnWithReplicationThatIsAboutToEndAndNothingIsLost(String parameters, String type, String method)
            throws Exception {
        Connection first = connect(parameters);
        Sql.run(first, "CREATE TABLE t (v)");
        TestDatabase.sync(first);
        holdAnswersBack();
        Sql.run(first, "INSERT INTO t VALUES (1)");
        CompletableFuture<Void> closed = closing(first);
        await().atMost(Duration.ofSeconds(PATIENCE_SECONDS)).until(() -> isAThreadIn(type, method));

        CompletableFuture<Connection> connecting = CompletableFuture.supplyAsync(() -> {
            try {
                Connection second = connect(parameters);
                Sql.run(second, "INSERT INTO t VALUES (20)");
                return second;
            } catch (SQLException e) {
                throw new CompletionException(e);
            }
        });
        try (Connection second = connecting.get(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            assertThat(isAThreadIn(type, method)).isTrue();
            answers.countDown();
            closed.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            await().atMost(Duration.ofSeconds(PATIENCE_SECONDS)).until(() -> !isAThreadIn(type, method));
            TestDatabase.sync(second);
            assertThat(told).doesNotContain(Kind.STOPPED, Kind.STOPPED_UNREPLICATED);
        }
        await().atMost(Duration.ofSeconds(PATIENCE_SECONDS))
                .until(() -> Databases.readings().isEmpty());
        assertThat(told).containsAnyOf(Kind.STOPPED, Kind.STOPPED_UNREPLICATED);

        Replicas.delete(directory.resolve(".app.db-litestream"));
        for (String name : List.of("app.db", "app.db-wal", "app.db-shm")) {
            Files.deleteIfExists(directory.resolve(name));
        }
        try (Connection restored = connect(parameters)) {
            assertThat(Sql.number(restored, "SELECT sum(v) FROM t")).isEqualTo(21);
        }
    }

    /** Its comparison alone would take ten minutes. */
    @Test
    void endDoesNotWaitForAComparisonWhichBeginsAnewIfSomebodyConnectsMeanwhile() throws Exception {
        String parameters = "linger=0&shutdown-sync-timeout=10ms&validation-bandwidth=1KiB";
        Connection first = connect(parameters);
        Sql.run(first, "CREATE TABLE t (v)", "INSERT INTO t VALUES (randomblob(600000))");
        TestDatabase.sync(first);
        assertThatThrownBy(() -> first.unwrap(Replication.class).validate(Duration.ofMillis(1)))
                .hasMessageContaining("it is still being taken");
        awaitComparison();
        holdAnswersBack();
        Sql.run(first, "INSERT INTO t VALUES (1)");
        CompletableFuture<Void> closed = closing(first);
        await().atMost(Duration.ofSeconds(PATIENCE_SECONDS))
                .until(() -> isAThreadIn("AgentHandle", "stop") && !isComparing());
        CompletableFuture<Connection> connecting = CompletableFuture.supplyAsync(() -> {
            try {
                return connect(parameters);
            } catch (SQLException e) {
                throw new CompletionException(e);
            }
        });
        Connection second = connecting.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        answers.countDown();
        closed.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        TestDatabase.sync(second);
        awaitComparison();
        assertThat(told).doesNotContain(Kind.STOPPED, Kind.STOPPED_UNREPLICATED, Kind.VALIDATION_FAILED);

        closing(second).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertThat(told).containsAnyOf(Kind.STOPPED, Kind.STOPPED_UNREPLICATED);
    }

    private static boolean isComparing() {
        return isAThreadIn("ReadLimit", "pay");
    }

    private static void awaitComparison() {
        await().atMost(Duration.ofSeconds(PATIENCE_SECONDS)).until(ConnectDuringEndTest::isComparing);
    }
}
