package io.github.litestreamjdbc.s3;

import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.Abortable;

/**
 * The content of a response. A trickle counts as broken, so that the reader may open a connection that is better. Closing
 * it early drops the connection instead of reading the rest. Not thread-safe.
 */
final class ObjectStream extends InputStream {
    /** Time spent waiting for bytes, not by the reader for its own reasons. */
    private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(30);

    private static final long LEAST_BYTES = 64 * 1024;

    private final String name;
    private final InputStream in;
    private final LongSupplier nanoTime;

    /** Bytes of the response not yet read. */
    private long left;

    private long waitedNanos;
    private long windowBytes;
    private boolean ended;

    /** @param lengthBytes of the response; {@code Long.MAX_VALUE} if it does not say */
    <S extends InputStream & Abortable> ObjectStream(String name, S in, long lengthBytes) {
        this(name, in, lengthBytes, System::nanoTime);
    }

    <S extends InputStream & Abortable> ObjectStream(String name, S in, long lengthBytes, LongSupplier nanoTime) {
        this.name = name;
        this.in = in;
        this.left = lengthBytes;
        this.nanoTime = nanoTime;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        long before = nanoTime.getAsLong();
        int n;
        try {
            n = in.read(into, offset, length);
        } catch (SdkException e) {
            throw new IOException(name + " broke off", e);
        }
        if (n < 0) {
            ended = true;
            return n;
        }
        left -= n;
        // Readers that know the length never ask for the end.
        ended = left == 0;
        waitedNanos += nanoTime.getAsLong() - before;
        windowBytes += n;
        if (waitedNanos >= WINDOW_NANOS) {
            if (windowBytes < LEAST_BYTES) {
                throw new IOException(name + " trickles: " + windowBytes + " bytes in "
                        + TimeUnit.NANOSECONDS.toSeconds(waitedNanos) + " s");
            }
            waitedNanos = 0;
            windowBytes = 0;
        }
        return n;
    }

    @Override
    public void close() throws IOException {
        if (!ended) {
            ((Abortable) in).abort();
        }
        in.close();
    }
}
