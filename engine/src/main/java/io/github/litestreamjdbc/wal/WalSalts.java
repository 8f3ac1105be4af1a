package io.github.litestreamjdbc.wal;

/** The two salts that name a generation of the WAL. */
public record WalSalts(int salt1, int salt2) {
    @Override
    public String toString() {
        return String.format("%08x-%08x", salt1, salt2);
    }
}
