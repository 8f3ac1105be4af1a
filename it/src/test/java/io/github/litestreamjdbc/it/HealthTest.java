package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.litestreamjdbc.api.ReplicationEvent.Kind;
import io.github.litestreamjdbc.engine.Databases;
import io.github.litestreamjdbc.s3testing.Fault;
import io.github.litestreamjdbc.s3testing.S3TestServer;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whoever asks for health, and wherever, is told the same, and why. */
class HealthTest {
    @TempDir
    private Path directory;

    private Scene scene;
    private int port;

    @Test
    void replicaThatRefusesNeedsAPersonUntilItCanBeUsed() throws Exception {
        try (S3TestServer server = S3TestServer.http()) {
            Connection connection = scene.connectToBucket(server);
            serve();
            assertHealthy(connection);
            server.stop();
            Sql.run(connection, "INSERT INTO t VALUES (2)");
            await().until(() -> scene.watch().told(Kind.REPLICA_UNREACHABLE));
            assertHealthy(connection);

            server.add(Fault.refuse(null, Fault.ALWAYS, 403, "AccessDenied"));
            server.start();
            await().until(() -> scene.watch().told(Kind.REPLICA_REFUSED));
            assertUnhealthy(connection, "the replica cannot be used until somebody changes something");

            server.clearFaults();
            scene.sync();
            await().until(() -> scene.watch().told(Kind.REPLICA_REACHABLE));
            assertHealthy(connection);
            assertThat(scene.watch().lines())
                    .filteredOn(line -> line.contains("reached") || line.contains("cannot be used"))
                    .as("each turn is said once")
                    .hasSize(3);
            connection.close();
        }
    }

    @Test
    void replicaThatDoesNotGiveBackTheDatabaseNeedsAPersonUntilItDoes() throws Exception {
        Connection connection = scene.damageReplica();
        serve();
        await().until(() -> scene.watch().told(Kind.VALIDATION_FAILED));
        assertUnhealthy(connection, "the replica did not give back the database");
        scene.watch().invoke("snapshot");
        scene.watch().invoke("validate");
        assertHealthy(connection);
    }

    @BeforeEach
    void begin() throws Exception {
        scene = new Scene(directory);
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
    }

    @AfterEach
    void end() throws Exception {
        scene.close();
    }

    private void serve() {
        Databases.serveMetrics(new InetSocketAddress("127.0.0.1", port));
    }

    private void assertHealthy(Connection connection) throws Exception {
        JsonNode health = asked(200);
        assertThat(health.get("status").asText()).isEqualTo("UP");
        assertThat(health.at("/databases/0/status").asText()).isEqualTo("UP");
        assertThat(health.at("/databases/0/problems")).isEmpty();
        assertThat(Databases.isWell(Databases.readings().get("app.db"))).isTrue();
        assertThat(Sql.text(connection, "SELECT litestream_health()")).isEqualTo("UP");
    }

    private void assertUnhealthy(Connection connection, String problem) throws Exception {
        JsonNode health = asked(503);
        assertThat(health.get("status").asText()).isEqualTo("DOWN");
        assertThat(health.at("/databases/0/status").asText()).isEqualTo("DOWN");
        assertThat(health.at("/databases/0/problems"))
                .singleElement()
                .satisfies(one -> assertThat(one.asText()).contains(problem));
        assertThat(Databases.isWell(Databases.readings().get("app.db"))).isFalse();
        assertThat(Sql.text(connection, "SELECT litestream_health()")).isEqualTo("DOWN");
        assertThat(Sql.text(connection, "SELECT litestream_status()"))
                .as("capture goes on all the same")
                .isEqualTo("STREAMING");
    }

    private JsonNode asked(int status) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/health"))
                .timeout(TestDatabase.TIMEOUT)
                .build();
        HttpResponse<String> answer = await().ignoreExceptions()
                .until(
                        () -> HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()),
                        got -> got.statusCode() > 0);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        return new ObjectMapper().readTree(answer.body());
    }
}
