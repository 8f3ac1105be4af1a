package io.github.litestreamjdbc.driver;

import io.github.litestreamjdbc.engine.Attachment;
import io.github.litestreamjdbc.engine.Replication;
import io.github.litestreamjdbc.spi.LogLine;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.Properties;
import java.util.concurrent.Executor;
import org.sqlite.core.CoreDatabaseMetaData;
import org.sqlite.jdbc4.JDBC4Connection;
import org.sqlite.jdbc4.JDBC4DatabaseMetaData;
import org.sqlite.jdbc4.JDBC4Statement;

/** sqlite-jdbc's connection, replicated: it unwraps to {@link Replication}. */
final class LitestreamConnection extends JDBC4Connection {
    private static final System.Logger LOG = System.getLogger(LitestreamConnection.class.getName());

    /** Null while the constructor of sqlite-jdbc runs, which uses statements of this connection. */
    private final CommitWatch watch;

    private DatabaseInfo info;

    private LitestreamConnection(LitestreamUrl url, Attachment attachment) throws SQLException {
        super(url.sqliteUrl(), url.sqliteFile(), url.sqliteProperties());
        watch = new CommitWatch(this, attachment);
    }

    /** Opens a connection in WAL mode. */
    static LitestreamConnection open(LitestreamUrl url, Attachment attachment) throws SQLException {
        LitestreamConnection connection = new LitestreamConnection(copyOf(url), attachment);
        try {
            connection.useWal(url);
            connection.addCommitListener(connection.watch);
            ReadingFunction.addTo(connection, attachment.replication());
            return connection;
        } catch (SQLException | RuntimeException e) {
            // Not the close of ours: whoever opened the attachment closes it.
            connection.closeSqlite();
            throw e;
        }
    }

    /** sqlite-jdbc changes the properties that it is given. */
    private static LitestreamUrl copyOf(LitestreamUrl url) {
        Properties properties = new Properties();
        properties.putAll(url.sqliteProperties());
        return new LitestreamUrl(
                url.database(), url.metrics(), url.config(), url.sqliteUrl(), url.sqliteFile(), properties);
    }

    private void useWal(LitestreamUrl url) throws SQLException {
        try (Statement statement = new JDBC4Statement(this)) {
            if (journalMode(statement, "PRAGMA journal_mode").equals("wal")) {
                return;
            }
            String mode = journalMode(statement, "PRAGMA journal_mode=WAL");
            if (!mode.equals("wal")) {
                throw SqlErrors.refused(
                        url.database() + " stays in journal mode " + mode + "; replication needs WAL, which this"
                                + " database, file system or connection does not allow");
            }
        }
    }

    private static String journalMode(Statement statement, String sql) throws SQLException {
        try (ResultSet row = statement.executeQuery(sql)) {
            return row.next() ? row.getString(1) : "";
        }
    }

    @Override
    public Statement createStatement(int type, int concurrency, int holdability) throws SQLException {
        if (watch == null) {
            return super.createStatement(type, concurrency, holdability);
        }
        checkOpen();
        checkCursor(type, concurrency, holdability);
        return new LitestreamStatement(this, watch);
    }

    @Override
    public PreparedStatement prepareStatement(String sql, int type, int concurrency, int holdability)
            throws SQLException {
        if (watch == null) {
            return super.prepareStatement(sql, type, concurrency, holdability);
        }
        checkOpen();
        checkCursor(type, concurrency, holdability);
        return new LitestreamPreparedStatement(this, watch, SqlText.of(sql));
    }

    @Override
    public void commit() throws SQLException {
        watch.commit(() -> {
            super.commit();
            return null;
        });
    }

    @Override
    public void rollback() throws SQLException {
        watch.end(() -> {
            super.rollback();
            return null;
        });
    }

    @Override
    public void setAutoCommit(boolean autoCommit) throws SQLException {
        if (autoCommit == getAutoCommit()) {
            return;
        }
        watch.commit(() -> {
            super.setAutoCommit(autoCommit);
            return null;
        });
    }

    @Override
    public void releaseSavepoint(Savepoint savepoint) throws SQLException {
        watch.beforeCommit();
        super.releaseSavepoint(savepoint);
        watch.tell();
    }

    @Override
    public void deserialize(String schema, byte[] bytes) throws SQLException {
        throw SqlErrors.statementRefused(
                "deserialize is refused: it replaces the database by one in memory, which cannot" + " be replicated");
    }

    @Override
    public CoreDatabaseMetaData getSQLiteDatabaseMetaData() throws SQLException {
        checkOpen();
        if (info == null) {
            info = new DatabaseInfo(this);
        }
        return info;
    }

    /** Ends replication once this was the last connection and the linger time has passed. Idempotent. */
    @Override
    public void close() throws SQLException {
        try {
            closeSqlite();
            // Rows of a RETURNING clause that were left open end here, and their statement commits.
            watch.tell();
        } finally {
            watch.attachment().close();
        }
    }

    private void closeSqlite() throws SQLException {
        super.close();
    }

    @Override
    public void abort(Executor executor) throws SQLException {
        executor.execute(() -> {
            try {
                close();
            } catch (SQLException e) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        LogLine.of("connection", "aborted").says("could not be closed: " + e));
            }
        });
    }

    @Override
    public <T> T unwrap(Class<T> type) {
        return type == Replication.class ? type.cast(watch.attachment().replication()) : super.unwrap(type);
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
        return type == Replication.class || super.isWrapperFor(type);
    }

    /** Reports SQLite as the database, and us as the driver. */
    private static final class DatabaseInfo extends JDBC4DatabaseMetaData {
        DatabaseInfo(LitestreamConnection connection) {
            super(connection);
        }

        @Override
        public String getDriverName() {
            return LitestreamDriver.NAME;
        }

        @Override
        public String getDriverVersion() {
            return LitestreamDriver.VERSION;
        }

        @Override
        public int getDriverMajorVersion() {
            return LitestreamDriver.MAJOR;
        }

        @Override
        public int getDriverMinorVersion() {
            return LitestreamDriver.MINOR;
        }
    }
}
