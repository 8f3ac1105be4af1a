package io.github.litestreamjdbc.liquibase;

import java.util.Locale;
import liquibase.database.core.SQLiteDatabase;

/**
 * Tells Liquibase the driver class of our URLs, where it is given a URL instead of a connection. It takes the place of
 * Liquibase's own SQLite database, so it does everything else as that one.
 */
public final class LitestreamDatabase extends SQLiteDatabase {
    /** Called by Liquibase. */
    public LitestreamDatabase() {}

    @Override
    public String getDefaultDriver(String url) {
        return url.toLowerCase(Locale.ROOT).startsWith("jdbc:litestream:sqlite:")
                ? "io.github.litestreamjdbc.driver.LitestreamDriver"
                : super.getDefaultDriver(url);
    }

    /** Before Liquibase's own, which of two of one priority may come first. */
    @Override
    public int getPriority() {
        return super.getPriority() + 1;
    }
}
