package io.github.litestreamjdbc.ltx;

import java.util.zip.Checksum;

/**
 * CRC-64/GO-ISO, the checksum of LTX: polynomial 0x1B, reflected, initial value and final XOR all ones. Its value for
 * the ASCII text {@code 123456789} is {@code b90956c775a41001}. Not safe for use by several threads.
 */
public final class Crc64 implements Checksum {
    private static final long REVERSED_POLYNOMIAL = 0xD800_0000_0000_0000L;
    private static final int SLICES = 16;

    /** Entry {@code 256 k + b} is the CRC register after byte {@code b} and {@code k} zero bytes. */
    private static final long[] TABLE = table();

    /** Entry k is x to the power of 2<sup>k</sup> modulo the polynomial. */
    private static final long[] POWERS = powers();

    /** From this length on folding is worth it. */
    private static final int LONG_BYTES = 2 * Crc64Fold.BLOCK_BYTES;

    private long register = -1;

    /** Null until a long text comes. */
    private Crc64Fold fold;

    @Override
    public void update(int b) {
        register = next(register, b);
    }

    @Override
    public void update(byte[] bytes, int offset, int length) {
        int end = offset + length;
        int at = offset;
        long crc = register;
        if (length >= LONG_BYTES) {
            int blocks = length / Crc64Fold.BLOCK_BYTES;
            crc = folded(bytes, at, blocks, crc);
            at += blocks * Crc64Fold.BLOCK_BYTES;
        }
        for (; at <= end - SLICES; at += SLICES) {
            crc = next(crc ^ Bytes.getLongLittleEndian(bytes, at), Bytes.getLongLittleEndian(bytes, at + 8));
        }
        for (; at < end; at++) {
            crc = next(crc, bytes[at]);
        }
        register = crc;
    }

    private long folded(byte[] bytes, int offset, int blocks, long crc) {
        if (fold == null) {
            fold = new Crc64Fold();
        }
        long[] words = fold.fold(bytes, offset, blocks, crc);
        long folded = 0;
        for (int i = 0; i < words.length; i += 2) {
            folded = next(folded ^ words[i], words[i + 1]);
        }
        return folded;
    }

    /** The checksum of the bytes so far; more may follow. */
    @Override
    public long getValue() {
        return ~register;
    }

    @Override
    public void reset() {
        register = -1;
    }

    /**
     * The checksum of two texts in a row, from the checksum of each: so parts can be summed apart.
     *
     * @param secondBytes length of the second in bytes, below 2<sup>60</sup>
     */
    public static long combine(long first, long second, long secondBytes) {
        long shift = 1L << 63;
        int power = 3;
        for (long n = secondBytes; n != 0; n >>>= 1, power++) {
            if ((n & 1) != 0) {
                shift = multiply(POWERS[power], shift);
            }
        }
        return multiply(shift, first) ^ second;
    }

    /** Multiplies polynomials, whose highest power is the lowest bit, modulo that of the CRC. */
    private static long multiply(long a, long b) {
        long product = 0;
        long factor = b;
        for (long bit = 1L << 63; bit != 0; bit >>>= 1) {
            if ((a & bit) != 0) {
                product ^= factor;
            }
            factor = (factor >>> 1) ^ ((factor & 1) == 0 ? 0 : REVERSED_POLYNOMIAL);
        }
        return product;
    }

    private static long[] powers() {
        long[] powers = new long[64];
        powers[0] = 1L << 62;
        for (int k = 1; k < powers.length; k++) {
            powers[k] = multiply(powers[k - 1], powers[k - 1]);
        }
        return powers;
    }

    private static long next(long crc, int b) {
        return TABLE[(int) (crc ^ b) & 0xff] ^ (crc >>> 8);
    }

    /** Sixteen bytes at once: every byte is looked up in the slice of as many zero bytes as follow it. */
    private static long next(long first, long second) {
        return TABLE[15 * 256 + (int) (first & 0xff)]
                ^ TABLE[14 * 256 + (int) (first >>> 8 & 0xff)]
                ^ TABLE[13 * 256 + (int) (first >>> 16 & 0xff)]
                ^ TABLE[12 * 256 + (int) (first >>> 24 & 0xff)]
                ^ TABLE[11 * 256 + (int) (first >>> 32 & 0xff)]
                ^ TABLE[10 * 256 + (int) (first >>> 40 & 0xff)]
                ^ TABLE[9 * 256 + (int) (first >>> 48 & 0xff)]
                ^ TABLE[8 * 256 + (int) (first >>> 56)]
                ^ TABLE[7 * 256 + (int) (second & 0xff)]
                ^ TABLE[6 * 256 + (int) (second >>> 8 & 0xff)]
                ^ TABLE[5 * 256 + (int) (second >>> 16 & 0xff)]
                ^ TABLE[4 * 256 + (int) (second >>> 24 & 0xff)]
                ^ TABLE[3 * 256 + (int) (second >>> 32 & 0xff)]
                ^ TABLE[2 * 256 + (int) (second >>> 40 & 0xff)]
                ^ TABLE[256 + (int) (second >>> 48 & 0xff)]
                ^ TABLE[(int) (second >>> 56)];
    }

    private static long[] table() {
        long[] table = new long[SLICES * 256];
        for (int b = 0; b < 256; b++) {
            long crc = b;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc >>> 1) ^ ((crc & 1) == 0 ? 0 : REVERSED_POLYNOMIAL);
            }
            table[b] = crc;
        }
        for (int i = 256; i < table.length; i++) {
            long shorter = table[i - 256];
            table[i] = table[(int) shorter & 0xff] ^ (shorter >>> 8);
        }
        return table;
    }
}
