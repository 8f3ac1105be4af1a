package io.github.litestreamjdbc.frameworks.shop;

import java.util.Arrays;
import java.util.List;
import org.flywaydb.core.Flyway;

/** The shop's tables, made by Flyway, which is given the URL and nothing else. */
public final class FlywayMigrations {
    private final Flyway flyway;

    /** Brings the database up to date. */
    public FlywayMigrations(String url) {
        // #flyway
        flyway = Flyway.configure()
                .dataSource(url, null, null)
                .locations("classpath:db/migration/sqlite")
                .load();
        flyway.migrate();
        // #end
    }

    /** The versions that were applied. */
    public List<String> applied() {
        return Arrays.stream(flyway.info().applied())
                .map(migration -> migration.getVersion().getVersion())
                .toList();
    }
}
