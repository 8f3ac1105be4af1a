package io.github.litestreamjdbc.ltx;

import java.util.HexFormat;

/** Transaction numbers: unsigned 64-bit, the first is 1, written as 16 lower-case hexadecimal digits. */
public final class Txid {
    static final int TEXT_LENGTH = 16;

    private static final HexFormat HEX = HexFormat.of();

    private Txid() {}

    /** The 16 digits of {@code txid}. */
    public static String format(long txid) {
        return HEX.toHexDigits(txid);
    }

    /**
     * The number that {@code text} writes.
     *
     * @throws IllegalArgumentException unless it is exactly 16 lower-case hexadecimal digits
     */
    public static long parse(CharSequence text) {
        if (!isTxid(text)) {
            throw new IllegalArgumentException("not a TXID of 16 lower-case hexadecimal digits: '" + text + "'");
        }
        return HexFormat.fromHexDigitsToLong(text);
    }

    /** Compares as unsigned numbers. */
    public static int compare(long a, long b) {
        return Long.compareUnsigned(a, b);
    }

    private static boolean isTxid(CharSequence text) {
        return text.length() == TEXT_LENGTH
                && text.chars().allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
    }

    /** The newer of two. */
    public static long max(long a, long b) {
        return compare(a, b) >= 0 ? a : b;
    }
}
