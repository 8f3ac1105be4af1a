package io.github.litestreamjdbc.api;

import java.time.Instant;

/**
 * How a comparison of the replica with the live database ended.
 *
 * @param verdict what was found
 * @param txid the TXID whose state was compared, unsigned; 0 if it did not come to that
 * @param at when it ended
 * @param reason in words; names the files or the page that are damaged; without secrets
 */
public record ValidationResult(Verdict verdict, long txid, Instant at, String reason) {
    /** What can be found. */
    public enum Verdict {
        /** What the replica gives back is the database, page for page. */
        SAME,
        /** The replica does not give back the database: a page differs, or files are damaged or missing. */
        DIFFERENT,
        /** It could not be compared this time; nothing is known. */
        NOT_COMPARED
    }
}
