package io.github.litestreamjdbc.driver;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Percent-decoding as in URIs: {@code %HH} is a byte of UTF-8, {@code +} is itself. */
final class PercentEncoding {
    private PercentEncoding() {}

    /**
     * Decodes.
     *
     * @throws IllegalArgumentException if a {@code %} is not followed by two hex digits
     */
    static String decode(String text) {
        if (text.indexOf('%') < 0) {
            return text;
        }
        byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream decoded = new ByteArrayOutputStream(encoded.length);
        for (int i = 0; i < encoded.length; i++) {
            if (encoded[i] == '%') {
                decoded.write(hex(encoded, i + 1) << 4 | hex(encoded, i + 2));
                i += 2;
            } else {
                decoded.write(encoded[i]);
            }
        }
        return decoded.toString(StandardCharsets.UTF_8);
    }

    private static int hex(byte[] text, int index) {
        int digit = index < text.length ? Character.digit(text[index], 16) : -1;
        if (digit < 0) {
            throw new IllegalArgumentException("% must be followed by two hex digits; write %25 for a % sign");
        }
        return digit;
    }
}
