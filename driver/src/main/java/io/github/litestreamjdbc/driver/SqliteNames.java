package io.github.litestreamjdbc.driver;

import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import org.sqlite.JDBC;

/** The parameter names that are not ours: sqlite-jdbc's and SQLite's own. */
final class SqliteNames {
    /** What SQLite reads from {@code file:} URIs itself. */
    static final Set<String> URI_PARAMETERS = Set.of("mode", "cache", "immutable", "vfs", "nolock", "psow", "modeof");

    /** Values of SQLite's {@code mode}; ours of the same name has others. */
    private static final Set<String> URI_MODES = Set.of("ro", "rw", "rwc", "memory");

    private static final DriverPropertyInfo[] PROPERTIES = read();

    private SqliteNames() {}

    /** Whether it is the {@code mode} that SQLite reads from {@code file:} URIs, rather than ours. */
    static boolean isUriMode(UrlParts.Parameter parameter) {
        return parameter.name().equals("mode") && parameter.value() != null && URI_MODES.contains(parameter.value());
    }

    private static DriverPropertyInfo[] read() {
        try {
            return new JDBC().getPropertyInfo("jdbc:sqlite:", new Properties());
        } catch (SQLException e) {
            throw new IllegalStateException("sqlite-jdbc does not list its properties", e);
        }
    }

    /** What sqlite-jdbc documents of its properties. */
    static DriverPropertyInfo[] propertyInfo() {
        return PROPERTIES.clone();
    }

    /** Names of sqlite-jdbc's properties, in lower case. */
    static Set<String> properties() {
        Set<String> names = new TreeSet<>();
        Arrays.stream(PROPERTIES).forEach(property -> names.add(property.name.toLowerCase(Locale.ROOT)));
        return names;
    }
}
