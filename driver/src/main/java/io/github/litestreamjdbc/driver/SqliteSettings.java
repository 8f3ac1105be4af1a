package io.github.litestreamjdbc.driver;

import io.github.litestreamjdbc.spi.LogLine;
import java.io.File;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/** Checks what goes to sqlite-jdbc and SQLite: nothing may contradict replication. */
final class SqliteSettings {
    private static final System.Logger LOG = System.getLogger(SqliteSettings.class.getName());
    private static final AtomicBoolean AUTOCHECKPOINT_LOGGED = new AtomicBoolean();

    private static final Set<String> TRUE = Set.of("1", "on", "yes", "true");

    private static final int OPEN_DELETEONCLOSE = 0x8;
    private static final int OPEN_MEMORY = 0x80;
    private static final int OPEN_SHAREDCACHE = 0x20000;

    private SqliteSettings() {}

    /**
     * Properties for a connection of a replicated database: without a journal mode, which the connection sets itself, and
     * with {@code wal_autocheckpoint=0}.
     *
     * @param properties names in lower case
     * @throws SQLException naming the property and why it is refused
     */
    static Properties forReplication(Properties properties) throws SQLException {
        Properties checked = new Properties();
        checked.putAll(properties);
        Object journalMode = checked.remove("journal_mode");
        if (journalMode != null && !journalMode.toString().strip().equalsIgnoreCase("WAL")) {
            throw refused("journal_mode", journalMode, "replication reads the WAL; leave it out or set WAL");
        }
        refuse(checked, "locking_mode", "EXCLUSIVE", "replication needs its own connections to the database");
        refuse(checked, "shared_cache", "true", "connections that share a cache lock each other's tables");
        refuseOpenMode(checked.getProperty("open_mode"));
        if (checked.containsKey("wal_autocheckpoint")) {
            logAutocheckpointIgnored();
        }
        checked.setProperty("wal_autocheckpoint", "0");
        return checked;
    }

    private static void refuse(Properties properties, String name, String value, String reason) throws SQLException {
        String given = properties.getProperty(name);
        if (given != null && given.strip().equalsIgnoreCase(value)) {
            throw refused(name, given, reason + "; leave it out");
        }
    }

    private static void refuseOpenMode(String openMode) throws SQLException {
        if (openMode == null) {
            return;
        }
        int flags;
        try {
            flags = Integer.parseInt(openMode.strip());
        } catch (NumberFormatException e) {
            throw refused("open_mode", openMode, "it must be a number, the sum of SQLite's open flags");
        }
        if ((flags & (OPEN_DELETEONCLOSE | OPEN_MEMORY | OPEN_SHAREDCACHE)) != 0) {
            throw refused(
                    "open_mode",
                    openMode,
                    "memory, shared-cache and delete-on-close databases cannot be "
                            + "replicated; leave these flags out");
        }
    }

    /** Says once a JVM that the application's automatic checkpoints are not made. */
    static void logAutocheckpointIgnored() {
        if (AUTOCHECKPOINT_LOGGED.compareAndSet(false, true)) {
            LOG.log(
                    System.Logger.Level.INFO,
                    LogLine.of("parameter", "wal_autocheckpoint")
                            .says("is ignored: replication makes the checkpoints"));
        }
    }

    /**
     * Checks the parameters that SQLite reads from {@code file:} URIs.
     *
     * @throws SQLException naming the parameter and why it is refused
     */
    static void checkUri(List<UrlParts.Parameter> parameters) throws SQLException {
        for (UrlParts.Parameter parameter : parameters) {
            String value = parameter.value() == null ? "" : parameter.value().toLowerCase(Locale.ROOT);
            String reason = switch (parameter.name()) {
                case "immutable" -> TRUE.contains(value) ? "such a reader ignores the WAL" : null;
                case "mode" -> value.equals("memory") ? "a database in memory cannot be replicated" : null;
                case "cache" ->
                    value.equals("shared") ? "connections that share a cache lock each other's tables" : null;
                case "nolock" -> TRUE.contains(value) ? "without locks there is no WAL" : null;
                case "vfs" ->
                    value.equals(File.separatorChar == '\\' ? "win32" : "unix")
                            ? null
                            : "its locks may not exclude those of replication's own connections";
                default -> null;
            };
            if (reason != null) {
                throw refused(parameter.name(), parameter.value(), reason + "; leave it out");
            }
        }
    }

    private static SQLException refused(String name, Object value, String reason) {
        return SqlErrors.refused("parameter '" + name + "=" + value + "' is refused: " + reason);
    }

    /** The file name for sqlite-jdbc: a {@code file:} URI keeps the parameters that SQLite reads. */
    static String fileName(String file, List<UrlParts.Parameter> parameters) {
        if (parameters.isEmpty()) {
            return file;
        }
        List<String> pairs = new ArrayList<>();
        parameters.forEach(parameter ->
                pairs.add(parameter.value() == null ? parameter.name() : parameter.name() + "=" + parameter.value()));
        return file + "?" + String.join("&", pairs);
    }
}
