package io.github.litestreamjdbc.ltx;

import java.io.IOException;
import java.io.InputStream;

/**
 * A buffered stream that knows its position and hands out its own buffer, so that bytes are not copied on their way to
 * a checksum or decompressor. The buffer grows only as far as one request, which callers bound.
 */
final class LtxInput {
    private static final int INITIAL_BUFFER_BYTES = 16 * 1024;

    private final String fileName;
    private final InputStream in;
    private byte[] buffer;
    private int start;
    private int end;
    private long position;

    /** @param position offset in the file of the stream's first byte */
    LtxInput(String fileName, InputStream in, long position) {
        this(fileName, in, position, new byte[INITIAL_BUFFER_BYTES]);
    }

    /** With a buffer to begin with. */
    LtxInput(String fileName, InputStream in, long position, byte[] buffer) {
        this.fileName = fileName;
        this.in = in;
        this.position = position;
        this.buffer = buffer;
    }

    /** Over bytes in memory, which are not copied. */
    LtxInput(String fileName, byte[] bytes, int at, int length, long position) {
        this.fileName = fileName;
        this.in = InputStream.nullInputStream();
        this.position = position;
        this.buffer = bytes;
        this.start = at;
        this.end = at + length;
    }

    /** Offset in the file of the next byte. */
    long position() {
        return position;
    }

    /** Where the bytes that {@link #peek} and {@link #take} answer for are; another one after each such call. */
    byte[] buffer() {
        return buffer;
    }

    /**
     * Makes the next {@code length} bytes available without consuming them.
     *
     * @param part what is being read, for the error
     * @return where in {@link #buffer()} they begin
     * @throws LtxFormatException if the input ends before
     */
    int peek(int length, String part) throws IOException {
        if (end - start < length) {
            fill(length);
        }
        if (end - start < length) {
            throw new LtxFormatException(fileName, position + (end - start), "file ends inside " + part);
        }
        return start;
    }

    /** As {@link #peek}, and consumes them; they stay in the buffer until the next call. */
    int take(int length, String part) throws IOException {
        int at = peek(length, part);
        start += length;
        position += length;
        return at;
    }

    /** Reads an unsigned varint. */
    long takeVarint(String part) throws IOException {
        long value = 0;
        for (int i = 0; i < Bytes.MAX_VARINT_BYTES; i++) {
            byte b = buffer[take(1, part)];
            value |= (long) (b & 0x7f) << 7 * i;
            if (b >= 0) {
                return value;
            }
        }
        throw defect(position, "varint longer than " + Bytes.MAX_VARINT_BYTES + " bytes in " + part);
    }

    void requireEnd(String part) throws IOException {
        if (start == end) {
            fill(1);
        }
        if (start != end) {
            throw defect(position, "bytes follow the end of " + part);
        }
    }

    LtxFormatException defect(long offset, String rule) {
        return new LtxFormatException(fileName, offset, rule);
    }

    /** Moves what is left to the front and reads until {@code length} bytes are there or the input ends. */
    private void fill(int length) throws IOException {
        byte[] target = length <= buffer.length ? buffer : new byte[length];
        System.arraycopy(buffer, start, target, 0, end - start);
        buffer = target;
        end -= start;
        start = 0;
        while (end < length) {
            int count = in.read(buffer, end, buffer.length - end);
            if (count < 0) {
                return;
            }
            end += count;
        }
    }
}
