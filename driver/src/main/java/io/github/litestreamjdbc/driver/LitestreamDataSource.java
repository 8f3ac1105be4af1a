package io.github.litestreamjdbc.driver;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.Properties;
import java.util.logging.Logger;
import javax.sql.DataSource;

/**
 * A {@link DataSource} for containers and frameworks that configure beans instead of URLs. Set the URL, or the database
 * file with the replica; further parameters are connection properties. Configure it before use; {@link #getConnection()}
 * may then be called by several threads.
 */
public final class LitestreamDataSource implements DataSource {
    private static final LitestreamDriver DRIVER = new LitestreamDriver();

    private final Properties properties = new Properties();
    private String url;
    private PrintWriter logWriter;
    private int loginTimeout;

    /** A data source without a URL. */
    public LitestreamDataSource() {}

    /** Sets the whole URL, {@code jdbc:litestream:sqlite:<file>?…}. */
    public void setUrl(String url) {
        this.url = url;
    }

    /** The URL set. */
    public String getUrl() {
        return url;
    }

    /** Sets the database file, in place of a URL. */
    public void setDatabaseName(String file) {
        this.url = UrlParts.PREFIX + file;
    }

    /** Sets where to replicate: a URL such as {@code file:///backup/app}. */
    public void setReplica(String replica) {
        properties.setProperty(DriverProperty.REPLICA.parameter(), replica);
    }

    /** Sets when to restore: {@code never} or {@code if-missing}. */
    public void setRestore(String restore) {
        properties.setProperty(DriverProperty.RESTORE.parameter(), restore);
    }

    /** Sets further parameters, ours and sqlite-jdbc's; may hold secrets. */
    public void setConnectionProperties(Properties more) {
        properties.putAll(more);
    }

    @Override
    public Connection getConnection() throws SQLException {
        if (url == null || !DRIVER.acceptsURL(url)) {
            throw SqlErrors.refused("url=" + url + " does not begin with " + UrlParts.PREFIX
                    + "; call setUrl, or setDatabaseName and setReplica");
        }
        Properties copy = new Properties();
        copy.putAll(properties);
        return DRIVER.connect(url, copy);
    }

    /** SQLite has no users; both are ignored. */
    @Override
    public Connection getConnection(String user, String password) throws SQLException {
        return getConnection();
    }

    @Override
    public PrintWriter getLogWriter() {
        return logWriter;
    }

    @Override
    public void setLogWriter(PrintWriter out) {
        logWriter = out;
    }

    @Override
    public void setLoginTimeout(int seconds) {
        loginTimeout = seconds;
    }

    @Override
    public int getLoginTimeout() {
        return loginTimeout;
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        return DRIVER.getParentLogger();
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        if (!isWrapperFor(type)) {
            throw new SQLException("a LitestreamDataSource is no " + type.getName());
        }
        return type.cast(this);
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
        return type.isInstance(this);
    }
}
