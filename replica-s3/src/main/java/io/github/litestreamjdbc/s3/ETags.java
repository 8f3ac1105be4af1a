package io.github.litestreamjdbc.s3;

import io.github.litestreamjdbc.spi.ObjectBody;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** ETags, which are the MD5 of the content at most stores. */
final class ETags {
    private static final int BUFFER_BYTES = 64 * 1024;

    private ETags() {}

    /** Without the quotes that some answers have and others have not. */
    static String plain(String etag) {
        return etag == null ? "" : etag.replace("\"", "");
    }

    static boolean isMd5(String etag) {
        return plain(etag).matches("[0-9a-f]{32}");
    }

    static String md5(ObjectBody body, long offset, long lengthBytes) throws IOException {
        try (InputStream in = range(body, offset, lengthBytes)) {
            return md5(in);
        }
    }

    static String md5(InputStream in) throws IOException {
        MessageDigest digest = digest();
        byte[] buffer = new byte[BUFFER_BYTES];
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            digest.update(buffer, 0, n);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Part of a body. */
    static InputStream range(ObjectBody body, long offset, long lengthBytes) throws IOException {
        InputStream in = body.open();
        try {
            in.skipNBytes(offset);
            return new BoundedInputStream(in, lengthBytes);
        } catch (IOException e) {
            in.close();
            throw e;
        }
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
