package io.github.litestreamjdbc.store;

import io.github.litestreamjdbc.spi.FetchedObject;
import io.github.litestreamjdbc.spi.ObjectNotFoundException;
import io.github.litestreamjdbc.spi.ObjectStore;
import io.github.litestreamjdbc.spi.StoreConfigurationException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Reads an object to its end. Connections break while a long restore reads slowly: then the object is opened again at the
 * offset that was reached, as long as it is still the same one. Not thread-safe.
 */
final class ResumingInputStream extends InputStream {
    /** Attempts in a row without a byte, waiting 250 ms, 500 ms, 1 s between them. */
    private static final int ATTEMPTS = 4;

    private static final long FIRST_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    private final ObjectStore store;
    private final String key;
    private final long sizeBytes;
    private final long endOffset;
    private long offset;
    private String etag;
    private FetchedObject open;

    ResumingInputStream(ObjectStore store, String key, long sizeBytes) throws IOException {
        this(store, key, sizeBytes, 0, sizeBytes);
    }

    /** The bytes from {@code offset} to {@code endOffset}, exclusive. */
    ResumingInputStream(ObjectStore store, String key, long sizeBytes, long offset, long endOffset) throws IOException {
        this.store = store;
        this.key = key;
        this.sizeBytes = sizeBytes;
        this.offset = offset;
        this.endOffset = endOffset;
        open();
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int at, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (offset == endOffset) {
            return -1;
        }
        for (int attempt = 1; ; attempt++) {
            try {
                if (open == null) {
                    open();
                }
                int n = open.content().read(into, at, (int) Math.min(length, endOffset - offset));
                if (n < 0) {
                    throw new EOFException(
                            store + ": " + key + " ended at byte " + offset + " of " + sizeBytes + " bytes");
                }
                offset += n;
                return n;
            } catch (ObjectNotFoundException | StoreConfigurationException e) {
                throw e;
            } catch (IOException e) {
                closeQuietly(e);
                if (attempt == ATTEMPTS) {
                    throw e;
                }
                LockSupport.parkNanos(FIRST_WAIT_NANOS << (attempt - 1));
            }
        }
    }

    private void open() throws IOException {
        open = store.get(key, offset, endOffset == sizeBytes ? Long.MAX_VALUE : endOffset - offset);
        String found = open.object().etag();
        if (open.object().sizeBytes() != sizeBytes || (etag != null && !etag.equals(found))) {
            close();
            throw new IOException(store + ": " + key + " was replaced while it was read");
        }
        etag = found;
    }

    private void closeQuietly(IOException cause) {
        try {
            close();
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }

    @Override
    public void close() throws IOException {
        if (open != null) {
            FetchedObject closing = open;
            open = null;
            closing.close();
        }
    }
}
