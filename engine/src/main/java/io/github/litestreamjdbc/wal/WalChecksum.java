package io.github.litestreamjdbc.wal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A state of the WAL's running checksum. For each pair of 32-bit words (a, b): {@code s0 += a + s1; s1 += b + s0}. The
 * state after frame n vouches for every frame up to n.
 */
public record WalChecksum(int s0, int s1) {
    /** The state before the WAL header. */
    public static final WalChecksum START = new WalChecksum(0, 0);

    private static final VarHandle LITTLE = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle BIG = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

    /**
     * The state after some more bytes.
     *
     * @param length a multiple of 8
     */
    public WalChecksum update(boolean bigEndian, byte[] bytes, int offset, int length) {
        int a = s0;
        int b = s1;
        int end = offset + length;
        if (bigEndian) {
            for (int i = offset; i < end; i += 8) {
                a += (int) BIG.get(bytes, i) + b;
                b += (int) BIG.get(bytes, i + 4) + a;
            }
        } else {
            for (int i = offset; i < end; i += 8) {
                a += (int) LITTLE.get(bytes, i) + b;
                b += (int) LITTLE.get(bytes, i + 4) + a;
            }
        }
        return new WalChecksum(a, b);
    }
}
