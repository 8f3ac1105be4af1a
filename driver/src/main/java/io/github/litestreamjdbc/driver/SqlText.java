package io.github.litestreamjdbc.driver;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

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

    private static final String READ_AUTOCHECKPOINT = "PRAGMA wal_autocheckpoint";

    /**
     * Reads a text.
     *
     * @throws SQLException with SQLState HY000 if it would end what replication needs
     */
    static SqlText of(String sql) throws SQLException {
        if (sql == null) {
            return new SqlText(null, List.of(SqlKind.READ), false, false);
        }
        List<String> head = SqlScanner.atFirstStatement(sql).statement(HEAD_TOKENS);
        if (sql.indexOf(';') >= 0 && SqlScanner.atFirstStatement(sql).nextStatement()) {
            return ofScript(sql);
        }
        Pragma pragma = Pragma.of(head);
        if (pragma != null) {
            pragma.check();
            if (pragma.is("wal_checkpoint")) {
                return new SqlText(CHECKPOINT_ROW, List.of(SqlKind.READ), false, true);
            }
            if (pragma.setsAutocheckpoint()) {
                SqliteSettings.logAutocheckpointIgnored();
                return new SqlText(READ_AUTOCHECKPOINT, List.of(SqlKind.READ), false, false);
            }
        }
        SqlKind kind = kind(head, SqlScanner.atFirstStatement(sql));
        return new SqlText(sql, List.of(kind), returning(kind, sql), false);
    }

    /** A text of several statements; what SQLite is not to get of them is replaced. */
    private static SqlText ofScript(String sql) throws SQLException {
        List<SqlKind> kinds = new ArrayList<>();
        SqlScanner starts = new SqlScanner(sql);
        SqlScanner ends = SqlScanner.atFirstStatement(sql);
        StringBuilder given = new StringBuilder(sql.substring(0, ends.position()));
        boolean inTrigger = false;
        boolean more = true;
        while (more) {
            int start = ends.position();
            starts.moveTo(ends);
            List<String> head = starts.statement(HEAD_TOKENS);
            starts.moveTo(ends);
            if (inTrigger) {
                inTrigger = !isEndOfTrigger(head);
            } else {
                kinds.add(kind(head, starts));
                inTrigger = isTrigger(head);
            }
            more = ends.nextStatement();
            Pragma pragma = Pragma.of(head);
            if (pragma != null) {
                pragma.check();
            }
            if (pragma != null && pragma.setsAutocheckpoint()) {
                SqliteSettings.logAutocheckpointIgnored();
                given.append(READ_AUTOCHECKPOINT).append("; ");
            } else {
                given.append(sql, start, ends.position());
            }
        }
        return new SqlText(given.toString(), kinds, returning(kinds.get(0), sql), false);
    }

    /** Whether {@code CREATE TRIGGER} begins here: it goes on to the {@code END} behind a semicolon, which ends no transaction. */
    private static boolean isTrigger(List<String> head) {
        int create = Pragma.explained(head);
        if (head.size() < create + 2 || !head.get(create).equalsIgnoreCase("CREATE")) {
            return false;
        }
        String word = head.get(create + 1);
        boolean temporary = word.equalsIgnoreCase("TEMP") || word.equalsIgnoreCase("TEMPORARY");
        return temporary
                ? head.size() > create + 2 && head.get(create + 2).equalsIgnoreCase("TRIGGER")
                : word.equalsIgnoreCase("TRIGGER");
    }

    private static boolean isEndOfTrigger(List<String> head) {
        return !head.isEmpty() && head.get(0).equalsIgnoreCase("END");
    }

    /** @param start before the statement that the words begin */
    private static SqlKind kind(List<String> head, SqlScanner start) {
        String first = head.isEmpty() ? "" : head.get(0);
        if (first.equalsIgnoreCase("WITH")) {
            return WithClause.kind(start);
        }
        Pragma pragma = first.equalsIgnoreCase("PRAGMA") ? Pragma.of(head) : null;
        return pragma == null ? SqlKind.of(head) : pragma.kind();
    }

    private static boolean returning(SqlKind first, String sql) {
        return first.mayWrite() && contains(sql, "returning");
    }

    /** A batch: the transactions in it are followed as in a text of several statements. */
    static SqlText ofBatch(List<SqlKind> kinds) {
        return new SqlText(null, kinds.isEmpty() ? List.of(SqlKind.READ) : List.copyOf(kinds), false, false);
    }

    /** The text where SQLite compiles its first statement only: prepared, or run by all but {@code executeUpdate}. */
    SqlText prepared() {
        return kinds.size() == 1 ? this : new SqlText(sql, kinds.subList(0, 1), returning, checkpoint);
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
}
