package io.github.litestreamjdbc.wal;

import org.sqlite.SQLiteErrorCode;

/** What the format packages must not do; see {@code ImportDirectionTest}. Never run. */
public final class RuleBreaker {
    private RuleBreaker() {}

    static Thread thread() {
        return new Thread(() -> SQLiteErrorCode.SQLITE_OK.toString());
    }
}
