package io.github.litestreamjdbc.sim;

import io.github.litestreamjdbc.ltx.LtxReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;

/** Database images as byte arrays, and what an LTX file makes of one. */
final class Images {
    static final byte[] NONE = {};

    private Images() {}

    /** The image after a file was applied; written without the product's merge, to check it. */
    static byte[] apply(byte[] before, String name, byte[] ltx) throws IOException {
        try (LtxReader reader = new LtxReader(name, new ByteArrayInputStream(ltx))) {
            int pageSize = reader.header().pageSize();
            byte[] after = Arrays.copyOf(before, Math.toIntExact(reader.header().commitPages() * pageSize));
            while (reader.next()) {
                System.arraycopy(reader.page(), 0, after, (int) (reader.pgno() - 1) * pageSize, pageSize);
            }
            return after;
        }
    }

    /** Where two images differ, for people. */
    static String difference(byte[] expected, byte[] actual) {
        int at = Arrays.mismatch(expected, actual);
        return at < 0 ? "equal" : expected.length + " and " + actual.length + " bytes, first different at " + at;
    }
}
