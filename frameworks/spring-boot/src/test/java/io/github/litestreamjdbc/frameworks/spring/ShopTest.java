package io.github.litestreamjdbc.frameworks.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.github.litestreamjdbc.engine.Replication;
import io.github.litestreamjdbc.frameworks.shop.Shop;
import io.github.litestreamjdbc.frameworks.shop.ShopContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.dao.OptimisticLockingFailureException;
import org.springframework.jdbc.UncategorizedSQLException;
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

    @ParameterizedTest
    @ValueSource(strings = {"plain", "replicated"})
    void constraintViolationIsTranslated(String kind) {
        try (ConfigurableApplicationContext application =
                ShopApplication.start("spring.datasource.url=" + (kind.equals("plain") ? plain() : replicated()))) {
            shop(application).sell("Ada", 1, 1);
            JdbcTemplate jdbc = application.getBean(JdbcTemplate.class);
            assertThatThrownBy(() -> jdbc.update("INSERT INTO customer (name, version) VALUES ('Ada', 0)"))
                    .isInstanceOfAny(DataIntegrityViolationException.class, UncategorizedSQLException.class)
                    .hasMessageContaining("UNIQUE");
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
        }
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

    @Test
    void driverClassOfSqliteJdbcMayBeLeftInTheConfiguration() {
        try (Shop shop = shop(ShopApplication.start(
                "spring.datasource.url=" + replicated(), "spring.datasource.driver-class-name=org.sqlite.JDBC"))) {
            assertThat(shop.migrations()).containsExactly("1", "2");
        }
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
