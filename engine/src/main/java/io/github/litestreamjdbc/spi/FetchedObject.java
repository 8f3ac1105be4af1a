package io.github.litestreamjdbc.spi;

import java.io.IOException;
import java.io.InputStream;

/**
 * An open range of an object. The caller closes it.
 *
 * @param object the whole object
 * @param content the bytes asked for
 */
public record FetchedObject(StoredObject object, InputStream content) implements AutoCloseable {
    @Override
    public void close() throws IOException {
        content.close();
    }
}
