package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Accounts, and the transfers between them that several writers append. Each writer numbers its transfers from 1 on, so
 * whatever is lost, torn or mixed shows: in a missing number, or in a balance that is not what the transfers say.
 */
final class Bank {
    /** Writers 0 to 3 are the application's. */
    static final int POOLED_WRITERS = 4;
    /** Another JVM, with plain sqlite-jdbc. */
    static final int OUTSIDE_WRITER = 4;
    /** The program {@code sqlite3}. */
    static final int SHELL_WRITER = 5;

    static final int WRITERS = 6;

    private static final int ACCOUNTS = 100;
    private static final long FIRST_BALANCE = 1000;

    /** One transfer of a writer, under its next number: a transaction by itself, by way of the trigger. */
    private static final String TRANSFER = "INSERT INTO transfer SELECT %1$d, coalesce(max(n), 0) + 1,"
            + " abs(random()) %% %2$d, abs(random()) %% %2$d, abs(random()) %% 50,"
            + " randomblob(abs(random()) %% CASE WHEN random() %% 30 = 0 THEN 15000 ELSE 300 END)"
            + " FROM transfer WHERE writer = %1$d";

    private static final String LAST = IntStream.range(0, WRITERS)
            .mapToObj(writer -> "coalesce((SELECT max(n) FROM transfer WHERE writer = " + writer + "), 0)")
            .collect(Collectors.joining(", ", "SELECT ", ""));

    private Bank() {}

    /** Opens the bank if it is not there yet, in one transaction. */
    static void open(Connection connection) throws SQLException {
        if (exists(connection)) {
            return;
        }
        Sql.run(
                connection,
                "BEGIN IMMEDIATE",
                "CREATE TABLE account (id INTEGER PRIMARY KEY, balance INTEGER)",
                "CREATE TABLE transfer (writer, n, source, target, amount, payload, PRIMARY KEY (writer, n))",
                "CREATE INDEX transfer_payload ON transfer (payload)",
                "CREATE TRIGGER move AFTER INSERT ON transfer BEGIN"
                        + " UPDATE account SET balance = balance - new.amount WHERE id = new.source;"
                        + " UPDATE account SET balance = balance + new.amount WHERE id = new.target;"
                        + " END",
                "WITH RECURSIVE ids(id) AS (SELECT 0 UNION ALL SELECT id + 1 FROM ids WHERE id < " + (ACCOUNTS - 1)
                        + ") INSERT INTO account SELECT id, " + FIRST_BALANCE + " FROM ids",
                "COMMIT");
    }

    static boolean exists(Connection connection) throws SQLException {
        return Sql.number(connection, "SELECT count(*) FROM sqlite_schema WHERE name = 'account'") == 1;
    }

    static String transfer(int writer) {
        return String.format(TRANSFER, writer, ACCOUNTS);
    }

    /** Number of the last transfer of one writer. */
    static String last(int writer) {
        return "SELECT max(n) FROM transfer WHERE writer = " + writer;
    }

    /** Numbers of the last transfers of all writers, in one snapshot. */
    static long[] last(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(LAST)) {
            row.next();
            long[] last = new long[WRITERS];
            for (int writer = 0; writer < WRITERS; writer++) {
                last[writer] = row.getLong(writer + 1);
            }
            return last;
        }
    }

    /** Nothing is torn, no number is missing, and every balance is what the transfers say. */
    static void assertSound(Connection connection) throws SQLException {
        assertThat(Sql.text(connection, "PRAGMA integrity_check")).isEqualTo("ok");
        assertThat(Sql.number(connection, "SELECT sum(balance) FROM account"))
                .as("sum of all balances")
                .isEqualTo(ACCOUNTS * FIRST_BALANCE);
        assertThat(Sql.number(
                        connection,
                        "WITH moved(id, amount) AS (SELECT source, -amount FROM transfer"
                                + " UNION ALL SELECT target, amount FROM transfer),"
                                + " total(id, amount) AS (SELECT id, sum(amount) FROM moved GROUP BY id)"
                                + " SELECT count(*) FROM account LEFT JOIN total USING (id)"
                                + " WHERE balance <> " + FIRST_BALANCE + " + coalesce(amount, 0)"))
                .as("accounts whose balance is not what the transfers say")
                .isZero();
        assertThat(Sql.number(connection, "SELECT count(*) FROM transfer"))
                .as("transfers, all numbers from 1 on")
                .isEqualTo(Arrays.stream(last(connection)).sum());
    }
}
