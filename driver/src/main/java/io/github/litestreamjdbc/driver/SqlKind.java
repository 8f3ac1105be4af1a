package io.github.litestreamjdbc.driver;

import java.util.List;
import java.util.Locale;

/** What a statement does to the transaction, as far as its first words tell. */
enum SqlKind {
    /** Reads only. */
    READ,
    /** May write. */
    WRITE,
    /** May write, and SQLite gives no notice of its commit. */
    SILENT_WRITE,
    BEGIN,
    /** Begins, and takes the write lock with it. */
    BEGIN_WRITE,
    COMMIT,
    ROLLBACK,
    /** Stays in the transaction. */
    ROLLBACK_TO,
    SAVEPOINT,
    RELEASE;

    /** The kind of the statement that the words begin; {@code WITH} and {@code PRAGMA} need more than their first words. */
    static SqlKind of(List<String> words) {
        if (words.isEmpty()) {
            return READ;
        }
        return switch (word(words, 0)) {
            // BACKUP is sqlite-jdbc's own: it reads this database and writes another file.
            case "SELECT", "VALUES", "EXPLAIN", "BACKUP" -> READ;
            case "BEGIN" -> isDeferred(word(words, 1)) ? BEGIN : BEGIN_WRITE;
            case "COMMIT", "END" -> COMMIT;
            case "ROLLBACK" -> words.stream().anyMatch("TO"::equalsIgnoreCase) ? ROLLBACK_TO : ROLLBACK;
            case "SAVEPOINT" -> SAVEPOINT;
            case "RELEASE" -> RELEASE;
            case "VACUUM", "RESTORE" -> SILENT_WRITE;
            default -> WRITE;
        };
    }

    private static boolean isDeferred(String word) {
        return !word.equals("IMMEDIATE") && !word.equals("EXCLUSIVE");
    }

    private static String word(List<String> words, int index) {
        return index < words.size() ? words.get(index).toUpperCase(Locale.ROOT) : "";
    }

    /** Whether it may end the transaction with a commit: the release of an outermost savepoint does. */
    boolean mayCommit() {
        return this == COMMIT || this == RELEASE;
    }

    boolean mayWrite() {
        return this == WRITE || this == SILENT_WRITE || this == BEGIN_WRITE;
    }
}
