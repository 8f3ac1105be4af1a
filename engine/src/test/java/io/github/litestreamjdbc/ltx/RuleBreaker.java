package io.github.litestreamjdbc.ltx;

import java.time.Instant;

/** What the format packages must not do; see {@code ImportDirectionTest}. Never run. */
public final class RuleBreaker {
    private RuleBreaker() {}

    static boolean isLate() {
        return Instant.now().toEpochMilli() < System.currentTimeMillis();
    }
}
