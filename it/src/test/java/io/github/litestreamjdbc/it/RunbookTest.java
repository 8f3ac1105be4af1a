package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.api.ReplicationEvent.Kind;
import io.github.litestreamjdbc.engine.Databases;
import io.github.litestreamjdbc.s3testing.Fault;
import io.github.litestreamjdbc.s3testing.S3TestServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the runbook in docs/operations.md says is brought about, and is as it says. */
class RunbookTest {
    @TempDir
    private Path directory;

    private Scene scene;

    @BeforeEach
    void begin() throws Exception {
        scene = new Scene(directory);
    }

    @AfterEach
    void end() throws Exception {
        scene.close();
    }

    @Test
    void everythingThatThePagePromisesIsTriedHere() {
        assertThat(OperationsPage.tried("Runbook"))
                .containsExactly(
                        "Bucket unreachable",
                        "Disk full",
                        "Lag grows",
                        "Fenced",
                        "Validation failed",
                        "Restore on a new machine",
                        "A takeover that fails");
    }

    private void verify(String heading, String when) {
        Map<String, OperationsPage.Row> rows = OperationsPage.rows(heading);
        assertThat(rows).containsKey(when);
        rows.get(when).verify(scene);
    }

    @Test
    void bucketThatDoesNotAnswer() throws Exception {
        try (S3TestServer server = S3TestServer.http()) {
            Connection connection = scene.connectToBucket(server);
            server.add(Fault.refuse(null, Fault.ALWAYS, 503, "SlowDown"));
            Sql.run(connection, "INSERT INTO t VALUES (2)");
            verify("Bucket unreachable", "it does not answer");
            server.clearFaults();
            TestDatabase.sync(connection);
            verify("Bucket unreachable", "it is over");
            connection.close();
        }
    }

    @Test
    void bucketThatRefuses() throws Exception {
        try (S3TestServer server = S3TestServer.http()) {
            Connection connection = scene.connectToBucket(server);
            server.add(Fault.refuse(null, Fault.ALWAYS, 403, "AccessDenied"));
            Sql.run(connection, "INSERT INTO t VALUES (2)");
            verify("Bucket unreachable", "it refuses");
            assertThat(Databases.isWell(Databases.readings().get("app.db"))).isFalse();
            server.clearFaults();
            TestDatabase.sync(connection);
            verify("Bucket unreachable", "it is over");
            connection.close();
        }
    }

    @Test
    void bucketThatDoesNotAnswerUntilTheLocalBudgetIsUsedUp() throws Exception {
        Connection connection = scene.spendLocalBudget();
        verify("Bucket unreachable", "local-budget is used up");
        assertThat(Databases.problems(Databases.readings().get("app.db")))
                .singleElement()
                .asString()
                .startsWith("LOCAL_FULL: local-budget=65536 is used up");
        assertThat(Sql.text(connection, "SELECT litestream_health()")).isEqualTo("DOWN");
        Sql.run(connection, "INSERT INTO t VALUES (3)");
        scene.bringReplicaBack();
        scene.sync();
        verify("Bucket unreachable", "it answers after that");
        assertThat(scene.watch().told(Kind.LOCAL_RECOVERED)).isTrue();
        assertThat(Sql.text(connection, "SELECT litestream_health()")).isEqualTo("UP");
    }

    @Test
    void takeoverThatFails() throws Exception {
        Connection connection = scene.failToTakeOver();
        verify("A takeover that fails", "nobody replicates");
        assertThat(Databases.isWell(Databases.readings().get("app.db"))).isFalse();
        Sql.run(connection, "CREATE TABLE t (x)");
        assertThat(Sql.text(connection, "SELECT litestream_health()")).isEqualTo("DOWN");
        connection.close();
        verify("A takeover that fails", "the last connection is closed");
    }

    @Test
    void diskThatIsFull() throws Exception {
        scene.bringAbout(Kind.LOCAL_FULL);
        verify("Disk full", "nothing can be written");
        scene.makeRoom();
        verify("Disk full", "there is room again");
    }

    @Test
    void lagThatGrows() throws Exception {
        scene.bringAbout(Kind.LAGGING);
        verify("Lag grows", "it passed lag-threshold");
        scene.bringReplicaBack();
        scene.sync();
        verify("Lag grows", "it is over");
    }

    @Test
    void anotherWriter() throws Exception {
        scene.bringAbout(Kind.FENCED);
        verify("Fenced", "the other writer was met");
    }

    @Test
    void replicaThatDoesNotGiveBackTheDatabase() throws Exception {
        scene.bringAbout(Kind.VALIDATION_FAILED);
        verify("Validation failed", "the replica does not give back the database");
        scene.watch().invoke("snapshot");
        scene.watch().invoke("validate");
        verify("Validation failed", "after the snapshot");
    }

    @Test
    void newMachine() throws Exception {
        scene.bringAbout(Kind.RESTORED);
        verify("Restore on a new machine", "the application was started with restore=if-missing");
    }
}
