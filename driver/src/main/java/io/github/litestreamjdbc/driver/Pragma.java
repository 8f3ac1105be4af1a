package io.github.litestreamjdbc.driver;

import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A pragma.
 *
 * @param name in lower case
 * @param value what is assigned or given in brackets; null if nothing is
 */
record Pragma(String name, String value) {
    /** They read, or set what only their own connection knows, whatever they are given. */
    private static final Set<String> WRITES_NOTHING = Set.of(
            "table_info",
            "table_xinfo",
            "table_list",
            "index_info",
            "index_xinfo",
            "index_list",
            "foreign_key_list",
            "foreign_key_check",
            "integrity_check",
            "quick_check",
            "analysis_limit",
            "automatic_index",
            "busy_timeout",
            "cache_size",
            "cache_spill",
            "case_sensitive_like",
            "cell_size_check",
            "defer_foreign_keys",
            "foreign_keys",
            "ignore_check_constraints",
            // Other modes than WAL, which every database of ours is in, are refused.
            "journal_mode",
            "locking_mode",
            "mmap_size",
            "query_only",
            "read_uncommitted",
            "recursive_triggers",
            "reverse_unordered_selects",
            "synchronous",
            "temp_store",
            "threads",
            "trusted_schema");

    /** They write without being given anything. */
    private static final Set<String> WRITES_BY_ITSELF = Set.of("incremental_vacuum", "optimize");

    /**
     * The pragma that a statement begins with, also one that is only to be explained, for SQLite obeys some while it compiles
     * them; null if it is none.
     */
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

    /** How many words of {@code EXPLAIN} or {@code EXPLAIN QUERY PLAN} stand before the statement. */
    static int explained(List<String> statement) {
        if (statement.isEmpty() || !statement.get(0).equalsIgnoreCase("EXPLAIN")) {
            return 0;
        }
        return statement.size() > 2 && statement.get(1).equalsIgnoreCase("QUERY") ? 3 : 1;
    }

    boolean is(String pragma) {
        return name.equals(pragma);
    }

    /** What it does where it is not only explained. One that is not known here, and is given something, may write. */
    SqlKind kind() {
        boolean writes = value == null ? WRITES_BY_ITSELF.contains(name) : !WRITES_NOTHING.contains(name);
        return writes ? SqlKind.WRITE : SqlKind.READ;
    }

    /** Whether it would let SQLite checkpoint by itself. */
    boolean setsAutocheckpoint() {
        return is("wal_autocheckpoint") && value != null;
    }

    /** @throws SQLException with SQLState HY000 if it would end what replication needs */
    void check() throws SQLException {
        if (is("journal_mode") && value != null && !value.equalsIgnoreCase("WAL")) {
            throw SqlErrors.statementRefused(
                    "PRAGMA journal_mode=" + value + " is refused: replication reads the WAL. Leave the statement out");
        }
        if (is("locking_mode") && value != null && value.equalsIgnoreCase("EXCLUSIVE")) {
            throw SqlErrors.statementRefused("PRAGMA locking_mode=EXCLUSIVE is refused: replication needs its own"
                    + " connections to the database. Leave the statement out");
        }
    }
}
