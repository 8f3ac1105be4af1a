package io.github.litestreamjdbc.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SqlScannerTest {
    private static List<String> tokens(String sql) {
        SqlScanner scanner = new SqlScanner(sql);
        List<String> tokens = new ArrayList<>();
        for (String token = scanner.next(); token != null; token = scanner.next()) {
            tokens.add(token);
        }
        return tokens;
    }

    @Test
    void splitsWordsAndSingleCharacters() {
        assertThat(tokens("PRAGMA main.journal_mode=wal;"))
                .containsExactly("PRAGMA", "main", ".", "journal_mode", "=", "wal", ";");
    }

    @Test
    void emptyAndBlankTextsHaveNoTokens() {
        assertThat(tokens("")).isEmpty();
        assertThat(tokens(" \t\r\n\f")).isEmpty();
    }

    @Test
    void skipsByteOrderMark() {
        assertThat(tokens("\ufeffSELECT 1")).containsExactly("SELECT", "1");
    }

    @Test
    void skipsLineComments() {
        assertThat(tokens("-- first; 'not a string\nSELECT -- second\r\n 1 -- last"))
                .containsExactly("SELECT", "1");
    }

    @Test
    void skipsBlockCommentsWhichDoNotNest() {
        assertThat(tokens("/* a; /* b */SELECT/**/1/* c")).containsExactly("SELECT", "1");
    }

    @Test
    void blockCommentNeedsItsOwnEnd() {
        assertThat(tokens("/*/ SELECT */ 2")).containsExactly("2");
    }

    @Test
    void singleMinusAndSlashAreNoComments() {
        assertThat(tokens("1-2/3")).containsExactly("1", "-", "2", "/", "3");
    }

    @Test
    void givesQuotedTextWithoutItsQuotes() {
        assertThat(tokens("'a;b' \"c;d\" `e;f` [g;h]")).containsExactly("a;b", "c;d", "e;f", "g;h");
    }

    @Test
    void doubledQuotesStandForOne() {
        assertThat(tokens("'it''s' \"a\"\"b\" `c``d`")).containsExactly("it's", "a\"b", "c`d");
    }

    @Test
    void bracketEndsAtTheFirstClosingOne() {
        assertThat(tokens("[a]]")).containsExactly("a", "]");
    }

    @Test
    void commentsInsideQuotesAreText() {
        assertThat(tokens("'-- a' \"/* b */\"")).containsExactly("-- a", "/* b */");
    }

    @Test
    void unendedQuoteReachesToTheEnd() {
        assertThat(tokens("SELECT 'abc; d")).containsExactly("SELECT", "abc; d");
    }

    @Test
    void lettersBeyondAsciiAreWords() {
        assertThat(tokens("größe_1$=2")).containsExactly("größe_1$", "=", "2");
    }

    @Test
    void statementEndsAtItsSemicolonOrAtTheMostTokens() {
        SqlScanner scanner = new SqlScanner("BEGIN; INSERT INTO t VALUES (1)");
        assertThat(scanner.statement(8)).containsExactly("BEGIN");
        assertThat(scanner.statement(3)).containsExactly("INSERT", "INTO", "t");
    }

    @Test
    void nextStatementSkipsEmptyStatementsAndComments() {
        SqlScanner scanner = new SqlScanner("SELECT 1 ; ; /* ; */ ; -- ;\n SELECT 2");
        assertThat(scanner.nextStatement()).isTrue();
        assertThat(scanner.statement(8)).containsExactly("SELECT", "2");
    }

    @Test
    void nothingButBlankBehindTheLastSemicolonIsNoStatement() {
        assertThat(new SqlScanner("SELECT ';'; -- end").nextStatement()).isFalse();
        assertThat(new SqlScanner("SELECT 1").nextStatement()).isFalse();
        assertThat(new SqlScanner("").nextStatement()).isFalse();
    }

    @Test
    void movesToWhereAnotherScannerIs() {
        String sql = "SELECT 1; SELECT 2";
        SqlScanner ahead = new SqlScanner(sql);
        ahead.nextStatement();
        SqlScanner scanner = new SqlScanner(sql);
        scanner.moveTo(ahead);
        assertThat(scanner.statement(8)).containsExactly("SELECT", "2");
    }
}
