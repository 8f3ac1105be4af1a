package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.litestreamjdbc.s3testing.S3TestServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** What is demanded of a store against second writers. */
class FencingTest {
    @TempDir
    private Path directory;

    private Connection connect(S3TestServer server, String fencing) throws SQLException {
        return connectAt(server, fencing, directory.resolve("app.db"));
    }

    private static Connection connectAt(S3TestServer server, String fencing, Path file) throws SQLException {
        Properties info = new Properties();
        info.putAll(server.settings());
        info.setProperty("linger", "0");
        info.setProperty("restore", "if-missing");
        info.setProperty("fencing", fencing);
        return DriverManager.getConnection(
                "jdbc:litestream:sqlite:" + file + "?replica=s3://" + S3TestServer.BUCKET + "/app", info);
    }

    @ParameterizedTest
    @EnumSource(value = S3TestServer.Conditions.class, mode = Mode.EXCLUDE, names = "HONOURED")
    void requiredRefusesAStoreWithoutConditionalPutsBeforeAnythingIsStored(S3TestServer.Conditions conditions)
            throws Exception {
        try (S3TestServer server = S3TestServer.http()) {
            server.conditions(conditions);
            assertThatThrownBy(() -> connect(server, "required"))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("fencing=required")
                    .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("08001"));
            assertThat(server.requests()).noneMatch(request -> request.contains(".ltx"));
            try (Connection connection = connect(server, "auto")) {
                Sql.run(connection, "CREATE TABLE t (v)");
                TestDatabase.sync(connection);
            }
        }
    }

    /** The loud word of {@code auto}, and what it does instead; {@code off} leaves both to the operator. */
    @ParameterizedTest
    @EnumSource(value = S3TestServer.Conditions.class, mode = Mode.EXCLUDE, names = "HONOURED")
    void autoWarnsAndLooksBeforeEachPutWhereTheStoreCannotTellAndOffDoesNotLook(S3TestServer.Conditions conditions)
            throws Exception {
        try (S3TestServer server = S3TestServer.http();
                LogCapture log = new LogCapture("io.github.litestreamjdbc.s3")) {
            server.conditions(conditions);
            try (Connection connection = connect(server, "auto")) {
                Sql.run(connection, "CREATE TABLE t (v)");
                TestDatabase.sync(connection);
            }
            assertThat(log.messages())
                    .anyMatch(message -> message.contains("ignores or refuses If-None-Match")
                            && message.contains("only one process"));
            long looks = looks(server);
            assertThat(looks).isPositive();

            try (Connection connection = connect(server, "off")) {
                Sql.run(connection, "INSERT INTO t VALUES (1)");
                TestDatabase.sync(connection);
            }
            assertThat(looks(server)).isEqualTo(looks);
            assertThat(server.requests()).contains("PUT app/0000/0000000000000002-0000000000000002.ltx");
        }
    }

    private static long looks(S3TestServer server) {
        return server.requests().stream()
                .filter(request -> request.startsWith("HEAD app/0000/"))
                .count();
    }

    @Test
    void offStillCollidesWithASecondWriterWhereTheStoreCanTell() throws Exception {
        try (S3TestServer server = S3TestServer.http()) {
            try (Connection first = connect(server, "off")) {
                Sql.run(first, "CREATE TABLE t (v)");
                TestDatabase.sync(first);
                Path copy = directory.resolve("app.db").resolveSibling("elsewhere");
                Files.createDirectories(copy);
                try (Connection second = connectAt(server, "off", copy.resolve("app.db"))) {
                    Sql.run(second, "INSERT INTO t VALUES (2)");
                    TestDatabase.sync(second);
                    Sql.run(first, "INSERT INTO t VALUES (1)");
                    assertThatThrownBy(() -> TestDatabase.sync(first)).hasMessageContaining("another writer");
                }
            }
        }
    }

    @Test
    void requiredIsContentWithConditionalPutsAndWithADirectory() throws Exception {
        try (S3TestServer server = S3TestServer.http();
                Connection connection = connect(server, "required")) {
            Sql.run(connection, "CREATE TABLE t (v)");
            TestDatabase.sync(connection);
        }
        TestDatabase other = new TestDatabase(directory.resolve("other.db"), directory.resolve("replica"));
        try (Connection connection = other.connect("fencing=required")) {
            Sql.run(connection, "CREATE TABLE t (v)");
            TestDatabase.sync(connection);
        }
    }
}
