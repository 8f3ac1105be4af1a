package io.github.litestreamjdbc.ltx;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Fixed-size integers and LEB128 varints in byte arrays. */
final class Bytes {
    /** The longest encoding of 64 bits, 7 a byte. */
    static final int MAX_VARINT_BYTES = 10;

    private static final VarHandle SHORT = view(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT = view(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG = view(long[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT_LE = view(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG_LE = view(long[].class, ByteOrder.LITTLE_ENDIAN);

    private Bytes() {}

    static int getUnsignedShort(byte[] bytes, int offset) {
        return Short.toUnsignedInt((short) SHORT.get(bytes, offset));
    }

    static void putShort(byte[] bytes, int offset, int value) {
        SHORT.set(bytes, offset, (short) value);
    }

    static int getInt(byte[] bytes, int offset) {
        return (int) INT.get(bytes, offset);
    }

    static long getUnsignedInt(byte[] bytes, int offset) {
        return Integer.toUnsignedLong(getInt(bytes, offset));
    }

    static void putInt(byte[] bytes, int offset, int value) {
        INT.set(bytes, offset, value);
    }

    static long getLong(byte[] bytes, int offset) {
        return (long) LONG.get(bytes, offset);
    }

    static void putLong(byte[] bytes, int offset, long value) {
        LONG.set(bytes, offset, value);
    }

    static int getIntLittleEndian(byte[] bytes, int offset) {
        return (int) INT_LE.get(bytes, offset);
    }

    static void putIntLittleEndian(byte[] bytes, int offset, int value) {
        INT_LE.set(bytes, offset, value);
    }

    static long getLongLittleEndian(byte[] bytes, int offset) {
        return (long) LONG_LE.get(bytes, offset);
    }

    /** Writes 7 bits a byte, least significant first, the top bit of a byte meaning that more follow; returns the end. */
    static int putVarint(byte[] bytes, int offset, long value) {
        int at = offset;
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            bytes[at++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[at++] = (byte) rest;
        return at;
    }

    private static VarHandle view(Class<?> arrayType, ByteOrder order) {
        return MethodHandles.byteArrayViewVarHandle(arrayType, order);
    }
}
