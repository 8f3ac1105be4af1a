package io.github.litestreamjdbc.replica;

import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.capture.LocalLtx;
import io.github.litestreamjdbc.ltx.LtxHeader;
import io.github.litestreamjdbc.ltx.LtxReader;
import io.github.litestreamjdbc.ltx.LtxWriter;
import io.github.litestreamjdbc.ltx.TxidRange;
import io.github.litestreamjdbc.restore.Restorer;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.Precondition;
import io.github.litestreamjdbc.spi.PreconditionFailedException;
import io.github.litestreamjdbc.store.LtxFile;
import io.github.litestreamjdbc.store.LtxStore;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/**
 * Takes the key after the replica's newest TXID, so that the writer before cannot extend the chain any more: its next put
 * meets a key that is taken. The file repeats the pages of the newest one as they are, so that no state changes. Used by
 * one thread.
 */
public final class Claim {
    private final LtxStore replica;
    private final LocalLtx local;
    private final ReplicationConfig config;
    private final LtxCopies copies;

    /** For a replica and the level-0 files of this machine. */
    public Claim(LtxStore replica, LocalLtx local, ReplicationConfig config) {
        this.replica = replica;
        this.local = local;
        this.config = config;
        this.copies = new LtxCopies(replica, local, config);
    }

    /** Takes the next key; whoever comes before is followed. Returns its TXID, 0 if the replica is empty. */
    public long takeNext() throws IOException {
        while (true) {
            Optional<LtxFile> newest = ReplicaLook.of(
                            Restorer.list(replica, config.restore().options().parallelism()))
                    .newest();
            if (newest.isEmpty()) {
                return 0;
            }
            long next = newest.get().txids().max() + 1;
            Path copy = copies.download(newest.get());
            Path restated = Files.createTempFile(config.metaPath(), "claim-", ".tmp");
            try {
                Instant created = restate(copy, restated, next, false);
                replica.put(0, TxidRange.of(next), ObjectBody.of(restated), created, Precondition.IF_ABSENT);
                return next;
            } catch (PreconditionFailedException taken) {
                // By the writer before, or by us if the answer got lost; either way the key after it is the one to
                // take.
            } finally {
                Files.deleteIfExists(copy);
                Files.deleteIfExists(restated);
            }
        }
    }

    /** Writes the local file after the newest, which is to be uploaded next. It says of the WAL what the newest says. */
    public void restateLocal(long newestTxid) throws IOException {
        Path source = local.path(newestTxid);
        Path restated = Files.createTempFile(source.getParent(), "claim-", ".tmp");
        try {
            Instant created = restate(source, restated, newestTxid + 1, true);
            local.add(newestTxid + 1, restated, created);
        } finally {
            Files.deleteIfExists(restated);
        }
    }

    private Instant restate(Path source, Path target, long txid, boolean withWal) throws IOException {
        try (LtxReader from = new LtxReader(
                        source.getFileName().toString(), new BufferedInputStream(Files.newInputStream(source)));
                OutputStream out = new BufferedOutputStream(Files.newOutputStream(target))) {
            LtxHeader header = from.header();
            long timestampMillis = Math.max(header.timestampMillis(), System.currentTimeMillis());
            LtxWriter writer = new LtxWriter(
                    out,
                    LtxHeader.of(
                            header.pageSize(),
                            header.commitPages(),
                            TxidRange.of(txid),
                            timestampMillis,
                            withWal ? header.walOffset() : 0,
                            withWal ? header.walSizeBytes() : 0,
                            withWal ? header.walSalt1() : 0,
                            withWal ? header.walSalt2() : 0),
                    config.capture().pageEncoding());
            while (from.next()) {
                writer.writePage(from.pgno(), from.page(), 0);
            }
            writer.finish();
            return Instant.ofEpochMilli(timestampMillis);
        }
    }
}
