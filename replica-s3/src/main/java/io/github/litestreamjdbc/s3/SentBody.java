package io.github.litestreamjdbc.s3;

import io.github.litestreamjdbc.spi.ObjectBody;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.ContentStreamProvider;

/**
 * Part of a body while a request sends it: opened anew for each attempt. The SDK does not close what it reads last, so
 * that this has to be closed after the request. For one request.
 */
final class SentBody implements ContentStreamProvider, AutoCloseable {
    private final ObjectBody body;
    private final long offset;
    private final long lengthBytes;

    /** What was opened last; null before. */
    private InputStream opened;

    SentBody(ObjectBody body, long offset, long lengthBytes) {
        this.body = body;
        this.offset = offset;
        this.lengthBytes = lengthBytes;
    }

    static SentBody of(ObjectBody body) {
        return new SentBody(body, 0, body.lengthBytes());
    }

    RequestBody content() {
        return RequestBody.fromContentProvider(this, lengthBytes, Requests.CONTENT_TYPE);
    }

    @Override
    public synchronized InputStream newStream() {
        try {
            close();
            opened = ETags.range(body, offset, lengthBytes);
            return opened;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public synchronized void close() throws IOException {
        if (opened != null) {
            opened.close();
            opened = null;
        }
    }
}
