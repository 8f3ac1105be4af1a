package io.github.litestreamjdbc.frameworks.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.context.ConfigurableApplicationContext;

/** What the actuator tells of replication, without any configuration of ours. */
class ActuatorTest {
    private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();

    @TempDir
    private Path directory;

    @Test
    void healthEndpointAndMetersTellOfReplication() throws Exception {
        Path database = directory.resolve("shop.db");
        try (ConfigurableApplicationContext application = ShopApplication.start(
                "spring.datasource.url=jdbc:litestream:sqlite:" + database + "?replica=file:"
                        + directory.resolve("replica") + "&linger=0&monitor-interval=20ms&busy_timeout=5000",
                "spring.jmx.enabled=true",
                "management.endpoints.jmx.exposure.include=health,litestream")) {
            assertThat(health()).contains("status=UP", "STREAMING");
            Map<?, ?> shop = (Map<?, ?>) ((Map<?, ?>) invoke("Litestream", "databases")).get("shop.db");
            assertThat(shop.get("state")).isEqualTo("STREAMING");
            assertThat(shop.get("replica")).asString().startsWith("file:");
            assertThat(application
                            .getBean(MeterRegistry.class)
                            .get("litestream.captured.commits")
                            .tag("database", "shop.db")
                            .functionCounter()
                            .count())
                    .isPositive();

            Files.move(database, directory.resolve("gone"));
            for (long end = System.nanoTime() + 20_000_000_000L; !health().contains("DETACHED"); Thread.sleep(20)) {
                assertThat(System.nanoTime()).as("time").isLessThan(end);
            }
            assertThat(health()).contains("status=DOWN");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "management.health.defaults.enabled=false, spring.jmx.enabled=false, false",
        "management.health.litestream.enabled=false, spring.jmx.enabled=false, false",
        "management.health.defaults.enabled=false, management.health.litestream.enabled=true, true"
    })
    void healthIsSwitchedOffAsSpringBootsOwnIs(String setting, String other, boolean there) {
        try (ConfigurableApplicationContext application = ShopApplication.start(
                "spring.datasource.url=jdbc:litestream:sqlite:" + directory.resolve("shop.db") + "?replica=file:"
                        + directory.resolve("replica") + "&linger=0",
                setting,
                other)) {
            assertThat(application.containsBean("litestreamHealthIndicator")).isEqualTo(there);
        }
    }

    private String health() throws Exception {
        return String.valueOf(((Map<?, ?>) ((Map<?, ?>) invoke("Health", "health")).get("components")).get("litestream"));
    }

    private Object invoke(String endpoint, String operation) throws Exception {
        return server.invoke(
                new ObjectName("org.springframework.boot:type=Endpoint,name=" + endpoint),
                operation,
                new Object[0],
                new String[0]);
    }
}
