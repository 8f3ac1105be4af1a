package io.github.litestreamjdbc.driver;

import io.github.litestreamjdbc.api.ReplicationConfig;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeSet;

/**
 * What a URL and its properties ask for. Reading it opens and creates nothing.
 *
 * @param database real path; null without replication, where it need not be a file
 * @param config empty for {@code replica=none}
 * @param metrics where to serve metrics; empty for nowhere
 * @param sqliteUrl what the connection's metadata says: the file, nothing of the replica
 * @param sqliteFile file name for sqlite-jdbc
 * @param sqliteProperties properties for sqlite-jdbc
 */
record LitestreamUrl(
        Path database,
        Optional<InetSocketAddress> metrics,
        Optional<ReplicationConfig> config,
        String sqliteUrl,
        String sqliteFile,
        Properties sqliteProperties) {

    /**
     * Reads an accepted URL.
     *
     * @throws SQLException with SQLState 08001 if it is refused; the message names the parameter and what to do
     */
    static LitestreamUrl read(String url, Properties info, Environment environment) throws SQLException {
        UrlParts parts = UrlParts.of(url);
        Sorted sorted = new Sorted(parts.file().startsWith("file:"));
        for (UrlParts.Parameter parameter : parts.parameters()) {
            sorted.addFromUrl(parameter);
        }
        for (Map.Entry<Object, Object> property : effective(info).entrySet()) {
            sorted.addProperty(property.getKey().toString(), property.getValue().toString());
        }
        Settings settings = Settings.read(sorted.fromProperties, sorted.fromUrl, environment);
        String replica = settings.text(DriverProperty.REPLICA)
                .orElseThrow(
                        () -> SqlErrors.refused(
                                "parameter 'replica' is missing: it says where to replicate the "
                                        + "database. Add it to the URL, such as " + UrlParts.PREFIX + parts.file()
                                        + "?replica=file:///backup/app or ?replica=s3://bucket/app, or replica=none for no replication"));
        String fileName = SqliteSettings.fileName(parts.file(), sorted.uriParameters);
        String sqliteUrl = "jdbc:sqlite:" + parts.file();
        if (replica.equalsIgnoreCase("none")) {
            return new LitestreamUrl(null, Optional.empty(), Optional.empty(), sqliteUrl, fileName, sorted.sqlite);
        }
        SqliteSettings.checkUri(sorted.uriParameters);
        Properties sqlite = SqliteSettings.forReplication(sorted.sqlite);
        Path database = DatabaseFile.locate(parts.file());
        ReplicationConfig config = Configs.of(settings, replica, database);
        return new LitestreamUrl(
                database, MetricsAddress.of(settings), Optional.of(config), sqliteUrl, fileName, sqlite);
    }

    /** Leaves the values of sqlite-jdbc's properties out: one of them is a password. */
    @Override
    public String toString() {
        return "LitestreamUrl[database=" + database + ", " + config + ", sqliteFile=" + sqliteFile
                + ", sqliteProperties=" + sqliteProperties.keySet() + "]";
    }

    /** The properties with their defaults, which {@link Properties#entrySet} leaves out. */
    private static Properties effective(Properties info) {
        Properties all = new Properties();
        for (String name : info.stringPropertyNames()) {
            all.setProperty(name, info.getProperty(name));
        }
        all.putAll(info);
        return all;
    }

    /** Sorts the parameters by whose they are. */
    private static final class Sorted {
        private final boolean uri;
        private final Map<DriverProperty, String> fromUrl = new EnumMap<>(DriverProperty.class);
        private final Map<DriverProperty, String> fromProperties = new EnumMap<>(DriverProperty.class);
        private final List<UrlParts.Parameter> uriParameters = new ArrayList<>();
        private final Properties sqlite = new Properties();

        Sorted(boolean uri) {
            this.uri = uri;
        }

        void addFromUrl(UrlParts.Parameter parameter) throws SQLException {
            String name = parameter.name();
            Optional<DriverProperty> ours = DriverProperty.named(name);
            if (uri && SqliteNames.isUriMode(parameter)) {
                uriParameters.add(parameter);
            } else if (ours.isPresent()) {
                addOurs(ours.get(), parameter);
            } else if (SqliteNames.properties().contains(name)) {
                if (parameter.value() == null || parameter.value().isEmpty()) {
                    throw SqlErrors.refused("parameter '" + name + "' (URL) is empty; leave it out or give it a value");
                }
                sqlite.setProperty(name, parameter.value());
            } else if (uri && SqliteNames.URI_PARAMETERS.contains(name)) {
                uriParameters.add(parameter);
            } else {
                throw unknown(name, "URL");
            }
        }

        private void addOurs(DriverProperty property, UrlParts.Parameter parameter) throws SQLException {
            if (property.secret()) {
                throw SqlErrors.refused("parameter '" + property.parameter() + "' is secret, and URLs are logged; set "
                        + "it as a connection property, as the system property " + property.systemProperty()
                        + ", as the environment variable " + property.environmentVariable()
                        + " or in the file named by 'config'");
            }
            String value;
            try {
                value = parameter.value() == null ? "" : PercentEncoding.decode(parameter.value());
            } catch (IllegalArgumentException e) {
                throw SqlErrors.refused(
                        "parameter '" + property.parameter() + "=" + parameter.value() + "' (URL): " + e.getMessage());
            }
            if (fromUrl.put(property, value) != null) {
                throw SqlErrors.refused("parameter '" + property.parameter() + "' is in the URL twice; remove one");
            }
        }

        void addProperty(String name, String value) throws SQLException {
            String lowerCase = name.toLowerCase(Locale.ROOT);
            Optional<DriverProperty> ours = DriverProperty.named(name);
            if (ours.isPresent()) {
                fromProperties.put(ours.get(), value);
            } else if (SqliteNames.properties().contains(lowerCase)) {
                sqlite.setProperty(lowerCase, value);
            } else if (!lowerCase.equals("user")) {
                throw unknown(name, "connection property");
            }
        }

        private SQLException unknown(String name, String source) {
            TreeSet<String> known = new TreeSet<>(Settings.names());
            known.addAll(SqliteNames.properties());
            if (uri) {
                known.addAll(SqliteNames.URI_PARAMETERS);
            }
            return SqlErrors.refused("unknown parameter '" + name + "' (" + source + "); did you mean '"
                    + NearestName.to(name, known) + "'?");
        }
    }
}
