package io.github.litestreamjdbc.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.litestreamjdbc.engine.Replication;
import java.nio.file.Path;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.sqlite.BusyHandler;
import org.sqlite.Collation;
import org.sqlite.Function;
import org.sqlite.ProgressHandler;
import org.sqlite.SQLiteCommitListener;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;
import org.sqlite.SQLiteLimits;
import org.sqlite.SQLiteUpdateListener;
import org.sqlite.jdbc4.JDBC4PreparedStatement;
import org.sqlite.jdbc4.JDBC4Statement;

/** What applications may expect of sqlite-jdbc, asked of its own URL and of ours. */
@ParameterizedClass
@EnumSource
class SqliteJdbcContractTest {
    enum Kind {
        PLAIN,
        REPLICATED
    }

    @Parameter
    private Kind kind;

    @TempDir
    private Path directory;

    private Connection connection;
    private Statement statement;

    @BeforeEach
    void connect() throws SQLException {
        connection = open("");
        statement = connection.createStatement();
        statement.executeUpdate("CREATE TABLE t (id INTEGER PRIMARY KEY, v UNIQUE, n INTEGER CHECK (n >= 0))");
    }

    private Connection open(String parameters) throws SQLException {
        Path database = directory.resolve("app.db");
        String url = kind == Kind.PLAIN
                ? "jdbc:sqlite:" + database + "?journal_mode=WAL"
                : "jdbc:litestream:sqlite:" + database + "?linger=0&replica=file:" + directory.resolve("replica");
        return DriverManager.getConnection(url + parameters);
    }

    @AfterEach
    void close() throws SQLException {
        connection.close();
    }

    private long number(String sql) throws SQLException {
        return Long.parseLong(text(sql));
    }

    private String text(String sql) throws SQLException {
        try (Statement asking = connection.createStatement();
                ResultSet row = asking.executeQuery(sql)) {
            assertThat(row.next()).as(sql).isTrue();
            return row.getString(1);
        }
    }

    @Test
    void connectionIsSqliteJdbcs() throws SQLException {
        SQLiteConnection sqlite = (SQLiteConnection) connection;
        assertThat(sqlite.libversion()).isEqualTo(text("SELECT sqlite_version()"));
        assertThat(connection.unwrap(SQLiteConnection.class)).isSameAs(connection);
        assertThat(connection.isWrapperFor(SQLiteConnection.class)).isTrue();
        assertThat(connection.isWrapperFor(Connection.class)).isTrue();
        assertThat(connection.isWrapperFor(String.class)).isFalse();
        assertThat(connection.isWrapperFor(Replication.class)).isEqualTo(kind == Kind.REPLICATED);
        assertThat(statement).isInstanceOf(JDBC4Statement.class);
        assertThat(statement.unwrap(Statement.class)).isSameAs(statement);
        try (PreparedStatement prepared = connection.prepareStatement("SELECT 1")) {
            assertThat(prepared).isInstanceOf(JDBC4PreparedStatement.class);
            assertThat(prepared.getConnection()).isSameAs(connection);
        }
    }

    @Test
    void everythingLeadsBackToWhereItCameFrom() throws SQLException {
        assertThat(statement.getConnection()).isSameAs(connection);
        assertThat(connection.getMetaData().getConnection()).isSameAs(connection);
        try (ResultSet rows = statement.executeQuery("SELECT 1")) {
            assertThat(rows.getStatement()).isSameAs(statement);
        }
        try (ResultSet tables = connection.getMetaData().getTables(null, null, "t", null)) {
            assertThat(tables.next()).isTrue();
            assertThat(tables.getStatement().getConnection()).isSameAs(connection);
        }
        try (ResultSet rows = statement.executeQuery("INSERT INTO t (v) VALUES (1) RETURNING id")) {
            assertThat(rows.getStatement()).isSameAs(statement);
            assertThat(rows.next()).isTrue();
        }
    }

    @Test
    void functionsOfTheApplicationAreCalled() throws SQLException {
        Function.create(connection, "twice", new Function() {
            @Override
            protected void xFunc() throws SQLException {
                result(2 * value_long(0));
            }
        });
        assertThat(number("SELECT twice(21)")).isEqualTo(42);
        statement.executeUpdate("INSERT INTO t (v) VALUES (twice(4))");
        assertThat(number("SELECT v FROM t")).isEqualTo(8);
        Function.create(connection, "fails", new Function() {
            @Override
            protected void xFunc() throws SQLException {
                error("not today");
            }
        });
        assertThatThrownBy(() -> text("SELECT fails()")).hasMessageContaining("not today");
        Function.destroy(connection, "twice");
    }

    @Test
    void aggregatesOfTheApplicationAreCalled() throws SQLException {
        Function.create(connection, "product", new Product());
        assertThat(number("SELECT product(column1) FROM (VALUES (2), (3), (7))"))
                .isEqualTo(42);
    }

    private static final class Product extends Function.Aggregate {
        private long product = 1;

        @Override
        protected void xStep() throws SQLException {
            product *= value_long(0);
        }

        @Override
        protected void xFinal() throws SQLException {
            result(product);
        }
    }

    @Test
    void windowFunctionsOfTheApplicationAreCalled() throws SQLException {
        Function.create(connection, "moving", new MovingSum());
        assertThat(text("SELECT group_concat(s) FROM (SELECT moving(column1) OVER (ROWS 1 PRECEDING) AS s"
                        + " FROM (VALUES (1), (2), (3), (4)))"))
                .isEqualTo("1,3,5,7");
    }

    private static final class MovingSum extends Function.Window {
        private long sum;

        @Override
        protected void xStep() throws SQLException {
            sum += value_long(0);
        }

        @Override
        protected void xInverse() throws SQLException {
            sum -= value_long(0);
        }

        @Override
        protected void xValue() throws SQLException {
            result(sum);
        }

        @Override
        protected void xFinal() throws SQLException {
            result(sum);
        }
    }

    @Test
    void collationsOfTheApplicationSort() throws SQLException {
        Collation.create(connection, "backwards", new Collation() {
            @Override
            protected int xCompare(String left, String right) {
                return right.compareTo(left);
            }
        });
        statement.executeUpdate("INSERT INTO t (v) VALUES ('a'), ('c'), ('b')");
        assertThat(text("SELECT group_concat(v, '') FROM (SELECT v FROM t ORDER BY v COLLATE backwards)"))
                .isEqualTo("cba");
        Collation.destroy(connection, "backwards");
    }

    @Test
    void busyHandlerOfTheApplicationIsAsked() throws SQLException {
        try (Connection holder = open("");
                Statement holding = holder.createStatement()) {
            AtomicInteger asked = new AtomicInteger();
            BusyHandler.setHandler(connection, new BusyHandler() {
                @Override
                protected int callback(int times) {
                    asked.incrementAndGet();
                    return times < 3 ? 1 : 0;
                }
            });
            holding.execute("BEGIN IMMEDIATE");
            assertThatThrownBy(() -> statement.executeUpdate("INSERT INTO t (v) VALUES (1)"))
                    .isInstanceOfSatisfying(
                            SQLiteException.class,
                            e -> assertThat(e.getResultCode()).isEqualTo(SQLiteErrorCode.SQLITE_BUSY));
            assertThat(asked).hasValue(4);
            BusyHandler.clearHandler(connection);
            holding.execute("ROLLBACK");
        }
    }

    @Test
    void progressHandlerOfTheApplicationMayInterrupt() throws SQLException {
        AtomicInteger asked = new AtomicInteger();
        ProgressHandler.setHandler(connection, 100, new ProgressHandler() {
            @Override
            protected int progress() {
                return asked.incrementAndGet() < 5 ? 0 : 1;
            }
        });
        assertThatThrownBy(() -> text(
                        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)" + " SELECT count(*) FROM n"))
                .hasMessageContaining("SQLITE_INTERRUPT");
        assertThat(asked).hasValue(5);
        ProgressHandler.clearHandler(connection);
        assertThat(number("SELECT 1")).isEqualTo(1);
    }

    @Test
    void listenersOfTheApplicationAreToldOfUpdatesCommitsAndRollbacks() throws SQLException {
        List<String> told = new ArrayList<>();
        SQLiteConnection sqlite = (SQLiteConnection) connection;
        SQLiteUpdateListener updates =
                (type, database, table, row) -> told.add(type + " " + database + "." + table + " " + row);
        SQLiteCommitListener ends = new SQLiteCommitListener() {
            @Override
            public void onCommit() {
                told.add("commit");
            }

            @Override
            public void onRollback() {
                told.add("rollback");
            }
        };
        sqlite.addUpdateListener(updates);
        sqlite.addCommitListener(ends);
        statement.executeUpdate("INSERT INTO t (id) VALUES (7)");
        connection.setAutoCommit(false);
        statement.executeUpdate("UPDATE t SET v = 1");
        connection.commit();
        statement.executeUpdate("DELETE FROM t WHERE v = 1");
        connection.rollback();
        connection.setAutoCommit(true);
        sqlite.removeUpdateListener(updates);
        sqlite.removeCommitListener(ends);
        statement.executeUpdate("INSERT INTO t (id) VALUES (8)");
        assertThat(told)
                .containsExactly(
                        "INSERT main.t 7", "commit", "UPDATE main.t 7", "commit", "DELETE main.t 7", "rollback");
    }

    @Test
    void backupAndRestoreStatementsCopyTheDatabase() throws SQLException {
        Path copy = directory.resolve("copy of it.db");
        statement.executeUpdate("INSERT INTO t (v) VALUES (1), (2)");
        statement.executeUpdate("backup to '" + copy + "'");
        statement.executeUpdate("DELETE FROM t");
        try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + copy);
                ResultSet row = other.createStatement().executeQuery("SELECT count(*) FROM t")) {
            assertThat(row.getInt(1)).isEqualTo(2);
        }
        statement.executeUpdate("restore from '" + copy + "'");
        assertThat(number("SELECT count(*) FROM t")).isEqualTo(2);
    }

    @Test
    void serializedDatabaseIsOne() throws SQLException {
        assertThat(((SQLiteConnection) connection).serialize("main")).startsWith("SQLite format 3\0".getBytes());
    }

    @Test
    void generatedKeysAreTold() throws SQLException {
        statement.executeUpdate("INSERT INTO t (v) VALUES ('x')");
        try (ResultSet keys = statement.getGeneratedKeys()) {
            assertThat(keys.next()).isTrue();
            assertThat(keys.getLong(1)).isEqualTo(1);
        }
        try (PreparedStatement insert =
                connection.prepareStatement("INSERT INTO t (v) VALUES (?)", Statement.RETURN_GENERATED_KEYS)) {
            insert.setString(1, "y");
            assertThat(insert.executeUpdate()).isEqualTo(1);
            try (ResultSet keys = insert.getGeneratedKeys()) {
                assertThat(keys.next()).isTrue();
                assertThat(keys.getLong(1)).isEqualTo(2);
            }
        }
    }

    @Test
    void batchesCountPerStatement() throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO t (v) VALUES (?)")) {
            for (int i = 0; i < 3; i++) {
                insert.setInt(1, i);
                insert.addBatch();
            }
            assertThat(insert.executeBatch()).containsExactly(1, 1, 1);
            assertThat(insert.executeBatch()).isEmpty();
            insert.setInt(1, 3);
            insert.addBatch();
            assertThat(insert.executeLargeBatch()).containsExactly(1);
            insert.setInt(1, 4);
            insert.addBatch();
            insert.clearBatch();
            assertThat(insert.executeBatch()).isEmpty();
        }
        statement.addBatch("UPDATE t SET n = 1");
        statement.addBatch("DELETE FROM t WHERE v = 0");
        assertThat(statement.executeBatch()).containsExactly(4, 1);
        statement.addBatch("UPDATE t SET n = 2");
        assertThat(statement.executeLargeBatch()).containsExactly(3);
        statement.addBatch("DELETE FROM t");
        statement.clearBatch();
        assertThat(statement.executeBatch()).isEmpty();
    }

    @Test
    void failedBatchTellsWhatWasDone() throws SQLException {
        statement.addBatch("INSERT INTO t (id) VALUES (1)");
        statement.addBatch("INSERT INTO t (id) VALUES (1)");
        statement.addBatch("INSERT INTO t (id) VALUES (2)");
        assertThatThrownBy(statement::executeBatch).isInstanceOfSatisfying(BatchUpdateException.class, e -> {
            assertThat(e.getUpdateCounts()[0]).isEqualTo(1);
            assertThat(e.getMessage()).contains("batch entry 1").contains("UNIQUE");
        });
        assertThat(number("SELECT count(*) FROM t")).isEqualTo(1);
        assertThat(statement.executeBatch()).as("emptied").isEmpty();
    }

    @Test
    void everyKindOfExecutionCountsTheSame() throws SQLException {
        assertThat(statement.execute("INSERT INTO t (v) VALUES (1), (2)")).isFalse();
        assertThat(statement.getUpdateCount()).isEqualTo(2);
        assertThat(statement.getMoreResults()).isFalse();
        assertThat(statement.getUpdateCount()).isEqualTo(-1);
        assertThat(statement.executeUpdate("UPDATE t SET n = 1")).isEqualTo(2);
        assertThat(statement.executeLargeUpdate("UPDATE t SET n = 2")).isEqualTo(2);
        assertThat(statement.execute("UPDATE t SET n = 3", Statement.RETURN_GENERATED_KEYS))
                .isFalse();
        assertThat(statement.getLargeUpdateCount()).isEqualTo(2);
        assertThat(statement.executeUpdate("UPDATE t SET n = 4", Statement.RETURN_GENERATED_KEYS))
                .isEqualTo(2);
        assertThat(statement.executeLargeUpdate("UPDATE t SET n = 5", Statement.NO_GENERATED_KEYS))
                .isEqualTo(2);
        assertThat(statement.execute("SELECT n FROM t")).isTrue();
        assertThat(statement.getUpdateCount()).isEqualTo(-1);
        try (ResultSet rows = statement.getResultSet()) {
            assertThat(rows.getInt("n")).isEqualTo(5);
        }
        try (PreparedStatement update = connection.prepareStatement("UPDATE t SET n = ?")) {
            update.setInt(1, 6);
            assertThat(update.executeLargeUpdate()).isEqualTo(2);
            assertThat(update.executeUpdate()).isEqualTo(2);
            assertThat(update.execute()).isFalse();
            assertThat(update.getUpdateCount()).isEqualTo(2);
            assertThatThrownBy(update::executeQuery).isInstanceOf(SQLException.class);
        }
        assertThat(number("SELECT min(n) FROM t")).isEqualTo(6);
        assertThatThrownBy(() -> statement.executeQuery("UPDATE t SET n = 9")).isInstanceOf(SQLException.class);
        assertThat(number("SELECT min(n) FROM t")).as("refused, but done").isEqualTo(9);
    }

    @Test
    void returningGivesTheRows() throws SQLException {
        List<Integer> ids = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery("INSERT INTO t (v) VALUES (1), (2), (3) RETURNING id, v AS w")) {
            assertThat(rows.getMetaData().getColumnLabel(2)).isEqualTo("w");
            assertThat(rows.findColumn("w")).isEqualTo(2);
            while (rows.next()) {
                ids.add(rows.getInt("id"));
            }
        }
        assertThat(ids).containsExactly(1, 2, 3);
        try (PreparedStatement delete = connection.prepareStatement("DELETE FROM t WHERE v > ? RETURNING id")) {
            delete.setInt(1, 1);
            assertThat(delete.execute()).isTrue();
            try (ResultSet rows = delete.getResultSet()) {
                assertThat(rows.next()).isTrue();
                assertThatThrownBy(() -> rows.getInt("none")).isInstanceOf(SQLException.class);
                assertThat(rows.next()).isTrue();
                assertThat(rows.next()).isFalse();
            }
        }
        assertThat(number("SELECT count(*) FROM t")).isEqualTo(1);
    }

    @Test
    void savepointsNestAndRollBack() throws SQLException {
        connection.setAutoCommit(false);
        statement.executeUpdate("INSERT INTO t (id) VALUES (1)");
        Savepoint first = connection.setSavepoint("first");
        assertThat(first.getSavepointName()).isEqualTo("first");
        statement.executeUpdate("INSERT INTO t (id) VALUES (2)");
        Savepoint second = connection.setSavepoint();
        statement.executeUpdate("INSERT INTO t (id) VALUES (3)");
        connection.rollback(second);
        connection.releaseSavepoint(second);
        assertThat(number("SELECT count(*) FROM t")).isEqualTo(2);
        connection.rollback(first);
        connection.commit();
        connection.setAutoCommit(true);
        assertThat(number("SELECT count(*) FROM t")).isEqualTo(1);
    }

    @Test
    void transactionsInSqlTextWorkBesideAutoCommit() throws SQLException {
        statement.execute("BEGIN");
        statement.execute("INSERT INTO t (id) VALUES (1)");
        statement.execute("ROLLBACK");
        assertThat(number("SELECT count(*) FROM t")).isZero();
        assertThat(connection.getAutoCommit()).isTrue();
        assertThatThrownBy(() -> statement.execute("COMMIT")).hasMessageContaining("no transaction is active");
        assertThatThrownBy(connection::commit).hasMessageContaining("auto-commit");
        assertThatThrownBy(connection::rollback).hasMessageContaining("auto-commit");
    }

    @Test
    void queryTimeoutIsKept() throws SQLException {
        statement.setQueryTimeout(7);
        assertThat(statement.getQueryTimeout()).isEqualTo(7);
        assertThat(statement.executeQuery("SELECT 1").getInt(1)).isEqualTo(1);
        try (PreparedStatement prepared = connection.prepareStatement("SELECT 1")) {
            prepared.setQueryTimeout(1);
            assertThat(prepared.executeQuery().getInt(1)).isEqualTo(1);
        }
        assertThatThrownBy(() -> statement.setQueryTimeout(-1)).isInstanceOf(SQLException.class);
    }

    @Test
    void runningStatementIsCancelledFromAnotherThread() throws SQLException {
        CompletableFuture<Long> counting = CompletableFuture.supplyAsync(() -> {
            try (ResultSet row = statement.executeQuery(
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1" + " FROM n) SELECT count(*) FROM n")) {
                return row.getLong(1);
            } catch (SQLException e) {
                throw new java.util.concurrent.CompletionException(e);
            }
        });
        await().atMost(60, TimeUnit.SECONDS).until(() -> {
            statement.cancel();
            return counting.isDone();
        });
        assertThatThrownBy(counting::join).hasMessageContaining("SQLITE_INTERRUPT");
        assertThat(number("SELECT 1")).isEqualTo(1);
    }

    @Test
    void limitsAreSet() throws SQLException {
        ((SQLiteConnection) connection).setLimit(SQLiteLimits.SQLITE_LIMIT_SQL_LENGTH, 1_000_000);
        assertThat(number("SELECT 1")).isEqualTo(1);
        try (Connection limited = open("&limit_sql_length=500");
                Statement asking = limited.createStatement()) {
            assertThatThrownBy(() -> asking.execute("SELECT '" + "x".repeat(600) + "'"))
                    .hasMessageContaining("SQLITE_TOOBIG");
        }
    }

    @Test
    void parametersInTheUrlAreApplied() throws SQLException {
        try (Connection configured = open("&busy_timeout=1234&foreign_keys=true&cache_size=-777&synchronous=NORMAL"
                + "&date_class=TEXT&date_string_format=yyyy")) {
            Connection first = connection;
            connection = configured;
            assertThat(number("PRAGMA busy_timeout")).isEqualTo(1234);
            assertThat(number("PRAGMA foreign_keys")).isEqualTo(1);
            assertThat(number("PRAGMA cache_size")).isEqualTo(-777);
            assertThat(number("PRAGMA synchronous")).isEqualTo(1);
            assertThat(((SQLiteConnection) configured).getBusyTimeout()).isEqualTo(1234);
            try (PreparedStatement insert = configured.prepareStatement("INSERT INTO t (v) VALUES (?)")) {
                insert.setDate(1, java.sql.Date.valueOf("2026-05-05"));
                insert.executeUpdate();
            }
            assertThat(text("SELECT v FROM t")).isEqualTo("2026");
            connection = first;
        }
    }

    @Test
    void transactionModeTakesTheLockAtTheBeginning() throws SQLException {
        try (Connection immediate = open("&transaction_mode=IMMEDIATE&busy_timeout=0");
                Connection other = open("&busy_timeout=0");
                Statement asking = immediate.createStatement();
                Statement writing = other.createStatement()) {
            immediate.setAutoCommit(false);
            asking.executeQuery("SELECT count(*) FROM t").close();
            assertThatThrownBy(() -> writing.executeUpdate("INSERT INTO t (v) VALUES (1)"))
                    .hasMessageContaining("SQLITE_BUSY");
            immediate.setAutoCommit(true);
            assertThat(writing.executeUpdate("INSERT INTO t (v) VALUES (1)")).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "SELEC 1 | SQLITE_ERROR | 1",
                "SELECT * FROM missing | SQLITE_ERROR | 1",
                "INSERT INTO t (id) VALUES (1), (1) | SQLITE_CONSTRAINT_PRIMARYKEY | 19",
                "INSERT INTO t (v) VALUES (1), (1) | SQLITE_CONSTRAINT_UNIQUE | 19",
                "INSERT INTO t (n) VALUES (-1) | SQLITE_CONSTRAINT_CHECK | 19",
                "INSERT INTO t (id) VALUES ('x') | SQLITE_MISMATCH | 20",
            })
    void errorsHaveSqlitesCodes(String sql, SQLiteErrorCode code, int errorCode) throws SQLException {
        assertThatThrownBy(() -> statement.executeUpdate(sql)).isInstanceOfSatisfying(SQLiteException.class, e -> {
            assertThat(e.getResultCode()).isEqualTo(code);
            assertThat(e.getErrorCode()).isEqualTo(errorCode);
            assertThat(e.getSQLState()).isNull();
        });
        assertThatThrownBy(() -> {
                    try (PreparedStatement prepared = connection.prepareStatement(sql)) {
                        prepared.executeUpdate();
                    }
                })
                .isInstanceOfSatisfying(
                        SQLiteException.class,
                        e -> assertThat(e.getResultCode()).isEqualTo(code));
        assertThat(number("SELECT count(*) FROM t")).isZero();
    }

    @Test
    void whatSqliteJdbcDoesNotSupportIsRefusedAsByIt() {
        assertThatThrownBy(() -> connection.prepareCall("CALL x")).isInstanceOf(SQLException.class);
        assertThatThrownBy(
                        () -> connection.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_READ_ONLY))
                .isInstanceOf(SQLException.class);
        assertThatThrownBy(() -> statement.executeUpdate("DELETE FROM t", new int[] {1}))
                .isInstanceOf(SQLFeatureNotSupportedException.class);
        assertThatThrownBy(() -> connection.setReadOnly(true)).isInstanceOf(SQLException.class);
    }

    @Test
    void pragmasAreReadAndSet() throws SQLException {
        assertThat(text("PRAGMA journal_mode")).isEqualTo("wal");
        assertThat(text("PRAGMA journal_mode = WAL")).isEqualTo("wal");
        assertThat(text("PRAGMA locking_mode")).isEqualTo("normal");
        statement.execute("PRAGMA user_version = 9");
        assertThat(number("PRAGMA user_version")).isEqualTo(9);
        try (ResultSet row = statement.executeQuery("PRAGMA wal_checkpoint(PASSIVE)")) {
            assertThat(row.getMetaData().getColumnCount()).isEqualTo(3);
            assertThat(row.getMetaData().getColumnName(1)).isEqualTo("busy");
            assertThat(row.getMetaData().getColumnName(2)).isEqualTo("log");
            assertThat(row.getMetaData().getColumnName(3)).isEqualTo("checkpointed");
            assertThat(row.getInt("busy")).isBetween(0, 1);
        }
        assertThat(text("SELECT 'PRAGMA journal_mode=DELETE'")).isEqualTo("PRAGMA journal_mode=DELETE");
    }

    @Test
    void closedThingsSaySo() throws SQLException {
        ResultSet rows = statement.executeQuery("SELECT 1");
        statement.close();
        statement.close();
        assertThat(statement.isClosed()).isTrue();
        assertThat(rows.isClosed()).isTrue();
        assertThat(connection.isValid(1)).isTrue();
        connection.close();
        connection.close();
        assertThat(connection.isClosed()).isTrue();
        assertThat(connection.isValid(1)).isFalse();
        assertThatThrownBy(connection::createStatement).isInstanceOf(SQLException.class);
        assertThatThrownBy(() -> connection.prepareStatement("SELECT 1")).isInstanceOf(SQLException.class);
        assertThatThrownBy(connection::getMetaData).isInstanceOf(SQLException.class);
    }

    @Test
    void openTransactionIsRolledBackAtTheClose() throws SQLException {
        try (Connection second = open("")) {
            second.setAutoCommit(false);
            second.createStatement().executeUpdate("INSERT INTO t (id) VALUES (1)");
        }
        assertThat(number("SELECT count(*) FROM t")).isZero();
    }

    @Test
    void statementClosesOnCompletion() throws SQLException {
        try (Statement once = connection.createStatement()) {
            once.closeOnCompletion();
            assertThat(once.isCloseOnCompletion()).isTrue();
            once.executeQuery("SELECT 1").close();
            assertThat(once.isClosed()).isTrue();
        }
    }

    /** The one place where we do what JDBC says and sqlite-jdbc does nothing: replication has to end with the connection. */
    @Test
    void abortClosesOurConnection() throws SQLException {
        try (Connection second = open("")) {
            second.abort(Runnable::run);
            assertThat(second.isClosed()).isEqualTo(kind == Kind.REPLICATED);
        }
    }

    @Test
    void valuesComeBackInEveryType() throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("SELECT ?, ?, ?, ?, ?, ?")) {
            select.setLong(1, Long.MIN_VALUE);
            select.setDouble(2, 0.1);
            select.setString(3, "größe 漢");
            select.setBytes(4, new byte[] {0, 1, -1});
            select.setNull(5, java.sql.Types.INTEGER);
            select.setBigDecimal(6, new java.math.BigDecimal("12.50"));
            assertThat(select.getParameterMetaData().getParameterCount()).isEqualTo(6);
            try (ResultSet row = select.executeQuery()) {
                assertThat(row.next()).isTrue();
                assertThat(row.getLong(1)).isEqualTo(Long.MIN_VALUE);
                assertThat(row.getDouble(2)).isEqualTo(0.1);
                assertThat(row.getString(3)).isEqualTo("größe 漢");
                assertThat(row.getBytes(4)).containsExactly(0, 1, -1);
                assertThat(row.getObject(5)).isNull();
                assertThat(row.wasNull()).isTrue();
                assertThat(row.getBigDecimal(6)).isEqualByComparingTo("12.5");
            }
        }
    }
}
