package io.github.litestreamjdbc.ltx;

/**
 * The last 16 bytes of an LTX file.
 *
 * <pre>
 * offset size
 *    0    8   post-apply checksum  database checksum after this file, or 0
 *    8    8   file checksum
 * </pre>
 *
 * The file checksum is {@link PageChecksum#FLAG} | CRC-64 of: the header; for each page its frame's fixed bytes (page
 * number, flags and, in block encoding, size) and its uncompressed content; the end marker; the page index with its
 * length; the post-apply checksum.
 *
 * @param postApplyChecksum checksum of the database after this file; 0 unless checksums are tracked
 * @param fileChecksum checksum of the file
 */
public record LtxTrailer(long postApplyChecksum, long fileChecksum) {
    /** Length of an encoded trailer in bytes. */
    public static final int SIZE = 16;

    static final int FILE_CHECKSUM_AT = 8;

    static LtxTrailer decode(byte[] bytes, int at) {
        return new LtxTrailer(Bytes.getLong(bytes, at), Bytes.getLong(bytes, at + FILE_CHECKSUM_AT));
    }

    byte[] encode() {
        byte[] bytes = new byte[SIZE];
        Bytes.putLong(bytes, 0, postApplyChecksum);
        Bytes.putLong(bytes, FILE_CHECKSUM_AT, fileChecksum);
        return bytes;
    }

    /**
     * Checks it against what was read.
     *
     * @param offset where in the file it begins
     * @param expected the file checksum of the content
     * @param pages the database checksum of the pages; counts for a snapshot that tracks checksums
     */
    void verify(LtxInput in, long offset, LtxHeader header, long expected, long pages) throws LtxFormatException {
        if (fileChecksum != expected) {
            throw in.defect(
                    offset + FILE_CHECKSUM_AT, mismatch("file checksum", fileChecksum, "the content's", expected));
        }
        if (!header.tracksChecksums() && postApplyChecksum != 0) {
            throw in.defect(offset, "post-apply checksum in a file without checksums");
        }
        if (header.tracksChecksums() && header.txids().isSnapshot() && postApplyChecksum != pages) {
            throw in.defect(offset, mismatch("post-apply checksum", postApplyChecksum, "the pages'", pages));
        }
    }

    private static String mismatch(String what, long found, String whose, long expected) {
        return String.format("%s %016x does not match %s %016x", what, found, whose, expected);
    }
}
