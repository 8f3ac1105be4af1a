package io.github.litestreamjdbc.driver;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What we have to know of an SQL text before SQLite gets it.
 *
 * @param sql what is given to SQLite
 * @param kinds of its statements; texts of several are for {@code executeUpdate}
 * @param returning whether its result set may write and so commit at its end
 * @param checkpoint whether it is a {@code PRAGMA wal_checkpoint}, which we run ourselves
 */
record SqlText(String sql, List<SqlKind> kinds, boolean returning, boolean checkpoint) {
    /** Enough to see {@code EXPLAIN QUERY PLAN PRAGMA main.journal_mode = WAL} and {@code ROLLBACK TRANSACTION TO SAVEPOINT}. */
    private static final int HEAD_TOKENS = 9;

    /** What stands for a checkpoint of ours: its row has the columns that SQLite's has. */
    private static final String CHECKPOINT_ROW = "SELECT ?1 AS busy, ?2 AS log, ?3 AS checkpointed";

    /**
     * Reads a text.
     *
     * @throws SQLException with SQLState HY000 if it would end what replication needs
     */
    static SqlText of(String sql) throws SQLException {
        if (sql == null) {
            return new SqlText(null, List.of(SqlKind.READ), false, false);
        }
        SqlScanner scanner = new SqlScanner(sql);
        List<String> head = scanner.statement(HEAD_TOKENS);
        Pragma pragma = Pragma.of(head);
        SqlKind first = SqlKind.of(head);
        boolean several = sql.indexOf(';') >= 0 && new SqlScanner(sql).nextStatement();
        if (pragma != null && !several) {
            pragma.check();
            if (pragma.is("wal_checkpoint")) {
                return new SqlText(CHECKPOINT_ROW, List.of(SqlKind.READ), false, true);
            }
            if (pragma.is("wal_autocheckpoint") && pragma.value() != null) {
                SqliteSettings.logAutocheckpointIgnored();
                return new SqlText("PRAGMA wal_autocheckpoint", List.of(SqlKind.READ), false, false);
            }
        }
        List<SqlKind> kinds = several ? kinds(sql) : List.of(first);
        boolean returning = first.mayWrite() && contains(sql, "returning");
        return new SqlText(sql, kinds, returning, false);
    }

    /** A batch: the transactions in it are followed as in a text of several statements. */
    static SqlText ofBatch(List<SqlKind> kinds) {
        return new SqlText(null, kinds.isEmpty() ? List.of(SqlKind.READ) : List.copyOf(kinds), false, false);
    }

    /** The text as a prepared statement: SQLite compiles the first statement only. */
    SqlText prepared() {
        return kinds.size() == 1 ? this : new SqlText(sql, kinds.subList(0, 1), returning, checkpoint);
    }

    private static List<SqlKind> kinds(String sql) throws SQLException {
        List<SqlKind> kinds = new ArrayList<>();
        SqlScanner heads = new SqlScanner(sql);
        SqlScanner ends = new SqlScanner(sql);
        do {
            List<String> head = heads.statement(HEAD_TOKENS);
            Pragma pragma = Pragma.of(head);
            if (pragma != null) {
                pragma.check();
            }
            kinds.add(SqlKind.of(head));
            if (!ends.nextStatement()) {
                return kinds;
            }
            heads.moveTo(ends);
        } while (true);
    }

    /** Whether the text contains a word in lower or upper case; a false yes costs little. */
    private static boolean contains(String sql, String word) {
        int last = sql.length() - word.length();
        for (int i = 0; i <= last; i++) {
            if (sql.regionMatches(true, i, word, 0, word.length())) {
                return true;
            }
        }
        return false;
    }

    boolean mayWrite() {
        return kinds.size() > 1 || kinds.get(0).mayWrite();
    }

    /**
     * A pragma.
     *
     * @param name in lower case
     * @param value what is assigned; null if nothing is
     */
    private record Pragma(String name, String value) {
        /** SQLite obeys some pragmas while it compiles them, so also those that are only to be explained. */
        static Pragma of(List<String> statement) {
            List<String> head = statement.subList(explained(statement), statement.size());
            if (head.size() < 2 || !head.get(0).equalsIgnoreCase("PRAGMA")) {
                return null;
            }
            int name = head.size() > 3 && head.get(2).equals(".") ? 3 : 1;
            boolean assigns = head.size() > name + 2
                    && (head.get(name + 1).equals("=") || head.get(name + 1).equals("("));
            return new Pragma(head.get(name).toLowerCase(Locale.ROOT), assigns ? head.get(name + 2) : null);
        }

        private static int explained(List<String> statement) {
            if (statement.isEmpty() || !statement.get(0).equalsIgnoreCase("EXPLAIN")) {
                return 0;
            }
            return statement.size() > 2 && statement.get(1).equalsIgnoreCase("QUERY") ? 3 : 1;
        }

        boolean is(String pragma) {
            return name.equals(pragma);
        }

        void check() throws SQLException {
            if (is("journal_mode") && value != null && !value.equalsIgnoreCase("WAL")) {
                throw SqlErrors.statementRefused("PRAGMA journal_mode=" + value
                        + " is refused: replication reads the WAL. Leave the statement out");
            }
            if (is("locking_mode") && value != null && value.equalsIgnoreCase("EXCLUSIVE")) {
                throw SqlErrors.statementRefused("PRAGMA locking_mode=EXCLUSIVE is refused: replication needs its own"
                        + " connections to the database. Leave the statement out");
            }
        }
    }
}
