package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsTest {
    /** A sample of Prometheus' text format: name, labels, value. */
    private static final Pattern SAMPLE = Pattern.compile(
            "([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{((?:[a-z]+=\"(?:[^\"\\\\]|\\\\.)*\",?)*)})? (-?[0-9.]+(?:E-?[0-9]+)?)");

    @TempDir
    Path directory;

    private final HttpClient client = HttpClient.newHttpClient();
    private int port;

    @BeforeEach
    void findPort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
    }

    @Test
    void everySampleHasATypeAndTheAlertsOfTheManualFindTheirMetrics() throws Exception {
        TestDatabase database = TestDatabase.in(directory);
        try (Connection connection = database.connect("metrics-address=" + port, "name=a%22b")) {
            Sql.run(connection, "CREATE TABLE t (x)");
            TestDatabase.sync(connection);
            Map<String, Double> samples = samples(get("/metrics").body());
            assertThat(samples.entrySet())
                    .anyMatch(sample -> sample.getKey().startsWith("litestream_state{database=\"a\\\"b\"")
                            && sample.getKey().contains("state=\"STREAMING\"")
                            && sample.getValue() == 1);
            assertThat(value(samples, "litestream_replication_lag_seconds")).isZero();
            assertThat(value(samples, "litestream_unreplicated_commits")).isZero();
            assertThat(value(samples, "litestream_captured_commits_total")).isPositive();
            assertThat(value(samples, "litestream_last_sync_timestamp_seconds")).isGreaterThan(1.5e9);

            Matcher used = Pattern.compile("litestream_[a-z_]+(?![a-z_(])")
                    .matcher(Files.readString(Path.of("../docs/operations.md")));
            Set<String> names = new HashSet<>();
            while (used.find()) {
                names.add(used.group());
            }
            assertThat(names).isNotEmpty().allSatisfy(name -> value(samples, name));
        }
        assertThatThrownBy(() -> request("/metrics")).isInstanceOf(IOException.class);
    }

    @Test
    void healthIsUpUntilSomebodyHasToAct() throws Exception {
        TestDatabase database = TestDatabase.in(directory);
        try (Connection connection = database.connect("metrics-address=127.0.0.1:" + port, "monitor-interval=10ms")) {
            Sql.run(connection, "CREATE TABLE t (x)");
            TestDatabase.sync(connection);
            HttpResponse<String> well = get("/health");
            assertThat(well.statusCode()).isEqualTo(200);
            JsonNode health = new ObjectMapper().readTree(well.body());
            assertThat(health.get("status").asText()).isEqualTo("UP");
            assertThat(health.at("/databases/0/state").asText()).isEqualTo("STREAMING");

            Files.move(database.file(), directory.resolve("gone"));
            await().until(() -> get("/health").statusCode() == 503);
            assertThat(new ObjectMapper()
                            .readTree(get("/health").body())
                            .at("/databases/0/state")
                            .asText())
                    .isEqualTo("DETACHED");
        }
    }

    @Test
    void theServerDoesNotKeepTheJvmFromEnding() throws Exception {
        try (ChildJvm child = ChildJvm.start(
                ReturningMain.class,
                directory.resolve("errors"),
                TestDatabase.in(directory).url("metrics-address=" + port),
                Integer.toString(port))) {
            assertThat(child.readLine()).isEqualTo("served");
            assertThat(child.exitCode()).isZero();
        }
    }

    @Test
    void aPortThatIsTakenCostsAWarningOnly() throws Exception {
        try (ServerSocket taken = new ServerSocket(0);
                LogCapture log = new LogCapture("io.github.litestreamjdbc.engine.MetricsServer");
                Connection connection =
                        TestDatabase.in(directory).connect("metrics-address=0.0.0.0:" + taken.getLocalPort())) {
            Sql.run(connection, "CREATE TABLE t (x)");
            await().until(() -> log.messages().size() == 1);
            assertThat(log.messages().get(0)).startsWith("metrics-address=0.0.0.0:" + taken.getLocalPort());
        }
    }

    private static Map<String, Double> samples(String text) {
        Map<String, Double> samples = new HashMap<>();
        Set<String> typed = new HashSet<>();
        for (String line : text.split("\n")) {
            if (line.startsWith("# TYPE ")) {
                assertThat(typed.add(line.split(" ")[2])).as(line).isTrue();
                assertThat(line.split(" ")[2].endsWith("_total")).as(line).isEqualTo(line.endsWith(" counter"));
            } else if (!line.startsWith("# HELP ")) {
                Matcher sample = SAMPLE.matcher(line);
                assertThat(sample.matches()).as(line).isTrue();
                assertThat(typed).as(line).contains(sample.group(1));
                assertThat(samples.put(line.substring(0, line.lastIndexOf(' ')), Double.valueOf(sample.group(3))))
                        .as("twice: " + line)
                        .isNull();
            }
        }
        return samples;
    }

    private static double value(Map<String, Double> samples, String name) {
        return samples.entrySet().stream()
                .filter(sample -> sample.getKey().replaceFirst("\\{.*", "").equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no sample of " + name))
                .getValue();
    }

    private HttpResponse<String> get(String path) {
        await().ignoreExceptions().until(() -> request("/health") != null);
        try {
            return request(path);
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private HttpResponse<String> request(String path) throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }
}
