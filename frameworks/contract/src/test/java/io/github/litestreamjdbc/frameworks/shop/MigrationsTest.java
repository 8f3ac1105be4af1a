package io.github.litestreamjdbc.frameworks.shop;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.engine.Replication;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tools for migrations that are given a URL find SQLite behind ours, as behind sqlite-jdbc's. */
class MigrationsTest {
    @TempDir
    private Path directory;

    private String url(String kind) {
        Path database = directory.resolve("shop.db");
        return kind.equals("plain")
                ? "jdbc:sqlite:" + database
                : "jdbc:litestream:sqlite:" + database + "?linger=0&replica=file:" + directory.resolve("replica");
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "replicated"})
    void flywayIsGivenTheUrl(String kind) {
        assertThat(new FlywayMigrations(url(kind)).applied()).containsExactly("1", "2");
        assertThat(new FlywayMigrations(url(kind)).applied()).containsExactly("1", "2");
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "replicated"})
    void liquibaseIsGivenTheUrl(String kind) throws Exception {
        assertThat(new LiquibaseMigrations(url(kind)).applied()).containsExactly("1", "2");
        assertThat(new LiquibaseMigrations(url(kind)).applied()).containsExactly("1", "2");
    }

    @Test
    void whatTheyDidIsReplicated() throws Exception {
        new FlywayMigrations(url("replicated"));
        String restored = url("replicated").replace("shop.db", "restored.db") + "&restore=if-missing";
        try (Connection connection = DriverManager.getConnection(restored);
                ResultSet rows = connection
                        .createStatement()
                        .executeQuery("SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema"
                                + " WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name)")) {
            assertThat(connection.unwrap(Replication.class).sync(Duration.ofSeconds(20)))
                    .isPositive();
            assertThat(rows.getString(1)).isEqualTo("customer,flyway_schema_history,purchase");
        }
    }
}
