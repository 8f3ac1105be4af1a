package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.api.Metric;
import io.github.litestreamjdbc.api.Metrics;
import io.github.litestreamjdbc.api.ReplicationEvent;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * The readings of an application in another JVM, and docs/readings.md, which is made of them. What differs from run to run
 * is left out of the comparison.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReadingsPageTest {
    private static final Path PAGE = Path.of("../docs/readings.md");
    private static final String DOMAIN = "io.github.litestreamjdbc:type=";

    /** The last word of a number's name is its unit. */
    private static final List<String> UNITS = List.of(
            "Millis",
            "Bytes",
            "Commits",
            "Pages",
            "Files",
            "Requests",
            "Errors",
            "Retries",
            "Checkpoints",
            "Snapshots",
            "Compactions",
            "Databases",
            "Threads",
            "Queue");

    /** How old a reading may be. */
    private static final String STALENESS =
            ".*\\. (As of the reading|As of the last change|As of the last attempt: |As of capture's last look, |As of the"
                    + " listing at the start |Does not change).*";

    @TempDir
    private static Path directory;

    private ChildJvm shop;
    private JMXConnector connector;
    private MBeanServerConnection server;
    private int port;

    @BeforeAll
    void startAnApplication() throws Exception {
        TestDatabase database = TestDatabase.in(directory);
        try (Connection connection = database.connect()) {
            Sql.run(connection, "CREATE TABLE t (x)");
            TestDatabase.sync(connection);
        }
        database.loseFileAndState();
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        shop = ChildJvm.start(
                WatchedShop.class,
                directory.resolve("errors"),
                database.url("restore=if-missing", "metrics-address=" + port, "sync-interval=10ms"));
        connector = JMXConnectorFactory.connect(new JMXServiceURL(shop.readLine()));
        server = connector.getMBeanServerConnection();
        server.invoke(replication(), "sync", new Object[] {20_000L}, new String[] {"long"});
        server.invoke(replication(), "snapshot", new Object[0], new String[0]);
        server.invoke(replication(), "validate", new Object[0], new String[0]);
    }

    @AfterAll
    void end() throws Exception {
        connector.close();
        shop.close();
    }

    private static ObjectName replication() throws Exception {
        return new ObjectName(DOMAIN + "Replication,name=app.db");
    }

    private static ObjectName runtime() throws Exception {
        return new ObjectName(DOMAIN + "Runtime");
    }

    private List<MBeanAttributeInfo> attributes(ObjectName bean) throws Exception {
        return Arrays.stream(server.getMBeanInfo(bean).getAttributes())
                .sorted(Comparator.comparing(MBeanAttributeInfo::getName))
                .toList();
    }

    @Test
    void everyAttributeSaysWhatItMeansInWhichUnitAndHowOldItMayBe() throws Exception {
        for (ObjectName bean : List.of(replication(), runtime())) {
            for (MBeanAttributeInfo attribute : attributes(bean)) {
                String name = attribute.getName();
                assertThat(attribute.isWritable()).as(name).isFalse();
                assertThat(attribute.getDescription()).as(name).matches(STALENESS);
                if (List.of("long", "int", "double").contains(attribute.getType())) {
                    assertThat(UNITS).as(name).anyMatch(name::endsWith);
                    assertThat(attribute.getDescription().contains(" in ms"))
                            .as(name)
                            .isEqualTo(name.endsWith("Millis"));
                    assertThat(attribute.getDescription().toLowerCase().contains("bytes"))
                            .as(name)
                            .isEqualTo(name.endsWith("Bytes"));
                } else if (name.endsWith("Txid")) {
                    assertThat(attribute.getDescription()).as(name).contains("16 hex digits");
                } else if (server.getAttribute(bean, name).toString().matches("\\d{4}-\\d\\d-\\d\\dT.*")) {
                    assertThat(attribute.getDescription()).as(name).contains("; UTC");
                }
            }
        }
    }

    @Test
    void whatOnlyGrowsSaysSoAndIsACounterAmongTheMetrics() throws Exception {
        long growing = attributes(replication()).stream()
                .filter(attribute -> attribute.getDescription().contains(". Only grows. "))
                .count();
        assertThat(Metrics.ofDatabase().stream().filter(metric -> metric.type() == Metric.Type.COUNTER))
                .hasSize((int) growing);
    }

    @Test
    void notificationsAreDescribedByTheBean() throws Exception {
        assertThat(server.getMBeanInfo(replication()).getNotifications()[0].getNotifTypes())
                .containsExactly(Arrays.stream(ReplicationEvent.Kind.values())
                        .map(kind -> "io.github.litestreamjdbc.event." + kind)
                        .toArray(String[]::new));
    }

    @Test
    void pageShowsEveryReadingAsAnApplicationHasIt() throws Exception {
        String page = page();
        if (Boolean.getBoolean("litestreamjdbc.writeDocs")) {
            Files.writeString(PAGE, page);
        }
        assertThat(stable(page))
                .as("docs/readings.md is not what an application shows. Write it with"
                        + " mvn test -pl it -am -Dtest=ReadingsPageTest -Dsurefire.failIfNoSpecifiedTests=false"
                        + " -Dlitestreamjdbc.writeDocs=true")
                .isEqualTo(stable(Files.readString(PAGE)));
    }

    /** Without what differs from run to run: numbers, instants, and words with them in it. */
    private static String stable(String page) {
        return page.replaceAll("(?<![0-9a-f.])[0-9a-f]{16}(?![0-9a-f])", "TXID")
                .replaceAll("\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z", "INSTANT")
                .replaceAll("(?<![\\w-])-?\\d+(\\.\\d+)?(E-?\\d+)?(?![\\w-])", "N");
    }

    private String page() throws Exception {
        String text =
                """
                # Readings

                Everything that can be read of an application, as one had it that was started on a new machine with
                `restore=if-missing`, took a snapshot and was validated. [operations.md](operations.md) says what to watch. A test
                makes this page.

                ## `io.github.litestreamjdbc:type=Replication,name=app.db`

                """ + table(replication()) + """

                Operations: `sync(timeoutMillis)`, `snapshot()`, `validate()`.

                ## `io.github.litestreamjdbc:type=Runtime`

                """ + table(runtime()) + """

                ## `GET /metrics`

                ```
                """ + samples() + """
                ```

                ## `GET /health`

                ```json
                """ + get("/health") + """
                ```
                """;
        return text.replace(directory.toUri().toString(), "file:///srv/").replace(directory.toString(), "/srv");
    }

    private String table(ObjectName bean) throws Exception {
        return attributes(bean).stream()
                .map(attribute -> "| `" + attribute.getName() + "` | " + attribute.getDescription() + " | "
                        + value(bean, attribute) + " |\n")
                .collect(Collectors.joining("", "| attribute | meaning | example |\n|---|---|---|\n", ""));
    }

    private String value(ObjectName bean, MBeanAttributeInfo attribute) {
        try {
            String value = server.getAttribute(bean, attribute.getName()).toString();
            return value.isEmpty() ? "" : "`" + value + "`";
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** Without the labels that all of them have, and without the comments. */
    private String samples() throws Exception {
        return get("/metrics")
                .lines()
                .filter(line -> !line.startsWith("#"))
                .map(line -> line.replaceFirst("\\{database=\"app.db\",replica=\"[^\"]*\",?", "{database=\"app.db\",…,")
                        .replace(",}", "}"))
                .collect(Collectors.joining("\n", "", "\n"));
    }

    private String get(String path) throws IOException, InterruptedException {
        HttpResponse<String> response = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                .timeout(TestDatabase.TIMEOUT)
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).isEqualTo(200);
        return response.body();
    }
}
