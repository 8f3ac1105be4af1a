package io.github.litestreamjdbc.ltx;

import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The transactions that a file contains, from {@code min} to {@code max} inclusive. Ordered by {@code min}, then by
 * {@code max}, unsigned.
 *
 * @param min first transaction, not 0
 * @param max last transaction, not below {@code min}
 */
public record TxidRange(long min, long max) implements Comparable<TxidRange> {
    private static final Pattern FILE_NAME = Pattern.compile("([0-9a-f]{16})-([0-9a-f]{16})\\.ltx");
    private static final Comparator<TxidRange> ORDER =
            Comparator.comparing(TxidRange::min, Txid::compare).thenComparing(TxidRange::max, Txid::compare);

    /** @throws IllegalArgumentException if {@code min} is 0 or above {@code max} */
    public TxidRange {
        if (!isValid(min, max)) {
            throw new IllegalArgumentException("TXIDs " + Txid.format(min) + "-" + Txid.format(max)
                    + " are not a range: the first is at least 1 and at most the last");
        }
    }

    /** The range of one transaction. */
    public static TxidRange of(long txid) {
        return new TxidRange(txid, txid);
    }

    /** The range that a file name such as {@code 0000000000000001-00000000000000ff.ltx} states, if it is one. */
    public static Optional<TxidRange> parseFileName(String fileName) {
        Matcher matcher = FILE_NAME.matcher(fileName);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        long min = Txid.parse(matcher.group(1));
        long max = Txid.parse(matcher.group(2));
        return isValid(min, max) ? Optional.of(new TxidRange(min, max)) : Optional.empty();
    }

    /** The name of the file that holds this range, without any directory. */
    public String fileName() {
        return this + ".ltx";
    }

    /** Whether a file of this range holds a whole database: it starts at the first transaction. */
    public boolean isSnapshot() {
        return min == 1;
    }

    public boolean contains(long txid) {
        return Txid.compare(min, txid) <= 0 && Txid.compare(txid, max) <= 0;
    }

    /** Whether {@code next} may be applied after this range: it leaves no gap and goes further. Overlap is allowed. */
    public boolean isContinuedBy(TxidRange next) {
        return Txid.compare(next.min - 1, max) <= 0 && Txid.compare(next.max, max) > 0;
    }

    @Override
    public int compareTo(TxidRange other) {
        return ORDER.compare(this, other);
    }

    /** The two TXIDs as in the file name. */
    @Override
    public String toString() {
        return Txid.format(min) + "-" + Txid.format(max);
    }

    private static boolean isValid(long min, long max) {
        return min != 0 && Txid.compare(min, max) <= 0;
    }
}
