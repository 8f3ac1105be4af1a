package io.github.litestreamjdbc.ltx;

/**
 * Checksums of pages and of a whole database. The database checksum is the XOR of the checksums of all pages but the
 * lock page. A checksum that is present has {@link #FLAG} set, so that 0 can mean absent.
 */
public final class PageChecksum {
    /** The top bit: set in every checksum that is present; by itself the checksum of an empty database. */
    public static final long FLAG = Long.MIN_VALUE;

    private PageChecksum() {}

    /** The checksum of a page: of its number as 4 bytes, big-endian, and its content. */
    public static long of(long pgno, byte[] content, int offset, int length) {
        Crc64 crc = new Crc64();
        for (int shift = 24; shift >= 0; shift -= 8) {
            crc.update((int) (pgno >>> shift));
        }
        crc.update(content, offset, length);
        return FLAG | crc.getValue();
    }

    /** The database checksum after a page with checksum {@code page} has been added to it or taken from it. */
    public static long toggle(long database, long page) {
        return FLAG | (database ^ page);
    }
}
