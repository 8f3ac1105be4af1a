package io.github.litestreamjdbc.driver;

import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.engine.Databases;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.logging.Logger;
import org.sqlite.jdbc4.JDBC4Connection;

/**
 * The JDBC driver for {@code jdbc:litestream:sqlite:<file>?replica=<url>}. Stateless and safe for use by several threads;
 * {@link DriverManager} finds it by itself. Deregistering it there, as servers do when they remove an application, ends
 * replication that lingers and its threads, so that the class loader can go.
 */
public final class LitestreamDriver implements Driver {
    static final String NAME = "litestream-jdbc";
    static final int MAJOR = 0;
    static final int MINOR = 1;
    static final String VERSION = MAJOR + "." + MINOR;

    static {
        try {
            DriverManager.registerDriver(new LitestreamDriver(), Databases::unload);
        } catch (SQLException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** A driver; {@link DriverManager} needs none. */
    public LitestreamDriver() {}

    /**
     * Opens a connection; the first one to a file restores it if asked for, and begins its replication.
     *
     * @return null if the URL is not ours
     * @throws SQLException with SQLState 08001 if the connection is refused: the message names the parameter or file, the
     *     value, and what to do
     */
    @Override
    public Connection connect(String url, Properties info) throws SQLException {
        if (!acceptsURL(url)) {
            return null;
        }
        EngineVersion.check();
        LitestreamUrl wanted = LitestreamUrl.read(url, info == null ? new Properties() : info, Environment.PROCESS);
        if (wanted.config().isEmpty()) {
            return new JDBC4Connection(wanted.sqliteUrl(), wanted.sqliteFile(), wanted.sqliteProperties());
        }
        try {
            Connection connection = Databases.connect(
                    wanted.database(),
                    wanted.config().get(),
                    attachment -> LitestreamConnection.open(wanted, attachment));
            wanted.metrics().ifPresent(Databases::serveMetrics);
            return connection;
        } catch (ReplicationException e) {
            throw SqlErrors.refused(e);
        }
    }

    @Override
    public boolean acceptsURL(String url) {
        return UrlParts.accepts(url);
    }

    /** Our parameters, with what the properties or the URL give already, then sqlite-jdbc's. */
    @Override
    public DriverPropertyInfo[] getPropertyInfo(String url, Properties info) {
        Map<String, String> inUrl = acceptsURL(url) ? UrlParts.of(url).decoded() : Map.of();
        List<DriverPropertyInfo> all = new ArrayList<>();
        for (DriverProperty property : DriverProperty.values()) {
            String given = inUrl.getOrDefault(property.parameter(), property.defaultValue());
            DriverPropertyInfo ours = new DriverPropertyInfo(
                    property.parameter(), info == null ? given : info.getProperty(property.parameter(), given));
            ours.description = property.description();
            ours.required = property == DriverProperty.REPLICA;
            ours.choices =
                    property.choices().isEmpty() ? null : property.choices().toArray(new String[0]);
            all.add(ours);
        }
        all.addAll(Arrays.asList(SqliteNames.propertyInfo()));
        return all.toArray(new DriverPropertyInfo[0]);
    }

    @Override
    public int getMajorVersion() {
        return MAJOR;
    }

    @Override
    public int getMinorVersion() {
        return MINOR;
    }

    @Override
    public boolean jdbcCompliant() {
        return false;
    }

    @Override
    public Logger getParentLogger() {
        return Logger.getLogger("io.github.litestreamjdbc");
    }
}
