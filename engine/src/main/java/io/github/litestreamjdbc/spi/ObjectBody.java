package io.github.litestreamjdbc.spi;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Content to be stored. It can be opened again for a further attempt and always gives the same bytes. */
public interface ObjectBody {
    /** Length in bytes. */
    long lengthBytes();

    /** Opens the content from its first byte. */
    InputStream open() throws IOException;

    /** A body of the bytes given, which must not change afterwards. */
    static ObjectBody of(byte[] bytes) {
        return new ObjectBody() {
            @Override
            public long lengthBytes() {
                return bytes.length;
            }

            @Override
            public InputStream open() {
                return new ByteArrayInputStream(bytes);
            }
        };
    }

    /** A body of a file that is complete and does not change any more. */
    static ObjectBody of(Path file) throws IOException {
        long lengthBytes = Files.size(file);
        return new ObjectBody() {
            @Override
            public long lengthBytes() {
                return lengthBytes;
            }

            @Override
            public InputStream open() throws IOException {
                return Files.newInputStream(file);
            }
        };
    }
}
