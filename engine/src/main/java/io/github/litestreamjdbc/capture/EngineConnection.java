package io.github.litestreamjdbc.capture;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import org.sqlite.JDBC;
import org.sqlite.SQLiteErrorCode;

/**
 * One of our own connections to a database. Each does one thing only: hold a pin, checkpoint, take the write lock, or
 * hold an image. Used by one thread at a time; never handed out.
 */
final class EngineConnection implements AutoCloseable {
    private final Connection connection;
    private final Statement statement;
    private final PreparedStatement noop;
    private final PreparedStatement passive;

    private EngineConnection(Connection connection) throws SQLException {
        this.connection = connection;
        statement = connection.createStatement();
        // A checkpoint is ours to decide on, also at the end of a transaction that happens to be ours.
        statement.execute("PRAGMA wal_autocheckpoint=0");
        noop = connection.prepareStatement("PRAGMA wal_checkpoint(NOOP)");
        passive = connection.prepareStatement("PRAGMA wal_checkpoint(PASSIVE)");
    }

    /** For checkpoints and for the write lock: never waits inside SQLite. */
    static EngineConnection writing(Path file) throws SQLException {
        Properties properties = common();
        // The connection that checkpoints decides about the fsyncs of a checkpoint.
        properties.setProperty("synchronous", "NORMAL");
        return open(file, properties);
    }

    /** For read transactions that are held. */
    static EngineConnection reading(Path file) throws SQLException {
        EngineConnection opened = open(file, common());
        opened.statement.execute("PRAGMA query_only=1");
        return opened;
    }

    /**
     * Opened read-only. As the last one to close it leaves the WAL where it is; it must never checkpoint, which fails with
     * SQLITE_IOERR_WRITE.
     */
    static EngineConnection readOnly(Path file) throws SQLException {
        Properties properties = common();
        properties.setProperty("open_mode", "1");
        return open(file, properties);
    }

    private static Properties common() {
        Properties properties = new Properties();
        properties.setProperty("busy_timeout", "0");
        properties.setProperty("cache_size", "-64");
        return properties;
    }

    private static EngineConnection open(Path file, Properties properties) throws SQLException {
        Connection connection = JDBC.createConnection(JDBC.PREFIX + file, properties);
        try {
            return new EngineConnection(connection);
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    void execute(String sql) throws SQLException {
        statement.execute(sql);
    }

    /** Opens a read transaction at the present end of the WAL. */
    void beginRead() throws SQLException {
        statement.execute("BEGIN");
        try (ResultSet row = statement.executeQuery("SELECT 1 FROM sqlite_schema LIMIT 1")) {
            row.next();
        } catch (SQLException e) {
            rollback();
            throw e;
        }
    }

    void rollback() throws SQLException {
        statement.execute("ROLLBACK");
    }

    /** Asks for the published end of the WAL; takes no lock and changes nothing. */
    WalStatus noop() throws SQLException {
        return status(noop);
    }

    /** Copies back what no reader forbids, without waiting for anybody. */
    WalStatus passive() throws SQLException {
        return status(passive);
    }

    /**
     * Copies everything back, holding up writers while it waits for readers.
     *
     * @param truncate whether to empty the WAL as well
     * @param waitMillis how long it may wait
     */
    WalStatus full(boolean truncate, int waitMillis) throws SQLException {
        statement.execute("PRAGMA busy_timeout=" + waitMillis);
        try (ResultSet row =
                statement.executeQuery("PRAGMA wal_checkpoint(" + (truncate ? "TRUNCATE" : "FULL") + ")")) {
            row.next();
            return new WalStatus(row.getInt(1) != 0, row.getInt(2), row.getInt(3));
        } finally {
            statement.execute("PRAGMA busy_timeout=0");
        }
    }

    private static WalStatus status(PreparedStatement checkpoint) throws SQLException {
        try (ResultSet row = checkpoint.executeQuery()) {
            row.next();
            return new WalStatus(row.getInt(1) != 0, row.getInt(2), row.getInt(3));
        }
    }

    String queryString(String sql) throws SQLException {
        try (ResultSet row = statement.executeQuery(sql)) {
            return row.next() ? row.getString(1) : null;
        }
    }

    /** Whether SQLite said that somebody else is at work and the call may succeed later. */
    static boolean isBusy(SQLException e) {
        int primary = e.getErrorCode() & 0xff;
        return primary == SQLiteErrorCode.SQLITE_BUSY.code
                || primary == SQLiteErrorCode.SQLITE_LOCKED.code
                || primary == SQLiteErrorCode.SQLITE_PROTOCOL.code;
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
