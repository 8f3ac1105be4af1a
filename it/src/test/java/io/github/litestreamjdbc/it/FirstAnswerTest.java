package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.engine.Replication;
import io.github.litestreamjdbc.s3testing.Fault;
import io.github.litestreamjdbc.s3testing.S3TestServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A replica that takes a request and does not answer: a connect that waited for it would not return, so all that is done
 * here before {@link #answers} is done while it is silent.
 */
@Timeout(120)
class FirstAnswerTest {
    private static S3TestServer server;

    @TempDir
    private Path directory;

    private final CountDownLatch answers = new CountDownLatch(1);
    private Path file;

    @BeforeAll
    static void startServer() throws Exception {
        server = S3TestServer.http();
    }

    @AfterAll
    static void stopServer() throws Exception {
        server.close();
    }

    @BeforeEach
    void replicate() throws Exception {
        file = directory.resolve("app.db");
        try (Connection connection = connect()) {
            Sql.run(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY)", "CREATE TABLE last (v)");
            Sql.run(connection, "INSERT INTO t DEFAULT VALUES");
            connection.unwrap(Replication.class).sync(TestDatabase.TIMEOUT);
            // The newest file has no page that the tests change: by it the database is known again.
            Sql.run(connection, "INSERT INTO last VALUES (1)");
            connection.unwrap(Replication.class).sync(TestDatabase.TIMEOUT);
        }
    }

    @AfterEach
    void cleanUp() {
        answers.countDown();
        server.clearFaults();
    }

    private Connection connect() throws SQLException {
        Properties info = new Properties();
        info.putAll(server.settings());
        info.setProperty("linger", "0");
        info.setProperty("restore", "if-missing");
        return DriverManager.getConnection(
                "jdbc:litestream:sqlite:" + file + "?replica=s3://" + S3TestServer.BUCKET + "/"
                        + directory.getFileName(),
                info);
    }

    /** Every listing waits until {@link #answers} says so. */
    private void stopAnswering() {
        server.add(Fault.hide(key -> {
            try {
                assertThat(answers.await(60, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return false;
        }));
    }

    @Test
    void databaseOpensAndReplicatesOnceTheAnswerComes() throws Exception {
        stopAnswering();
        try (Connection connection = connect()) {
            Sql.run(connection, "INSERT INTO t DEFAULT VALUES");
            Replication replication = connection.unwrap(Replication.class);
            await().atMost(TestDatabase.TIMEOUT)
                    .until(() -> replication.status().state() == ReplicationState.STREAMING
                            && replication.status().unreplicatedCommits() > 0);
            answers.countDown();
            replication.sync(TestDatabase.TIMEOUT);
            assertThat(replication.status().state()).isEqualTo(ReplicationState.STREAMING);
        }
    }

    @Test
    void databaseWithoutLocalStateOpensAndGetsItsTxidOnceTheAnswerComes() throws Exception {
        Replicas.delete(directory.resolve(".app.db-litestream"));
        stopAnswering();
        try (Connection connection = connect()) {
            Sql.run(connection, "INSERT INTO t DEFAULT VALUES");
            Replication replication = connection.unwrap(Replication.class);
            assertThat(replication.status().state()).isEqualTo(ReplicationState.STARTING);
            answers.countDown();
            replication.sync(TestDatabase.TIMEOUT);
            assertThat(replication.status().state()).isEqualTo(ReplicationState.STREAMING);
        }
        Files.delete(file);
        Files.deleteIfExists(directory.resolve("app.db-wal"));
        Files.deleteIfExists(directory.resolve("app.db-shm"));
        Replicas.delete(directory.resolve(".app.db-litestream"));
        try (Connection restored = connect()) {
            assertThat(Sql.number(restored, "SELECT count(*) FROM t")).isEqualTo(2);
        }
    }

    @Test
    void databaseThatTheLateAnswerContradictsIsNotReplicated() throws Exception {
        file = directory.resolve("other.db");
        try (Connection plain = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            Sql.run(plain, "CREATE TABLE other (v)");
        }
        stopAnswering();
        try (Connection connection = connect()) {
            Sql.run(connection, "INSERT INTO other VALUES (1)");
            Replication replication = connection.unwrap(Replication.class);
            answers.countDown();
            await().atMost(TestDatabase.TIMEOUT)
                    .until(() -> replication.status().state() == ReplicationState.FENCED);
            // The application goes on.
            Sql.run(connection, "INSERT INTO other VALUES (2)");
        }
        file = directory.resolve("restored.db");
        try (Connection restored = connect()) {
            assertThat(Sql.number(restored, "SELECT count(*) FROM t")).isEqualTo(1);
        }
    }
}
