package io.github.litestreamjdbc.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What we take for reading, SQLite's own program for the statement does not begin a writing transaction for. */
class SqlKindAgainstSqliteTest {
    private static final int STATEMENTS = 20_000;

    private static final List<String> PIECES = List.of(
            "WITH",
            "RECURSIVE",
            "a",
            "\"select\"",
            "[values]",
            "`(`",
            "')'",
            "replace",
            "AS",
            "MATERIALIZED",
            "NOT",
            "(",
            ")",
            "(SELECT 1)",
            "(VALUES (1))",
            ",",
            "SELECT",
            "VALUES",
            "1",
            "*",
            "FROM",
            "a",
            "t",
            "WHERE",
            "v",
            "IN",
            "INSERT INTO t",
            "REPLACE INTO t",
            "UPDATE t SET v = 1",
            "DELETE FROM t",
            "DEFAULT VALUES",
            "UNION ALL",
            "/* ) SELECT */",
            "-- ) SELECT\n",
            "$p(')",
            ":p",
            "RETURNING v",
            "\u2003SELECT",
            "\u017felect",
            "\ufeff",
            "''");

    /** They begin as valid statements do, for of pieces alone few would be. */
    private static final List<String> BEGINNINGS = List.of(
            "WITH a AS (SELECT 1)",
            "WITH \"select\" AS (SELECT 1), b(v) AS (VALUES (1))",
            "WITH replace AS (SELECT v FROM t)",
            "WITH RECURSIVE a(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM a LIMIT 3)",
            "WITH",
            "WITH x\u2003SELECT AS (SELECT 1)",
            "WITH \u017felect AS (SELECT 1)",
            "WITH a AS (SELECT $p('x) AS y)");

    private static final List<String> ENDS = List.of(
            "SELECT * FROM t",
            "SELECT replace('a', 'b', 'c')",
            "VALUES (1)",
            "INSERT INTO t SELECT 1",
            "INSERT INTO t DEFAULT VALUES",
            "REPLACE INTO t VALUES (1)",
            "UPDATE t SET v = 2",
            "DELETE FROM t",
            "DELETE FROM t WHERE v IN (SELECT 1)",
            "INSERT INTO t SELECT $p(') SELECT 1");

    private static String pieces(Random random, int most) {
        StringBuilder sql = new StringBuilder();
        for (int i = random.nextInt(most + 1); i > 0; i--) {
            sql.append(' ').append(pick(random, PIECES));
        }
        return sql.toString();
    }

    private static String pick(Random random, List<String> from) {
        return from.get(random.nextInt(from.size()));
    }

    @Test
    void whatBeginsWithAClauseOfTablesAndIsTakenForReadingWritesNothing() throws Exception {
        long seed = Long.getLong("litestreamjdbc.seed", System.nanoTime());
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        int reads = 0;
        int writes = 0;
        try (Connection plain = DriverManager.getConnection("jdbc:sqlite::memory:");
                Statement statement = plain.createStatement()) {
            statement.executeUpdate("CREATE TABLE t (v)");
            for (int i = 0; i < STATEMENTS; i++) {
                String sql = pick(random, BEGINNINGS) + pieces(random, 2) + " "
                        + (random.nextBoolean() ? pick(random, ENDS) : pieces(random, 4));
                Boolean writing = writes(statement, sql);
                SqlKind kind = SqlText.of(sql).kinds().get(0);
                if (writing != null && writing) {
                    writes++;
                    assertThat(kind).as(sql).isEqualTo(SqlKind.WRITE);
                } else if (writing != null && kind == SqlKind.READ) {
                    reads++;
                }
            }
        }
        assertThat(reads).isGreaterThan(100);
        assertThat(writes).isGreaterThan(100);
    }

    @Test
    void pragmasThatAreTakenForReadingWriteNothing() throws Exception {
        List<String> reading = new ArrayList<>();
        try (Connection plain = DriverManager.getConnection("jdbc:sqlite::memory:");
                Statement statement = plain.createStatement()) {
            statement.executeUpdate("CREATE TABLE t (v)");
            for (String pragma : pragmas(statement)) {
                for (String argument : List.of("", "=1", "(1)", "='t'", "=ON", "= wal")) {
                    String sql = "PRAGMA " + pragma + argument;
                    if (SqlText.of(sql).kinds().get(0) == SqlKind.READ
                            && !SqlText.of(sql).checkpoint()) {
                        reading.add(sql);
                        assertThat(writes(statement, sql)).as(sql).isNotEqualTo(true);
                    }
                }
            }
        }
        assertThat(reading).contains("PRAGMA table_info='t'", "PRAGMA user_version", "PRAGMA foreign_keys=ON");
        assertThat(reading).doesNotContain("PRAGMA user_version=1", "PRAGMA optimize", "PRAGMA incremental_vacuum");
    }

    private static List<String> pragmas(Statement statement) throws SQLException {
        List<String> names = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery("SELECT name FROM pragma_pragma_list")) {
            while (rows.next()) {
                // They refuse, or replace, before SQLite compiles anything.
                if (!List.of("journal_mode", "locking_mode").contains(rows.getString(1))) {
                    names.add(rows.getString(1));
                }
            }
        }
        return names;
    }

    /** Whether SQLite's program begins a writing transaction of main; null if SQLite does not compile it. */
    private static Boolean writes(Statement statement, String sql) {
        try (ResultSet program = statement.executeQuery("EXPLAIN " + sql)) {
            boolean writes = false;
            while (program.next()) {
                writes |= program.getString("opcode").equals("Transaction")
                        && program.getInt("p1") == 0
                        && program.getInt("p2") != 0;
            }
            return writes;
        } catch (SQLException notCompiled) {
            return null;
        }
    }
}
