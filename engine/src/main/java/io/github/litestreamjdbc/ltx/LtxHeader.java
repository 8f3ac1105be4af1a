package io.github.litestreamjdbc.ltx;

/**
 * The first 100 bytes of an LTX file. Every instance keeps the rules that Litestream checks on both sides.
 *
 * <pre>
 * offset size
 *    0    4   magic              ASCII "LTX1"
 *    4    4   flags              only {@link #NO_CHECKSUM} may be set
 *    8    4   page size          bytes, a power of two from 512 to 65536
 *   12    4   commit             database size in pages once the file has been applied
 *   16    8   min TXID
 *   24    8   max TXID
 *   32    8   timestamp          signed milliseconds since 1970-01-01 UTC
 *   40    8   pre-apply checksum database checksum before this file, or 0
 *   48    8   WAL offset         where the file's frames begin in the WAL, 0 = none
 *   56    8   WAL size           bytes of the WAL covered, 0 = none
 *   64    4   WAL salt 1
 *   68    4   WAL salt 2
 *   72    8   node id            free
 *   80   20   reserved           written as zeros, not read
 * </pre>
 *
 * @param flags 0 or {@link #NO_CHECKSUM}
 * @param pageSize bytes, a power of two from 512 to 65536
 * @param commitPages size of the database in pages after this file, 0 to 2<sup>32</sup>-1
 * @param txids the transactions contained
 * @param timestampMillis milliseconds since 1970-01-01 UTC
 * @param preApplyChecksum checksum of the database before this file; 0 unless checksums are tracked
 * @param walOffset byte position in the WAL where the file's frames begin, 0 for none
 * @param walSizeBytes number of WAL bytes covered, 0 for none
 * @param walSalt1 first salt of that WAL
 * @param walSalt2 second salt of that WAL
 * @param nodeId free; Litestream writes 0
 */
public record LtxHeader(
        int flags,
        int pageSize,
        long commitPages,
        TxidRange txids,
        long timestampMillis,
        long preApplyChecksum,
        long walOffset,
        long walSizeBytes,
        int walSalt1,
        int walSalt2,
        long nodeId) {

    /** Length of an encoded header in bytes. */
    public static final int SIZE = 100;

    /** Flag: checksums of the database are not tracked. Litestream requires it of files in a replica. */
    public static final int NO_CHECKSUM = 2;

    private static final int MAGIC = 0x4C54_5831;
    private static final long LOCK_BYTE = 0x4000_0000;

    private static final int MAGIC_AT = 0;
    private static final int FLAGS_AT = 4;
    static final int PAGE_SIZE_AT = 8;
    static final int COMMIT_AT = 12;
    static final int MIN_TXID_AT = 16;
    private static final int MAX_TXID_AT = 24;
    private static final int TIMESTAMP_AT = 32;
    static final int PRE_APPLY_AT = 40;
    private static final int WAL_OFFSET_AT = 48;
    private static final int WAL_SIZE_AT = 56;
    private static final int WAL_SALT_1_AT = 64;
    private static final int WAL_SALT_2_AT = 68;
    private static final int NODE_ID_AT = 72;

    /** @throws IllegalArgumentException if a rule of the format is broken */
    public LtxHeader {
        check((flags & ~NO_CHECKSUM) == 0, FLAGS_AT, "flags 0x%08x have unknown bits", flags);
        check(
                Integer.bitCount(pageSize) == 1 && pageSize >= 512 && pageSize <= 65536,
                PAGE_SIZE_AT,
                "page size %d is not a power of two from 512 to 65536",
                pageSize);
        check(commitPages >>> 32 == 0, COMMIT_AT, "commit of %d pages exceeds 32 bits", commitPages);
        check(walOffset >= 0, WAL_OFFSET_AT, "WAL offset %d is negative", walOffset);
        check(walSizeBytes >= 0, WAL_SIZE_AT, "WAL size %d is negative", walSizeBytes);
        check(walOffset != 0 || (walSalt1 | walSalt2) == 0, WAL_SALT_1_AT, "WAL salts are set without a WAL offset");
        check(walOffset != 0 || walSizeBytes == 0, WAL_SIZE_AT, "WAL size %d without a WAL offset", walSizeBytes);
        if (txids.isSnapshot() || (flags & NO_CHECKSUM) != 0) {
            check(
                    preApplyChecksum == 0,
                    PRE_APPLY_AT,
                    "pre-apply checksum %016x in a snapshot or a file without checksums",
                    preApplyChecksum);
        } else {
            check(
                    (preApplyChecksum & PageChecksum.FLAG) != 0,
                    PRE_APPLY_AT,
                    "pre-apply checksum %016x lacks the top bit",
                    preApplyChecksum);
        }
    }

    /**
     * The header of a file without database checksums, the only kind that Litestream restores in every position.
     *
     * @throws IllegalArgumentException if a rule of the format is broken
     */
    public static LtxHeader of(
            int pageSize,
            long commitPages,
            TxidRange txids,
            long timestampMillis,
            long walOffset,
            long walSizeBytes,
            int walSalt1,
            int walSalt2) {
        return new LtxHeader(
                NO_CHECKSUM,
                pageSize,
                commitPages,
                txids,
                timestampMillis,
                0,
                walOffset,
                walSizeBytes,
                walSalt1,
                walSalt2,
                0);
    }

    /**
     * Reads the header at the start of {@code bytes}.
     *
     * @param fileName how an error names the file; if it ends in a name made of TXIDs, the header must state the same
     * @throws LtxFormatException if there are fewer than {@link #SIZE} bytes or a rule is broken
     */
    public static LtxHeader decode(String fileName, byte[] bytes) throws LtxFormatException {
        if (bytes.length < SIZE) {
            throw new LtxFormatException(fileName, bytes.length, "file ends inside the header");
        }
        return decode(fileName, bytes, 0);
    }

    static LtxHeader decode(String fileName, byte[] bytes, int at) throws LtxFormatException {
        try {
            check(Bytes.getInt(bytes, at + MAGIC_AT) == MAGIC, MAGIC_AT, "magic is not LTX1");
            LtxHeader header = new LtxHeader(
                    Bytes.getInt(bytes, at + FLAGS_AT),
                    Bytes.getInt(bytes, at + PAGE_SIZE_AT),
                    Bytes.getUnsignedInt(bytes, at + COMMIT_AT),
                    decodeTxids(bytes, at),
                    Bytes.getLong(bytes, at + TIMESTAMP_AT),
                    Bytes.getLong(bytes, at + PRE_APPLY_AT),
                    Bytes.getLong(bytes, at + WAL_OFFSET_AT),
                    Bytes.getLong(bytes, at + WAL_SIZE_AT),
                    Bytes.getInt(bytes, at + WAL_SALT_1_AT),
                    Bytes.getInt(bytes, at + WAL_SALT_2_AT),
                    Bytes.getLong(bytes, at + NODE_ID_AT));
            TxidRange named = TxidRange.parseFileName(fileName.substring(fileName.lastIndexOf('/') + 1))
                    .orElse(header.txids);
            check(named.equals(header.txids), MIN_TXID_AT, "TXIDs %s differ from the file name", header.txids);
            return header;
        } catch (FieldException e) {
            throw new LtxFormatException(fileName, e.offset, e.getMessage());
        }
    }

    private static TxidRange decodeTxids(byte[] bytes, int at) {
        try {
            return new TxidRange(Bytes.getLong(bytes, at + MIN_TXID_AT), Bytes.getLong(bytes, at + MAX_TXID_AT));
        } catch (IllegalArgumentException e) {
            throw new FieldException(MIN_TXID_AT, e.getMessage());
        }
    }

    /** The {@link #SIZE} bytes of this header. */
    public byte[] encode() {
        byte[] bytes = new byte[SIZE];
        Bytes.putInt(bytes, MAGIC_AT, MAGIC);
        Bytes.putInt(bytes, FLAGS_AT, flags);
        Bytes.putInt(bytes, PAGE_SIZE_AT, pageSize);
        Bytes.putInt(bytes, COMMIT_AT, (int) commitPages);
        Bytes.putLong(bytes, MIN_TXID_AT, txids.min());
        Bytes.putLong(bytes, MAX_TXID_AT, txids.max());
        Bytes.putLong(bytes, TIMESTAMP_AT, timestampMillis);
        Bytes.putLong(bytes, PRE_APPLY_AT, preApplyChecksum);
        Bytes.putLong(bytes, WAL_OFFSET_AT, walOffset);
        Bytes.putLong(bytes, WAL_SIZE_AT, walSizeBytes);
        Bytes.putInt(bytes, WAL_SALT_1_AT, walSalt1);
        Bytes.putInt(bytes, WAL_SALT_2_AT, walSalt2);
        Bytes.putLong(bytes, NODE_ID_AT, nodeId);
        return bytes;
    }

    /** Whether the file carries checksums of the database before and after it. */
    public boolean tracksChecksums() {
        return (flags & NO_CHECKSUM) == 0;
    }

    /** The page that holds byte 2<sup>30</sup> of the database: SQLite locks it, never stores data in it. */
    public long lockPage() {
        return lockPage(pageSize);
    }

    /** The lock page of a database with pages of {@code pageSize} bytes. */
    public static long lockPage(int pageSize) {
        return LOCK_BYTE / pageSize + 1;
    }

    private static void check(boolean kept, int offset, String rule, Object... values) {
        if (!kept) {
            throw new FieldException(offset, String.format(rule, values));
        }
    }

    /** A broken rule, before it is known which file the header belongs to. */
    private static final class FieldException extends IllegalArgumentException {
        private static final long serialVersionUID = 1;

        private final int offset;

        private FieldException(int offset, String rule) {
            super(rule);
            this.offset = offset;
        }
    }
}
