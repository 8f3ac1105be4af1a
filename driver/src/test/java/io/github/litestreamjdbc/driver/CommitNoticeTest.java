package io.github.litestreamjdbc.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.engine.Replication;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Which call notices a commit: with {@code durability=replica} it is the call that returns only when the replica has it.
 * Nobody looks at the database by himself here, so a call that does not notice leaves the replica as it was.
 */
class CommitNoticeTest {
    @TempDir
    private Path directory;

    private Connection connection;
    private Statement statement;

    @BeforeEach
    void connect() throws SQLException {
        connection = DriverManager.getConnection(url());
        statement = connection.createStatement();
        statement.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v UNIQUE)");
    }

    private String url() {
        return "jdbc:litestream:sqlite:" + directory.resolve("app.db") + "?replica=file:"
                + directory.resolve("replica")
                + "&durability=replica&monitor-interval=off&sync-interval=0&linger=0";
    }

    @AfterEach
    void close() throws SQLException {
        connection.close();
    }

    private long replicated() throws SQLException {
        return connection.unwrap(Replication.class).status().replicatedTxid();
    }

    /** One file, or more where capture happened to look between two commits of the call. */
    private void assertNoticed(Action action) throws SQLException {
        assertThat(filesOf(action))
                .as("level-0 files by the return of the call")
                .isPositive();
    }

    private void assertNotNoticed(Action action) throws SQLException {
        assertThat(filesOf(action))
                .as("level-0 files by the return of the call")
                .isZero();
    }

    private long filesOf(Action action) throws SQLException {
        long before = replicated();
        action.run();
        return replicated() - before;
    }

    private interface Action {
        void run() throws SQLException;
    }

    private interface Call {
        void run(Statement statement, String sql) throws SQLException;
    }

    record Named(String name, Call call) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Named> statementCalls() {
        return Stream.of(
                new Named("execute", (s, sql) -> s.execute(sql)),
                new Named("executeUpdate", (s, sql) -> s.executeUpdate(sql)),
                new Named("executeLargeUpdate", (s, sql) -> s.executeLargeUpdate(sql)),
                new Named("execute, keys", (s, sql) -> s.execute(sql, Statement.RETURN_GENERATED_KEYS)),
                new Named("executeUpdate, keys", (s, sql) -> s.executeUpdate(sql, Statement.RETURN_GENERATED_KEYS)),
                new Named(
                        "executeLargeUpdate, keys",
                        (s, sql) -> s.executeLargeUpdate(sql, Statement.RETURN_GENERATED_KEYS)),
                new Named("executeBatch", (s, sql) -> {
                    s.addBatch(sql);
                    s.executeBatch();
                }),
                new Named("executeLargeBatch", (s, sql) -> {
                    s.addBatch(sql);
                    s.executeLargeBatch();
                }));
    }

    @ParameterizedTest
    @MethodSource("statementCalls")
    void everyCallOfAStatementNotices(Named named) throws SQLException {
        assertNoticed(() -> named.call().run(statement, "INSERT INTO t (v) VALUES (1)"));
        assertNoticed(() -> named.call().run(statement, "PRAGMA user_version = 7"));
        assertNotNoticed(() -> named.call().run(statement, "PRAGMA synchronous = FULL"));
    }

    private interface PreparedCall {
        void run(PreparedStatement statement) throws SQLException;
    }

    record NamedPrepared(String name, PreparedCall call) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<NamedPrepared> preparedCalls() {
        return Stream.of(
                new NamedPrepared("execute", PreparedStatement::execute),
                new NamedPrepared("executeUpdate", PreparedStatement::executeUpdate),
                new NamedPrepared("executeLargeUpdate", PreparedStatement::executeLargeUpdate),
                new NamedPrepared("executeBatch", s -> {
                    s.addBatch();
                    s.executeBatch();
                }),
                new NamedPrepared("executeLargeBatch", s -> {
                    s.addBatch();
                    s.executeLargeBatch();
                }));
    }

    @ParameterizedTest
    @MethodSource("preparedCalls")
    void everyCallOfAPreparedStatementNotices(NamedPrepared named) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO t (v) VALUES (?)")) {
            for (int i = 0; i < 3; i++) {
                insert.setInt(1, i);
                assertNoticed(() -> named.call().run(insert));
            }
        }
    }

    @Test
    void batchOfFiveCommitsIsNoticedOnce() throws SQLException {
        for (int i = 0; i < 5; i++) {
            statement.addBatch("INSERT INTO t (v) VALUES (" + i + ")");
        }
        assertNoticed(statement::executeBatch);
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO t (v) VALUES (?)")) {
            for (int i = 5; i < 10; i++) {
                insert.setInt(1, i);
                insert.addBatch();
            }
            assertNoticed(insert::executeBatch);
        }
    }

    @Test
    void batchThatFailsHalfWayIsNoticedForWhatItCommitted() throws SQLException {
        statement.addBatch("INSERT INTO t VALUES (1, 1)");
        statement.addBatch("INSERT INTO t VALUES (1, 1)");
        assertNoticed(() -> {
            try {
                statement.executeBatch();
                throw new AssertionError("the key is taken");
            } catch (java.sql.BatchUpdateException expected) {
                assertThat(expected.getUpdateCounts()).isNotEmpty();
            }
        });
    }

    @Test
    void severalStatementsInOneUpdateAreNoticedOnce() throws SQLException {
        assertNoticed(() -> statement.executeUpdate("INSERT INTO t VALUES (1, 1); INSERT INTO t VALUES (2, 2)"));
    }

    @Test
    void commitNotices() throws SQLException {
        connection.setAutoCommit(false);
        assertNotNoticed(() -> statement.executeUpdate("INSERT INTO t VALUES (1, 1)"));
        assertNoticed(connection::commit);
    }

    @Test
    void turningAutoCommitOnNotices() throws SQLException {
        connection.setAutoCommit(false);
        assertNotNoticed(() -> statement.executeUpdate("INSERT INTO t VALUES (1, 1)"));
        assertNoticed(() -> connection.setAutoCommit(true));
    }

    @Test
    void transactionInSqlTextIsNoticedAtItsEnd() throws SQLException {
        for (String[] words :
                new String[][] {{"BEGIN", "COMMIT"}, {"BEGIN IMMEDIATE", "END"}, {"SAVEPOINT s", "RELEASE s"}}) {
            assertNotNoticed(() -> statement.execute(words[0]));
            assertNotNoticed(() -> statement.execute("INSERT INTO t (v) VALUES (random())"));
            assertNoticed(() -> statement.execute(words[1]));
        }
    }

    @Test
    void releaseOfTheOutermostSavepointNotices() throws SQLException {
        Savepoint savepoint = connection.setSavepoint("s");
        assertNotNoticed(() -> statement.executeUpdate("INSERT INTO t VALUES (1, 1)"));
        assertNoticed(() -> connection.releaseSavepoint(savepoint));
    }

    @Test
    void rollbacksAndReadsAreNotNoticed() throws SQLException {
        assertNotNoticed(() -> statement.executeQuery("SELECT * FROM t").close());
        connection.setAutoCommit(false);
        statement.executeUpdate("INSERT INTO t VALUES (1, 1)");
        assertNotNoticed(connection::rollback);
        statement.executeQuery("SELECT * FROM t").close();
        assertNotNoticed(connection::commit);
        assertNotNoticed(() -> connection.setAutoCommit(true));
        statement.execute("BEGIN");
        statement.execute("INSERT INTO t VALUES (1, 1)");
        assertNotNoticed(() -> statement.execute("ROLLBACK"));
    }

    @Test
    void commitWithNothingInTheWalReturns() throws SQLException {
        assertNotNoticed(() -> statement.executeUpdate("BEGIN IMMEDIATE; COMMIT"));
        assertNotNoticed(() -> statement.executeUpdate("UPDATE t SET v = 1"));
        assertNotNoticed(() -> statement.execute("CREATE TEMP TABLE mine (v)"));
        assertNotNoticed(() -> statement.execute("INSERT INTO mine VALUES (1)"));
        statement.execute("ATTACH ':memory:' AS other");
        assertNotNoticed(() -> statement.execute("CREATE TABLE other.t (v)"));
    }

    @Test
    void returningIsNoticedAtTheEndOfItsRows() throws SQLException {
        ResultSet rows = statement.executeQuery("INSERT INTO t VALUES (1, 1) RETURNING id");
        assertNotNoticed(() -> assertThat(rows.next()).isTrue());
        assertNoticed(() -> assertThat(rows.next()).isFalse());
        assertNotNoticed(rows::close);
    }

    @Test
    void returningIsNoticedWhenItsRowsAreClosedEarly() throws SQLException {
        ResultSet rows = statement.executeQuery("INSERT INTO t VALUES (1, 1) RETURNING id");
        assertThat(rows.next()).isTrue();
        assertNoticed(rows::close);
    }

    @Test
    void returningIsNoticedWhenOnlyTheStatementIsClosed() throws SQLException {
        Statement inserting = connection.createStatement();
        assertThat(inserting
                        .executeQuery("INSERT INTO t VALUES (1, 1) RETURNING id")
                        .next())
                .isTrue();
        assertNoticed(inserting::close);
    }

    @Test
    void returningIsNoticedWhenTheNextResultIsAskedFor() throws SQLException {
        assertThat(statement.execute("INSERT INTO t VALUES (1, 1) RETURNING id"))
                .isTrue();
        assertThat(statement.getResultSet().next()).isTrue();
        assertNoticed(statement::getMoreResults);
    }

    @Test
    void returningIsNoticedWhenTheStatementRunsAgain() throws SQLException {
        assertThat(statement
                        .executeQuery("INSERT INTO t VALUES (1, 1) RETURNING id")
                        .next())
                .isTrue();
        assertNoticed(() -> statement.executeQuery("SELECT 1").close());
    }

    @Test
    void preparedReturningIsNoticedLikewise() throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("insert into t (v) values (?) returning id")) {
            insert.setInt(1, 1);
            ResultSet rows = insert.executeQuery();
            assertThat(rows.next()).isTrue();
            assertNoticed(() -> assertThat(rows.next()).isFalse());
            insert.setInt(1, 2);
            assertThat(insert.execute()).isTrue();
            ResultSet again = insert.getResultSet();
            assertThat(again.next()).isTrue();
            assertNoticed(again::close);
            insert.setInt(1, 3);
            assertThat(insert.executeQuery().next()).isTrue();
            assertNoticed(insert::getMoreResults);
        }
    }

    @Test
    void returningInATransactionIsNoticedAtItsCommit() throws SQLException {
        connection.setAutoCommit(false);
        try (ResultSet rows = statement.executeQuery("INSERT INTO t VALUES (1, 1) RETURNING id")) {
            assertNotNoticed(() -> assertThat(rows.next()).isTrue());
            assertNotNoticed(() -> assertThat(rows.next()).isFalse());
        }
        assertNoticed(connection::commit);
    }

    @Test
    void vacuumIsNoticedThoughSqliteGivesNoNotice() throws SQLException {
        statement.executeUpdate("INSERT INTO t VALUES (1, randomblob(20000)); DELETE FROM t");
        // It holds the generated keys, and VACUUM wants no statement in progress.
        statement.close();
        try (Statement vacuum = connection.createStatement()) {
            assertNoticed(() -> vacuum.execute("VACUUM"));
        }
    }

    @Test
    void restoreFromAFileIsNoticedThoughSqliteGivesNoNotice() throws SQLException {
        statement.executeUpdate("INSERT INTO t VALUES (1, 1)");
        Path copy = directory.resolve("copy.db");
        statement.executeUpdate("backup to " + copy);
        statement.executeUpdate("DELETE FROM t");
        assertNoticed(() -> statement.executeUpdate("restore from " + copy));
        try (ResultSet row = statement.executeQuery("SELECT count(*) FROM t")) {
            assertThat(row.getInt(1)).isEqualTo(1);
        }
    }

    @Test
    void rowsLeftOpenAreNoticedWhenTheConnectionIsClosed() throws SQLException {
        Replication replication = connection.unwrap(Replication.class);
        Connection second = DriverManager.getConnection(url());
        assertThat(second.createStatement()
                        .executeQuery("INSERT INTO t VALUES (1, 1) RETURNING id")
                        .next())
                .isTrue();
        long before = replication.status().replicatedTxid();
        second.close();
        assertThat(replication.status().replicatedTxid()).isEqualTo(before + 1);
    }
}
