package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.litestreamjdbc.s3testing.S3TestServer;
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
        Properties info = new Properties();
        info.putAll(server.settings());
        info.setProperty("linger", "0");
        info.setProperty("restore", "if-missing");
        info.setProperty("fencing", fencing);
        return DriverManager.getConnection(
                "jdbc:litestream:sqlite:" + directory.resolve("app.db") + "?replica=s3://" + S3TestServer.BUCKET
                        + "/app",
                info);
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
