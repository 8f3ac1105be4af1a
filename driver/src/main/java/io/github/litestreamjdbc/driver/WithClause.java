package io.github.litestreamjdbc.driver;

import java.util.Locale;

/**
 * Finds out what a statement does that begins with {@code WITH}: behind the tables that the clause names, each of which is
 * a query in brackets, stands one of five words. {@code SELECT} and {@code VALUES} are reserved, so that outside of brackets
 * and quotes the first of them is that word. Whatever is doubtful writes.
 */
final class WithClause {
    private WithClause() {}

    /** Reads a statement that the scanner stands before. */
    static SqlKind kind(SqlScanner statement) {
        int depth = 0;
        boolean parameter = false;
        String before = "";
        for (String token = statement.next(); token != null; token = statement.next()) {
            if (statement.wasQuoted()) {
                before = "";
                parameter = false;
                continue;
            }
            switch (keyword(token)) {
                case "(" -> {
                    if (parameter) {
                        // Tcl's $a(b) is one token to SQLite, whatever is in its brackets.
                        return SqlKind.WRITE;
                    }
                    depth++;
                }
                case ")" -> depth--;
                case "SELECT", "VALUES" -> {
                    if (depth == 0) {
                        return SqlKind.READ;
                    }
                }
                case "INSERT", "REPLACE", "UPDATE", "DELETE" -> {
                    if (depth <= 0) {
                        return SqlKind.WRITE;
                    }
                }
                case ";" -> {
                    return SqlKind.WRITE;
                }
                default -> {}
            }
            parameter = token.startsWith("$") || before.equals(":") || before.equals("@") || before.equals("#");
            before = token;
        }
        return SqlKind.WRITE;
    }

    /** In upper case where it is of ASCII: other letters that have such upper cases belong to names. */
    private static String keyword(String token) {
        return token.chars().allMatch(c -> c < 128) ? token.toUpperCase(Locale.ROOT) : token;
    }
}
