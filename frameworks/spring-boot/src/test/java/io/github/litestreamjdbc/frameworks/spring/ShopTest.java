package io.github.litestreamjdbc.frameworks.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.zaxxer.hikari.HikariDataSource;
import io.github.litestreamjdbc.engine.Replication;
import io.github.litestreamjdbc.frameworks.shop.Shop;
import io.github.litestreamjdbc.frameworks.shop.ShopContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.NonTransientDataAccessException;
import org.springframework.dao.OptimisticLockingFailureException;
import org.springframework.jdbc.core.JdbcTemplate;

/** The application with Flyway, and what its configuration may say. */
class ShopTest extends ShopContract {
    private static Shop shop(ConfigurableApplicationContext application) {
        return new SpringShop(
                application, "SELECT version FROM flyway_schema_history WHERE success ORDER BY installed_rank");
    }

    @Override
    protected Shop open(String url) {
        return shop(ShopApplication.start("spring.datasource.url=" + url));
    }

    @Override
    protected Class<? extends Throwable> staleVersion() {
        return OptimisticLockingFailureException.class;
    }

    @Test
    void constraintViolationIsTranslatedAsOnPlainSqlite() {
        Throwable plain = violation(plain(), 1);
        Throwable replicated = violation(replicated(), 2);
        assertThat(plain).isInstanceOf(DataAccessException.class).hasMessageContaining("UNIQUE");
        assertThat(replicated).hasMessageContaining("UNIQUE").hasSameClassAs(plain);
    }

    private static Throwable violation(String url, long purchase) {
        try (ConfigurableApplicationContext application = ShopApplication.start("spring.datasource.url=" + url)) {
            shop(application).sell("Ada", purchase, 1);
            JdbcTemplate jdbc = application.getBean(JdbcTemplate.class);
            return catchThrowable(() -> jdbc.update("INSERT INTO customer (name, version) VALUES ('Ada', 0)"));
        }
    }

    /** A transient one would be retried, and the transaction done twice. */
    @Test
    void unconfirmedCommitIsAResourceFailure() throws IOException {
        try (ConfigurableApplicationContext application = ShopApplication.start("spring.datasource.url=" + replicated()
                + "&durability=replica&durability-timeout=2s&shutdown-sync-timeout=100ms")) {
            JdbcTemplate jdbc = application.getBean(JdbcTemplate.class);
            Files.move(directory.resolve("replica"), directory.resolve("kept"));
            Files.writeString(directory.resolve("replica"), "in the way");
            assertThatThrownBy(() -> jdbc.update("INSERT INTO customer (name, version) VALUES ('Eve', 0)"))
                    .isInstanceOf(DataAccessResourceFailureException.class)
                    .hasMessageContaining("committed locally, not confirmed");
            assertThat(application.getBean(Customers.class).findByName("Eve")).isPresent();

            assertThatThrownBy(() -> application.getBean(Customers.class).save(new Customer("Bob")))
                    .as("through JPA")
                    .isInstanceOf(NonTransientDataAccessException.class)
                    .satisfies(e -> assertThat(sqlState(e)).isEqualTo("58030"));
            assertThat(application.getBean(Customers.class).findByName("Bob")).isPresent();
        }
    }

    private static String sqlState(Throwable failure) {
        Throwable cause = failure;
        while (!(cause instanceof SQLException)) {
            cause = cause.getCause();
        }
        return ((SQLException) cause).getSQLState();
    }

    @Test
    void connectionOfThePoolUnwrapsToItsReplication() throws Exception {
        try (ConfigurableApplicationContext application =
                        ShopApplication.start("spring.datasource.url=" + replicated());
                Connection connection = application.getBean(DataSource.class).getConnection()) {
            assertThat(connection.unwrap(Replication.class).sync(Duration.ofSeconds(20)))
                    .isPositive();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "spring.datasource.driver-class-name",
                "spring.datasource.driverClassName",
                "spring.datasource.hikari.driver-class-name"
            })
    void driverClassOfSqliteJdbcMayBeLeftInTheConfiguration(String name) {
        try (Shop shop = shop(ShopApplication.start(
                "spring.datasource.url=" + replicated(), name + "=org.sqlite.JDBC"))) {
            assertThat(shop.migrations()).containsExactly("1", "2");
        }
    }

    /** As with {@code @DynamicPropertySource} in a test, or with the environment of a container. */
    @ParameterizedTest
    @ValueSource(strings = {"dynamic", "variables", "placeholder"})
    void urlMayComeFromASourceThatIsAddedLate(String kind) {
        String driver = "org.sqlite.JDBC";
        PropertySource<?> source = switch (kind) {
            case "dynamic" ->
                new MapPropertySource(
                        kind, Map.of("spring.datasource.url", replicated(), "spring.datasource.driver-class-name", driver));
            case "variables" ->
                new SystemEnvironmentPropertySource(
                        "late-systemEnvironment",
                        Map.of("SPRING_DATASOURCE_URL", replicated(), "SPRING_DATASOURCE_HIKARI_DRIVERCLASSNAME", driver));
            default ->
                new MapPropertySource(
                        kind,
                        Map.of(
                                "spring.datasource.url",
                                "${shop.url}",
                                "shop.url",
                                replicated(),
                                "spring.datasource.driver-class-name",
                                "${shop.driver}",
                                "shop.driver",
                                driver));
        };
        ConfigurableApplicationContext application = new SpringApplicationBuilder(ShopApplication.class)
                .initializers(context -> context.getEnvironment().getPropertySources().addFirst(source))
                .run();
        try (Shop shop = shop(application)) {
            assertThat(shop.migrations()).containsExactly("1", "2");
        }
        assertThat(directory.resolve("replica/ltx/0")).isNotEmptyDirectory();
    }

    @Test
    void migrationsMayHaveAUrlOfTheirOwn() {
        try (Shop shop = shop(ShopApplication.start(
                "spring.datasource.url=" + replicated(),
                "spring.flyway.url=" + replicated(),
                "spring.flyway.user=sa"))) {
            assertThat(shop.migrations()).containsExactly("1", "2");
        }
    }

    /** The settings of docs/guides/spring-boot.md, with this test's directory in place of the working and the backup one. */
    @Test
    void settingsOfTheGuideWork() throws Exception {
        String settings = Files.readString(Path.of("../spring-boot/src/test/resources/guide.properties"))
                .replace("busy_timeout=5000", "busy_timeout=5000&linger=0")
                .replace("app.db", database().toString())
                .replace("file:///backup", directory.resolve("backup").toUri().toString());
        try (Shop shop = shop(ShopApplication.start(settings.lines().toArray(String[]::new)))) {
            shop.sell("Ada", 1, 5);
            assertThat(shop.count()).isEqualTo(5);
        }
        assertThat(directory.resolve("backup/app/ltx/0")).isNotEmptyDirectory();
    }

    @Test
    void anotherDriversUrlIsLeftAlone() throws Exception {
        try (ConfigurableApplicationContext application = ShopApplication.start("spring.datasource.url=" + plain())) {
            assertThat(application.getEnvironment().getProperty("spring.datasource.driver-class-name"))
                    .isNull();
            assertThat(application
                            .getBean(DataSource.class)
                            .unwrap(HikariDataSource.class)
                            .getDriverClassName())
                    .isEqualTo("org.sqlite.JDBC");
        }
    }
}
