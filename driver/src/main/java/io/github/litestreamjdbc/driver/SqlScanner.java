package io.github.litestreamjdbc.driver;

import java.util.ArrayList;
import java.util.List;

/**
 * Walks over SQL text word by word as SQLite's tokenizer would: past white space, comments, strings and quoted names. Not
 * thread-safe.
 */
final class SqlScanner {
    private final String sql;
    private int at;

    /** Whether the last token was quoted: then it ends no statement, whatever it holds. See {@link #wasQuoted()}. */
    private boolean wasQuoted;

    SqlScanner(String sql) {
        this.sql = sql;
    }

    /** A scanner that stands before the first statement: SQLite skips the empty ones. */
    static SqlScanner atFirstStatement(String sql) {
        SqlScanner scanner = new SqlScanner(sql);
        scanner.skipSemicolons();
        return scanner;
    }

    /**
     * The next token: a word or quoted name without its quotes, a string literal likewise, or a single other character;
     * null at the end.
     */
    String next() {
        skipBlank();
        wasQuoted = false;
        if (at >= sql.length()) {
            return null;
        }
        char c = sql.charAt(at);
        if (isWord(c)) {
            int start = at;
            while (at < sql.length() && isWord(sql.charAt(at))) {
                at++;
            }
            return sql.substring(start, at);
        }
        return switch (c) {
            case '\'', '"', '`' -> quoted(c);
            case '[' -> quoted(']');
            default -> sql.substring(at, ++at);
        };
    }

    /** The tokens up to the end of the statement, at most so many. */
    List<String> statement(int most) {
        List<String> tokens = new ArrayList<>();
        for (String token = next(); token != null && !isEnd(token) && tokens.size() < most; token = next()) {
            tokens.add(token);
        }
        return tokens;
    }

    /** Goes behind the next semicolon; false if nothing but blank follows. */
    boolean nextStatement() {
        for (String token = next(); token != null; token = next()) {
            if (isEnd(token)) {
                break;
            }
        }
        skipSemicolons();
        return at < sql.length();
    }

    /** Whether the last token was in quotes, so that it is neither a keyword nor a bracket. */
    boolean wasQuoted() {
        return wasQuoted;
    }

    /** Where in the text it is. */
    int position() {
        return at;
    }

    /** Goes to where another scanner of the same text is. */
    void moveTo(SqlScanner other) {
        at = other.at;
    }

    private boolean isEnd(String token) {
        return !wasQuoted && token.equals(";");
    }

    private void skipSemicolons() {
        skipBlank();
        while (at < sql.length() && sql.charAt(at) == ';') {
            at++;
            skipBlank();
        }
    }

    private String quoted(char end) {
        StringBuilder content = new StringBuilder();
        wasQuoted = true;
        at++;
        while (at < sql.length()) {
            char c = sql.charAt(at++);
            if (c != end) {
                content.append(c);
            } else if (end != ']' && at < sql.length() && sql.charAt(at) == end) {
                content.append(c);
                at++;
            } else {
                break;
            }
        }
        return content.toString();
    }

    private void skipBlank() {
        while (at < sql.length()) {
            char c = sql.charAt(at);
            if (isBlank(c)) {
                at++;
            } else if (sql.startsWith("--", at)) {
                int end = sql.indexOf('\n', at);
                at = end < 0 ? sql.length() : end + 1;
            } else if (sql.startsWith("/*", at)) {
                int end = sql.indexOf("*/", at + 2);
                at = end < 0 ? sql.length() : end + 2;
            } else {
                return;
            }
        }
    }

    /** SQLite's white space: other characters that look blank are parts of names to it. */
    private static boolean isBlank(char c) {
        return c == ' ' || (c >= '\t' && c <= '\r' && c != 0x0b) || c == '\ufeff';
    }

    private static boolean isWord(char c) {
        return c == '_' || c == '$' || Character.isLetterOrDigit(c) || c > 127;
    }
}
