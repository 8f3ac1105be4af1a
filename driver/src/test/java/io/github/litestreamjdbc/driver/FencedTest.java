package io.github.litestreamjdbc.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.engine.Replication;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An instance whose lease another one took neither writes nor commits, however it is asked to. */
class FencedTest {
    @TempDir
    private Path directory;

    private Connection connection;
    private Statement statement;

    @BeforeEach
    void connect() throws SQLException {
        connection = DriverManager.getConnection("jdbc:litestream:sqlite:" + directory.resolve("app.db")
                + "?replica=file:" + directory.resolve("replica") + "&lease=on&lease-ttl=5s&linger=0");
        statement = connection.createStatement();
        statement.execute("CREATE TABLE t (v)");
    }

    @AfterEach
    void close() throws SQLException {
        connection.close();
    }

    private void takeTheLeaseAway() throws SQLException, IOException {
        Path other = Files.writeString(
                directory.resolve("lock.json"),
                "{\"generation\":9,\"owner\":\"other:1\",\"nonce\":\"other\",\"state\":\"held\",\"ttl_ms\":5000,"
                        + "\"renew\":1,\"version\":1}");
        Replication replication = connection.unwrap(Replication.class);
        Awaitility.await().atMost(60, TimeUnit.SECONDS).until(() -> {
            // Again and again, for a renewal that is under way may replace it.
            Files.copy(other, directory.resolve("replica/lock.json"), StandardCopyOption.REPLACE_EXISTING);
            return replication.status().state() == ReplicationState.FENCED;
        });
    }

    private static void assertRefused(String what, ThrowingCallable call) {
        assertThatThrownBy(call)
                .as(what)
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("25006"));
    }

    private int rows() throws SQLException {
        try (ResultSet row = statement.executeQuery("SELECT count(*) FROM t")) {
            return row.getInt(1);
        }
    }

    @Test
    void writesBehindEmptyStatementsAreRefusedAndABackupIsNot() throws Exception {
        takeTheLeaseAway();
        for (String write : List.of(
                "INSERT INTO t VALUES (1)",
                ";INSERT INTO t VALUES (1)",
                "/* x */ ; ; INSERT INTO t VALUES (1)",
                "; INSERT INTO t VALUES (1) RETURNING v",
                "ATTACH '" + directory.resolve("other.db") + "' AS other",
                "DETACH other")) {
            try (PreparedStatement prepared = connection.prepareStatement(write)) {
                assertRefused(write, prepared::execute);
            }
            assertRefused(write, () -> statement.execute(write));
            assertRefused(write, () -> statement.executeUpdate(write));
        }
        assertThat(rows()).isZero();

        Path copy = directory.resolve("copy.db");
        statement.executeUpdate("backup to " + copy);
        assertThat(copy).isNotEmptyFile();
        assertRefused("restore", () -> statement.executeUpdate("restore from " + copy));
    }

    @Test
    void releaseOfTheOutermostSavepointIsRefusedAsACommitIs() throws Exception {
        Savepoint savepoint = connection.setSavepoint("s");
        statement.executeUpdate("INSERT INTO t VALUES (1)");
        takeTheLeaseAway();
        assertRefused("releaseSavepoint", () -> connection.releaseSavepoint(savepoint));
        assertRefused("execute", () -> statement.execute("RELEASE s"));
        assertRefused("executeUpdate", () -> statement.executeUpdate("release savepoint s"));
        try (PreparedStatement release = connection.prepareStatement("; RELEASE s")) {
            assertRefused("prepared", release::execute);
        }
        connection.rollback();
        assertThat(rows()).isZero();
    }

    @Test
    void endsThatEndNoTransactionDoNotLetItsCommitPass() throws Exception {
        statement.execute("BEGIN");
        statement.executeUpdate("INSERT INTO t VALUES (1)");
        statement.executeUpdate("CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END");
        // Only the first statement of these runs.
        statement.execute("SELECT 1; COMMIT");
        statement.executeQuery("SELECT 1; COMMIT").close();
        statement.addBatch("INSERT INTO t VALUES (2); COMMIT");
        statement.executeBatch();
        takeTheLeaseAway();
        assertRefused("COMMIT", () -> statement.execute("COMMIT"));
        statement.execute("ROLLBACK");
        assertThat(rows()).isZero();
    }
}
