package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.litestreamjdbc.api.Metric;
import io.github.litestreamjdbc.api.Metrics;
import io.github.litestreamjdbc.api.ReplicationMXBean;
import io.github.litestreamjdbc.engine.Databases;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.hawkular.agent.prometheus.text.TextPrometheusMetricDataParser;
import org.hawkular.agent.prometheus.types.Counter;
import org.hawkular.agent.prometheus.types.Gauge;
import org.hawkular.agent.prometheus.types.MetricFamily;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsTest {
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
    void parserOfPrometheusFindsEveryMetricOfTheCatalogueWithItsTypeAndValue() throws Exception {
        try (Connection connection = TestDatabase.in(directory)
                .connect("metrics-address=" + port, "name=a%22b%5C%0Ac", "monitor-interval=off")) {
            Sql.run(connection, "CREATE TABLE t (x)");
            TestDatabase.sync(connection);
            Map<String, MetricFamily> families = parse(get("/metrics").body());
            Set<String> expected = Stream.concat(Metrics.ofDatabase().stream(), Metrics.ofRuntime().stream())
                    .map(Metric::prometheusName)
                    .collect(Collectors.toSet());
            assertThat(families.keySet()).isEqualTo(expected).isEqualTo(ReadingsPage.metrics());
            ReplicationMXBean readings = Databases.readings().get("a\"b\\\nc");
            for (Metric<ReplicationMXBean> metric : Metrics.ofDatabase()) {
                MetricFamily family = families.get(metric.prometheusName());
                assertThat(family.getType().name()).isEqualTo(metric.type().name());
                assertThat(family.getHelp()).isEqualTo(metric.description());
                Map<String, String> labels = new HashMap<>(metric.tags());
                labels.put("database", "a\"b\\\nc");
                labels.put("replica", readings.getReplica());
                assertThat(family.getMetrics())
                        .filteredOn(sample -> sample.getLabels().equals(labels))
                        .as("%s%s", metric.prometheusName(), labels)
                        .singleElement()
                        .satisfies(sample -> assertThat(value(sample))
                                .isEqualTo(metric.reading().applyAsDouble(readings)));
            }
            assertThat(value(families, "litestream_captured_commits_total")).isPositive();
            assertThat(value(families, "litestream_lag_threshold_seconds")).isEqualTo(300);
            assertThat(value(families, "litestream_last_sync_timestamp_seconds"))
                    .isGreaterThan(1.5e9);
        }
        assertThatThrownBy(() -> request("/metrics")).isInstanceOf(IOException.class);
    }

    @Test
    void alertsAndTextsOfTheManualNameMetricsThatAScrapeHas() throws Exception {
        try (Connection connection = TestDatabase.in(directory).connect("metrics-address=" + port)) {
            assertThat(connection.isValid(1)).isTrue();
            Set<String> scraped = parse(get("/metrics").body()).keySet();
            Matcher used = Pattern.compile("litestream_[a-z0-9_]+(?![a-z0-9_(])")
                    .matcher(Files.readString(Path.of("../docs/operations.md")));
            Set<String> names = new HashSet<>();
            while (used.find()) {
                names.add(used.group());
            }
            assertThat(names).isNotEmpty();
            assertThat(scraped).containsAll(names);
        }
    }

    @Test
    void clientThatSaysNothingKeepsNobodyElseFromReading() throws Exception {
        try (Connection connection = TestDatabase.in(directory).connect("metrics-address=" + port)) {
            assertThat(get("/health").statusCode()).isEqualTo(200);
            try (Socket silent = new Socket("127.0.0.1", port)) {
                silent.getOutputStream().write("GET /metrics HTTP/1.1\r\nHost: ".getBytes(StandardCharsets.US_ASCII));
                silent.getOutputStream().flush();
                assertThat(request("/metrics").statusCode()).isEqualTo(200);
                assertThat(request("/health").statusCode()).isEqualTo(200);
            }
            assertThat(connection.isValid(1)).isTrue();
        }
    }

    @Test
    void headIsToldAllButTheContentAndOtherMethodsThatThereIsNoMore() throws Exception {
        try (Connection connection = TestDatabase.in(directory).connect("metrics-address=" + port)) {
            assertThat(connection.isValid(1)).isTrue();
            for (String path : List.of("/health", "/metrics")) {
                HttpResponse<String> got = get(path);
                HttpResponse<String> head = request("HEAD", path);
                assertThat(head.statusCode()).isEqualTo(200);
                assertThat(head.body()).isEmpty();
                assertThat(head.headers().firstValue("content-type"))
                        .isEqualTo(got.headers().firstValue("content-type"));
                assertThat(head.headers().firstValueAsLong("content-length").orElse(0))
                        .isPositive();
                assertThat(request("POST", path).statusCode()).isEqualTo(405);
            }
        }
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
    void portThatIsTakenCostsOneWarningHoweverManyConnectionsAskForIt() throws Exception {
        TestDatabase database = TestDatabase.in(directory);
        try (ServerSocket taken = new ServerSocket(0);
                LogCapture log = new LogCapture("io.github.litestreamjdbc.engine.MetricsServer")) {
            String address = "metrics-address=0.0.0.0:" + taken.getLocalPort();
            try (Connection connection = database.connect(address)) {
                Sql.run(connection, "CREATE TABLE t (x)");
                await().until(() -> log.messages().size() == 1);
                assertThat(log.messages().get(0)).startsWith(address);
                for (int i = 0; i < 3; i++) {
                    database.connect(address).close();
                }
                // Whoever asked before has been answered once a later one is.
                try (Connection served = database.connect(address.replace(":" + taken.getLocalPort(), ":" + port))) {
                    assertThat(get("/health").statusCode()).isEqualTo(200);
                    assertThat(served.isValid(1)).isTrue();
                }
            }
            assertThat(log.messages()).hasSize(1);
        }
    }

    /** The families by name, none twice. */
    private static Map<String, MetricFamily> parse(String text) throws IOException {
        TextPrometheusMetricDataParser parser =
                new TextPrometheusMetricDataParser(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
        Map<String, MetricFamily> families = new HashMap<>();
        for (MetricFamily family = parser.parse(); family != null; family = parser.parse()) {
            assertThat(families.put(family.getName(), family))
                    .as(family.getName())
                    .isNull();
        }
        return families;
    }

    private static double value(org.hawkular.agent.prometheus.types.Metric sample) {
        return sample instanceof Counter counter ? counter.getValue() : ((Gauge) sample).getValue();
    }

    private static double value(Map<String, MetricFamily> families, String name) {
        return value(families.get(name).getMetrics().get(0));
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
        return request("GET", path);
    }

    private HttpResponse<String> request(String method, String path) throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                        .method(method, HttpRequest.BodyPublishers.noBody())
                        .timeout(TestDatabase.TIMEOUT)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }
}
