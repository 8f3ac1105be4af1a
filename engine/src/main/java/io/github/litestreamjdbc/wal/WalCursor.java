package io.github.litestreamjdbc.wal;

/**
 * How far the WAL is in level-0 files: everything up to and including one frame of one generation.
 *
 * @param salts the generation; null in {@link #EMPTY}, which fits none
 * @param frame the last frame that is in, counted from 1; 0 before the first
 * @param checksum the running checksum after that frame
 */
public record WalCursor(WalSalts salts, long frame, WalChecksum checksum) {
    /** Nothing of any generation: the WAL was fully copied back when the database's image was taken. */
    public static final WalCursor EMPTY = new WalCursor(null, 0, WalChecksum.START);

    /** Before the first frame of a generation. */
    public static WalCursor before(WalHeader header) {
        return new WalCursor(header.salts(), 0, header.checksum());
    }

    /** Whether this is a position in the generation that a header begins. */
    public boolean in(WalHeader header) {
        return header.salts().equals(salts);
    }

    @Override
    public String toString() {
        return salts == null ? "empty" : salts + ":" + frame;
    }
}
