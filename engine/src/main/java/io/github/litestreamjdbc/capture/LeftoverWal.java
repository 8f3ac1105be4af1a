package io.github.litestreamjdbc.capture;

import io.github.litestreamjdbc.ltx.LtxHeader;
import io.github.litestreamjdbc.ltx.LtxReader;
import io.github.litestreamjdbc.store.LtxFile;
import io.github.litestreamjdbc.wal.WalFile;
import io.github.litestreamjdbc.wal.WalHeader;
import io.github.litestreamjdbc.wal.WalReader;
import io.github.litestreamjdbc.wal.WalSalts;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A WAL whose database is gone: tells whether it is ours and everything in it is captured. */
public final class LeftoverWal {
    private LeftoverWal() {}

    /** Why it is not provably so, in words; empty if it is. */
    public static Optional<String> doubt(Path walPath, LocalLtx local) throws IOException {
        if (Files.size(walPath) == 0) {
            return Optional.empty();
        }
        Optional<LtxFile> newest = local.newest();
        if (newest.isEmpty()) {
            return Optional.of("no local LTX file says what is in it");
        }
        LtxHeader last = header(local.path(newest.get().txids()));
        try (WalFile wal = new WalFile(walPath)) {
            Optional<WalHeader> header = wal.header();
            if (header.isEmpty() || !header.get().salts().equals(new WalSalts(last.walSalt1(), last.walSalt2()))) {
                return Optional.of("it is not the WAL that the newest local LTX file came from");
            }
            long frameBytes = header.get().frameBytes();
            long captured = (last.walOffset() + last.walSizeBytes() - WalHeader.SIZE_BYTES) / frameBytes;
            long committed = WalReader.lastCommit(wal, header.get());
            return committed == captured
                    ? Optional.empty()
                    : Optional.of("its commits end at frame " + committed + ", those in the local LTX files at frame "
                            + captured);
        }
    }

    private static LtxHeader header(Path ltx) throws IOException {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(ltx));
                LtxReader reader = new LtxReader(ltx.getFileName().toString(), in)) {
            return reader.header();
        }
    }
}
