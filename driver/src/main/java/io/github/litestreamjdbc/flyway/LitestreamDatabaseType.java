package io.github.litestreamjdbc.flyway;

import java.util.Locale;
import org.flywaydb.core.internal.database.sqlite.SQLiteDatabaseType;

/** Tells Flyway that our URLs are SQLite's, where it is given a URL instead of a data source. Run with Flyway 11 to 13. */
public final class LitestreamDatabaseType extends SQLiteDatabaseType {
    /** Called by Flyway. */
    public LitestreamDatabaseType() {}

    @Override
    public boolean handlesJDBCUrl(String url) {
        return url.toLowerCase(Locale.ROOT).startsWith("jdbc:litestream:sqlite:");
    }

    @Override
    public String getDriverClass(String url, ClassLoader classLoader) {
        return "io.github.litestreamjdbc.driver.LitestreamDriver";
    }
}
