package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.engine.Replication;
import io.github.litestreamjdbc.s3testing.Fault;
import io.github.litestreamjdbc.s3testing.Fault.Operation;
import io.github.litestreamjdbc.s3testing.S3TestServer;
import io.github.litestreamjdbc.s3testing.TestCertificate;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys that allow little, and certificates that nobody has signed, seen by the application. */
class S3AccessTest {
    @TempDir
    private Path directory;

    private Connection connect(S3TestServer server, String name, String... properties) throws SQLException {
        Properties info = new Properties();
        info.putAll(server.settings());
        info.setProperty("linger", "0");
        info.setProperty("restore", "if-missing");
        info.setProperty("shutdown-sync-timeout", "100ms");
        for (int i = 0; i < properties.length; i += 2) {
            info.setProperty(properties[i], properties[i + 1]);
        }
        return DriverManager.getConnection(
                "jdbc:litestream:sqlite:" + directory.resolve(name) + "?replica=s3://" + S3TestServer.BUCKET + "/app",
                info);
    }

    private static void fill(Connection connection) throws Exception {
        Sql.run(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY)", "INSERT INTO t VALUES (1), (2), (3)");
        connection.unwrap(Replication.class).sync(TestDatabase.TIMEOUT);
    }

    private static long rows(Connection connection) throws SQLException {
        return Sql.number(connection, "SELECT count(*) FROM t");
    }

    @Test
    void keysThatMayOnlyReadRestoreAndTheApplicationGoesOnWithTheRefusalReported() throws Exception {
        try (S3TestServer server = S3TestServer.http();
                LogCapture log = new LogCapture("io.github.litestreamjdbc")) {
            try (Connection connection = connect(server, "first.db")) {
                fill(connection);
            }
            List<String> before = server.stored();
            for (Operation operation : List.of(Operation.PUT, Operation.PART, Operation.DELETE)) {
                server.add(Fault.refuse(operation, Fault.ALWAYS, 403, "AccessDenied"));
            }
            try (Connection connection = connect(server, "second.db")) {
                assertThat(rows(connection)).isEqualTo(3);
                Sql.run(connection, "INSERT INTO t VALUES (4)");
                Replication replication = connection.unwrap(Replication.class);
                await().until(() -> replication.status().replicaError() != null);
                assertThat(replication.status().replicaError())
                        .contains("no permission")
                        .contains("s3:PutObject");
                assertThat(replication.status().state()).isEqualTo(ReplicationState.STREAMING);
                assertThat(replication.status().unreplicatedCommits()).isPositive();
                assertThat(server.stored()).isEqualTo(before);
                assertThat(log.messages())
                        .filteredOn(line -> line.contains("until somebody changes something"))
                        .hasSize(1);
                server.clearFaults();
                replication.sync(TestDatabase.TIMEOUT);
                assertThat(replication.status().replicaError()).isNull();
            }
            try (Connection connection = connect(server, "third.db")) {
                assertThat(rows(connection)).isEqualTo(4);
            }
        }
    }

    @Test
    void certificateThatNobodySignedIsRefusedUnlessThatIsAskedFor() throws Exception {
        try (S3TestServer server = S3TestServer.https(TestCertificate.in(directory));
                LogCapture log = new LogCapture("io.github.litestreamjdbc")) {
            assertThatThrownBy(() -> connect(server, "strict.db"))
                    .isInstanceOf(SQLException.class)
                    .hasFieldOrPropertyWithValue("SQLState", "08001")
                    .hasMessageContaining("certificate is not trusted")
                    .hasMessageContaining("s3.skip-verify");
            assertThat(directory.resolve("strict.db")).doesNotExist();
            assertThat(server.requests()).isEmpty();
            try (Connection connection = connect(server, "first.db", "s3.skip-verify", "true")) {
                fill(connection);
            }
            try (Connection connection = connect(server, "second.db", "s3.skip-verify", "true")) {
                assertThat(rows(connection)).isEqualTo(3);
            }
            assertThat(log.messages())
                    .filteredOn(line -> line.contains("s3.skip-verify=true"))
                    .isNotEmpty();
            try (Connection existing = connect(server, "second.db")) {
                Replication replication = existing.unwrap(Replication.class);
                assertThat(rows(existing)).isEqualTo(3);
                await().until(() -> replication.status().replicaError() != null);
                assertThat(replication.status().replicaError()).contains("certificate is not trusted");
                assertThat(replication.status().state()).isEqualTo(ReplicationState.STREAMING);
                assertThat(log.messages())
                        .filteredOn(line -> line.contains("until somebody changes something"))
                        .hasSize(1);
            }
        }
    }
}
