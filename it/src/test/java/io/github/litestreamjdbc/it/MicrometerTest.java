package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.micrometer.LitestreamMetrics;
import io.micrometer.core.instrument.Meter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MicrometerTest {
    @TempDir
    Path directory;

    @Test
    void theRegistryHasEveryMetricUnderTheNameOfTheMetricsAddressWhileADatabaseIsOpen() throws Exception {
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        try (LitestreamMetrics metrics = new LitestreamMetrics()) {
            metrics.bindTo(registry);
            assertThat(registry.scrape()).doesNotContain("litestream_replication_lag_seconds");
            try (Connection connection = TestDatabase.in(directory).connect("name=shop")) {
                Sql.run(connection, "CREATE TABLE t (x)");
                TestDatabase.sync(connection);
                String scrape = registry.scrape();
                assertThat(names(scrape)).isEqualTo(ReadingsPage.metrics());
                assertUnitsAreInTheNames(registry);
                assertThat(samples(scrape, "litestream_lag_threshold_seconds{"))
                        .singleElement()
                        .satisfies(sample -> assertThat(sample).endsWith(" 300.0"));
                assertThat(samples(scrape, "litestream_replication_lag_seconds{"))
                        .singleElement()
                        .satisfies(sample -> assertThat(sample)
                                .contains("database=\"shop\"", "replica=\"file:")
                                .endsWith(" 0.0"));
                assertThat(samples(scrape, "litestream_captured_bytes_total{"))
                        .singleElement()
                        .satisfies(sample -> assertThat(sample).doesNotEndWith(" 0.0"));
                assertThat(samples(scrape, "litestream_state{"))
                        .filteredOn(sample -> sample.endsWith(" 1.0"))
                        .singleElement()
                        .satisfies(sample -> assertThat(sample).contains("state=\"STREAMING\""));
                assertThat(samples(scrape, "litestream_databases ")).containsExactly("litestream_databases 1.0");
            }
            assertThat(names(registry.scrape())).doesNotContain("litestream_replication_lag_seconds");
        }
    }

    /** The convention of the registry makes names of names and base units. */
    private static void assertUnitsAreInTheNames(PrometheusMeterRegistry registry) throws IOException {
        Set<String> promised = ReadingsPage.metrics();
        for (Meter meter : registry.getMeters()) {
            Meter.Id id = meter.getId();
            String name = id.getConventionName(registry.config().namingConvention());
            // Some versions leave the end of a counter's name to the client.
            boolean ends = id.getType() == Meter.Type.COUNTER && !name.endsWith("_total");
            assertThat(promised).contains(ends ? name + "_total" : name);
            assertThat(name.contains("_seconds")).as(name).isEqualTo("seconds".equals(id.getBaseUnit()));
            assertThat(name.contains("_bytes")).as(name).isEqualTo("bytes".equals(id.getBaseUnit()));
        }
    }

    @Test
    void withoutMicrometerAndWithoutJmxAndTheHttpServerTheDriverWorks() throws Exception {
        String classPath = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.contains("micrometer") && !entry.contains("prometheus"))
                .collect(Collectors.joining(File.pathSeparator));
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:TieredStopAtLevel=1",
                        "--limit-modules=java.sql",
                        "-cp",
                        classPath,
                        BareMain.class.getName(),
                        TestDatabase.in(directory).url("metrics-address=1"))
                .redirectErrorStream(true)
                .start();
        String output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(child.waitFor()).as(output).isZero();
        assertThat(output)
                .contains("synced")
                .contains("metrics-address=127.0.0.1:1 cannot be served", "jdk.httpserver")
                .doesNotContain("NoClassDefFoundError:", "\tat ");
    }

    private static Set<String> names(String scrape) {
        return scrape.lines()
                .filter(line -> line.startsWith("# TYPE "))
                .map(line -> line.split(" ")[2])
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static List<String> samples(String scrape, String prefix) {
        return scrape.lines().filter(line -> line.startsWith(prefix)).toList();
    }
}
