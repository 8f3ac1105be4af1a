package io.github.litestreamjdbc.replica;

import io.github.litestreamjdbc.api.PageEncoding;
import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.capture.LocalLtx;
import io.github.litestreamjdbc.ltx.LtxFormatException;
import io.github.litestreamjdbc.ltx.LtxHeader;
import io.github.litestreamjdbc.ltx.LtxReader;
import io.github.litestreamjdbc.ltx.LtxTrailer;
import io.github.litestreamjdbc.ltx.LtxWriter;
import io.github.litestreamjdbc.ltx.TxidRange;
import io.github.litestreamjdbc.spi.FetchedObject;
import io.github.litestreamjdbc.spi.LogLine;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.ObjectNotFoundException;
import io.github.litestreamjdbc.spi.Precondition;
import io.github.litestreamjdbc.spi.PreconditionFailedException;
import io.github.litestreamjdbc.store.LtxFile;
import io.github.litestreamjdbc.store.LtxStore;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;

/** Moves and compares whole LTX files between this machine and the replica. Used by the upload thread. */
final class LtxCopies {
    private static final System.Logger LOG = System.getLogger(UploadAgent.class.getName());

    private final LtxStore replica;
    private final LocalLtx local;
    private final Path metaPath;
    private final PageEncoding encoding;
    private final ReplicationConfig.Fencing fencing;

    LtxCopies(LtxStore replica, LocalLtx local, ReplicationConfig config) {
        this.replica = replica;
        this.local = local;
        this.metaPath = config.metaPath();
        this.encoding = config.capture().pageEncoding();
        this.fencing = config.fencing();
    }

    /** Why a local level-0 file cannot be used, decoding all of it; empty if it can. */
    Optional<String> defect(long txid) throws IOException {
        try {
            try (LtxReader reader = reader(local.path(txid))) {
                while (reader.next()) {
                    // Checksums are verified on the way.
                }
            }
            return Optional.empty();
        } catch (NoSuchFileException | LtxFormatException e) {
            return Optional.of(e.toString());
        }
    }

    private Instant timestamp(Path file) throws IOException {
        try (LtxReader reader = reader(file)) {
            return Instant.ofEpochMilli(reader.header().timestampMillis());
        }
    }

    /** A local level-0 file as a listing of the replica would show it. */
    LtxFile file(long txid) throws IOException {
        Path file = local.path(txid);
        return new LtxFile(0, TxidRange.of(txid), local.guard(() -> Files.size(file)), timestamp(file));
    }

    /** Puts a local level-0 file; false if the replica has another one of that TXID. */
    boolean put(long txid) throws IOException {
        Path file = local.path(txid);
        try {
            replica.put(0, TxidRange.of(txid), local.body(file), timestamp(file), condition());
            return true;
        } catch (PreconditionFailedException taken) {
            return isSameFile(txid);
        }
    }

    /** Where the store cannot tell, a look before each put is for those who want one. */
    private Precondition condition() throws IOException {
        return fencing == ReplicationConfig.Fencing.OFF && !replica.createsExclusively()
                ? Precondition.NONE
                : Precondition.IF_ABSENT;
    }

    /**
     * Whether the replica's level-0 file of a TXID is the local one: same size, same trailer, which holds the checksum over
     * everything.
     *
     * @throws ObjectNotFoundException if the replica has no such file
     */
    boolean isSameFile(long txid) throws IOException {
        byte[] ours = new byte[LtxTrailer.SIZE];
        long sizeBytes = local.guard(() -> {
            try (RandomAccessFile in = new RandomAccessFile(local.path(txid).toFile(), "r")) {
                in.seek(in.length() - ours.length);
                in.readFully(ours);
                return in.length();
            }
        });
        try (FetchedObject theirs = replica.get(0, TxidRange.of(txid), sizeBytes - ours.length, ours.length)) {
            return theirs.object().sizeBytes() == sizeBytes
                    && Arrays.equals(ours, theirs.content().readAllBytes());
        }
    }

    /**
     * Whether a replica's file leads to what the local level-0 file of the same TXID leads to. Where that TXID is merged
     * there is no file to compare, but it is the last in the merged one: every page of ours is in there as we have it.
     *
     * @throws ObjectNotFoundException if the replica's file has gone since it was listed
     */
    boolean leadToTheSame(LtxFile theirs) throws IOException {
        long txid = theirs.txids().max();
        if (theirs.level() == 0) {
            return isSameFile(txid);
        }
        Path copy = download(theirs);
        try (LtxReader merged = reader(copy);
                LtxReader ours = reader(local.path(txid))) {
            boolean same = merged.header().commitPages() == ours.header().commitPages();
            boolean more = merged.next();
            while (same && ours.next()) {
                while (more && merged.pgno() < ours.pgno()) {
                    more = merged.next();
                }
                same = more && merged.pgno() == ours.pgno() && Arrays.equals(merged.page(), ours.page());
            }
            return same;
        } catch (LtxFormatException damaged) {
            // Nothing shows that they are the same.
            return false;
        } finally {
            delete(copy);
        }
    }

    /** Page size of the database in a replica's file; empty if its header is damaged. */
    OptionalInt pageSizeBytes(LtxFile file) throws IOException {
        try (FetchedObject header = replica.get(file.level(), file.txids(), 0, LtxHeader.SIZE)) {
            return OptionalInt.of(
                    LtxHeader.decode(file.txids().fileName(), header.content().readAllBytes())
                            .pageSize());
        } catch (LtxFormatException damaged) {
            return OptionalInt.empty();
        }
    }

    /** Copies a replica's file to this machine; the caller deletes it. */
    Path download(LtxFile file) throws IOException {
        Path copy = local.temporary(metaPath, "compare-");
        try (InputStream in = replica.open(file);
                OutputStream out = local.write(copy)) {
            in.transferTo(out);
            return copy;
        } catch (IOException e) {
            delete(copy);
            throw e;
        }
    }

    /** What cannot be deleted the next start deletes. */
    void delete(Path copy) {
        try {
            Files.deleteIfExists(copy);
        } catch (IOException e) {
            LOG.log(
                    System.Logger.Level.DEBUG,
                    LogLine.of("file", copy).says("left for the next start to delete: " + e));
        }
    }

    /**
     * Puts the full image of a TXID as a snapshot too: a level-0 file that holds every page is one for readers only where
     * its name begins with TXID 1.
     */
    LtxFile putSnapshot(long imageTxid) throws IOException {
        TxidRange txids = new TxidRange(1, imageTxid);
        Path copy = local.temporary(metaPath, "snapshot-");
        try (LtxReader image = reader(local.path(imageTxid))) {
            LtxHeader header = image.header();
            try (OutputStream out = new BufferedOutputStream(local.write(copy))) {
                LtxWriter writer = new LtxWriter(
                        out,
                        LtxHeader.of(
                                header.pageSize(), header.commitPages(), txids, header.timestampMillis(), 0, 0, 0, 0),
                        encoding);
                while (image.next()) {
                    writer.writePage(image.pgno(), image.page(), 0);
                }
                writer.finish();
            }
            Instant created = Instant.ofEpochMilli(header.timestampMillis());
            ObjectBody body = local.body(copy);
            replica.put(LtxStore.SNAPSHOT_LEVEL, txids, body, created, Precondition.NONE);
            return new LtxFile(LtxStore.SNAPSHOT_LEVEL, txids, body.lengthBytes(), created);
        } finally {
            delete(copy);
        }
    }

    private LtxReader reader(Path file) throws IOException {
        InputStream in = new BufferedInputStream(local.read(file));
        return new LtxReader(file.getFileName().toString(), in);
    }
}
