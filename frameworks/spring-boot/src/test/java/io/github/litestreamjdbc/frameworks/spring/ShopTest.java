package io.github.litestreamjdbc.frameworks.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.dao.OptimisticLockingFailureException;
import org.springframework.data.domain.Page;
import org.springframework.data.domain.PageRequest;
import org.springframework.data.domain.Sort;
import org.springframework.jdbc.core.JdbcTemplate;

/** The same application and the same tests on both URLs; on ours it is killed, restored and goes on. */
class ShopTest {
    @TempDir
    private Path directory;

    private Path database() {
        return directory.resolve("shop.db");
    }

    private String replicated() {
        return "jdbc:litestream:sqlite:" + database() + "?replica=file:" + directory.resolve("replica")
                + "&restore=if-missing&linger=0&busy_timeout=5000&transaction_mode=IMMEDIATE";
    }

    private String url(String kind) {
        return kind.equals("plain")
                ? "jdbc:sqlite:" + database() + "?busy_timeout=5000&transaction_mode=IMMEDIATE"
                : replicated();
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "replicated"})
    void applicationWorks(String kind) {
        try (ConfigurableApplicationContext application = ShopApplication.start("spring.datasource.url=" + url(kind))) {
            migrationsRan(application);
            entitiesWithRelationsComeBack(application);
            failedTransactionLeavesNothing(application);
            constraintViolationIsTranslated(application);
            pagesAreSortedAndCounted(application);
            staleVersionIsRefused(application);
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

    private static void migrationsRan(ConfigurableApplicationContext application) {
        List<String> versions = application
                .getBean(JdbcTemplate.class)
                .queryForList(
                        "SELECT version FROM flyway_schema_history WHERE success ORDER BY version", String.class);
        assertThat(versions).containsExactly("1", "2");
    }

    private static void entitiesWithRelationsComeBack(ConfigurableApplicationContext application) {
        Shop shop = application.getBean(Shop.class);
        shop.sell("Ada", 1, 50);
        shop.sell("Ada", 51, 10);
        assertThat(shop.purchasesOf("Ada")).isEqualTo(60);
        assertThat(application.getBean(Purchases.class).findById(7L)).hasValueSatisfying(purchase -> {
            assertThat(purchase.article()).isEqualTo("article 7");
            assertThat(purchase.amount()).isEqualTo(1);
        });
    }

    private static void failedTransactionLeavesNothing(ConfigurableApplicationContext application) {
        Shop shop = application.getBean(Shop.class);
        assertThatThrownBy(() -> shop.sellAndFail("Bob", 100)).isInstanceOf(IllegalStateException.class);
        assertThat(application.getBean(Customers.class).findByName("Bob")).isEmpty();
        assertThat(shop.count()).isEqualTo(60);
    }

    private static void constraintViolationIsTranslated(ConfigurableApplicationContext application) {
        JdbcTemplate jdbc = application.getBean(JdbcTemplate.class);
        assertThatThrownBy(() -> jdbc.update("INSERT INTO customer (name, version) VALUES ('Ada', 0)"))
                .isInstanceOfAny(
                        DataIntegrityViolationException.class,
                        org.springframework.jdbc.UncategorizedSQLException.class)
                .hasMessageContaining("UNIQUE");
    }

    private static void pagesAreSortedAndCounted(ConfigurableApplicationContext application) {
        Page<Purchase> page = application
                .getBean(Purchases.class)
                .findByAmountGreaterThan(6, PageRequest.of(1, 3, Sort.by("id").descending()));
        assertThat(page.getTotalElements()).isEqualTo(8);
        assertThat(page.getContent()).extracting(Purchase::getId).containsExactly(34L, 27L, 20L);
    }

    private static void staleVersionIsRefused(ConfigurableApplicationContext application) {
        Customers customers = application.getBean(Customers.class);
        Customer stale = customers.findByName("Ada").orElseThrow();
        application.getBean(Shop.class).rename("Ada", "Ada L.");
        stale.rename("Ada B.");
        assertThatThrownBy(() -> customers.save(stale)).isInstanceOf(OptimisticLockingFailureException.class);
        assertThat(customers.findByName("Ada L.")).isPresent();
    }

    @Test
    void driverClassOfSqliteJdbcMayBeLeftInTheConfiguration() {
        try (ConfigurableApplicationContext application = ShopApplication.start(
                "spring.datasource.url=" + replicated(), "spring.datasource.driver-class-name=org.sqlite.JDBC")) {
            migrationsRan(application);
        }
    }

    @Test
    void migrationsMayHaveAUrlOfTheirOwn() {
        try (ConfigurableApplicationContext application = ShopApplication.start(
                "spring.datasource.url=" + replicated(), "spring.flyway.url=" + replicated(), "spring.flyway.user=sa")) {
            migrationsRan(application);
        }
    }

    @Test
    void anotherDriversUrlIsLeftAlone() throws Exception {
        try (ConfigurableApplicationContext application =
                ShopApplication.start("spring.datasource.url=" + url("plain"))) {
            assertThat(application.getEnvironment().getProperty("spring.datasource.driver-class-name"))
                    .isNull();
            assertThat(application
                            .getBean(DataSource.class)
                            .unwrap(com.zaxxer.hikari.HikariDataSource.class)
                            .getDriverClassName())
                    .isEqualTo("org.sqlite.JDBC");
        }
    }

    @Test
    void killedApplicationIsRestoredAndGoesOn() throws Exception {
        long replicated = sellUntilKilled(3);
        loseTheMachine();
        long second;
        try (ConfigurableApplicationContext application =
                ShopApplication.start("spring.datasource.url=" + replicated())) {
            Shop shop = application.getBean(Shop.class);
            assertThat(shop.count()).as("purchases").isEqualTo(shop.lastId()).isGreaterThanOrEqualTo(replicated);
            migrationsRan(application);
            shop.sell("after the restore", shop.lastId() + 1, 5);
            second = shop.count();
        }
        assertThat(sellUntilKilled(1)).isGreaterThan(second);
    }

    /** Answers up to which purchase the replica is known to have everything. */
    private long sellUntilKilled(int reports) throws IOException, InterruptedException {
        Process shop = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx200m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        BusyShop.class.getName(),
                        replicated())
                .redirectError(directory.resolve("errors").toFile())
                .start();
        long last = 0;
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(shop.getInputStream(), StandardCharsets.UTF_8))) {
            int seen = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("REPLICATED ")) {
                    last = Long.parseLong(line.substring("REPLICATED ".length()));
                    if (++seen == reports) {
                        shop.toHandle().destroyForcibly();
                    }
                }
            }
            assertThat(seen).as(Files.readString(directory.resolve("errors"))).isGreaterThanOrEqualTo(reports);
        } finally {
            shop.destroyForcibly().waitFor();
        }
        return last;
    }

    private void loseTheMachine() throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
                String name = directory.relativize(path).toString();
                if (name.startsWith("shop.db") || name.startsWith(".shop.db-litestream")) {
                    Files.delete(path);
                }
            }
        }
    }
}
