package io.github.litestreamjdbc.capture;

import io.github.litestreamjdbc.api.PageEncoding;
import io.github.litestreamjdbc.ltx.LtxFormatException;
import io.github.litestreamjdbc.ltx.LtxHeader;
import io.github.litestreamjdbc.ltx.LtxWriter;
import io.github.litestreamjdbc.ltx.Txid;
import io.github.litestreamjdbc.ltx.TxidRange;
import io.github.litestreamjdbc.spi.DirectoryStore;
import io.github.litestreamjdbc.spi.KeyLayout;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.PendingFile;
import io.github.litestreamjdbc.spi.Precondition;
import io.github.litestreamjdbc.spi.StoredObject;
import io.github.litestreamjdbc.store.LtxFile;
import io.github.litestreamjdbc.store.LtxStore;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The level-0 files beside the database: what is captured, and with its newest file the state of replication. Written by
 * the capture thread, read by the
 * upload and maintenance threads, which also delete what is not needed any more.
 */
public final class LocalLtx {
    /** Uploaded files kept for a merge at the most. */
    private static final long MOST_KEPT_BYTES = 256L << 20;

    private final DirectoryStore directory;
    private final LtxStore files;
    private final PageEncoding encoding;

    /**
     * A file that may have got its name although its write failed, in the last step of making the name durable. Nobody was
     * told of it, so the next attempt replaces it. Null if there is none; the capture thread's.
     */
    private String unsure;

    /** Told of files that come and go. */
    private volatile Counters counters = new Counters();

    /** The files in a database's meta directory. */
    public LocalLtx(DirectoryStore directory, PageEncoding encoding) {
        this.directory = directory;
        this.files = new LtxStore(directory, KeyLayout.DIRECTORY);
        this.encoding = encoding;
    }

    /** Some work with local files. */
    @FunctionalInterface
    public interface Work<T> {
        T run() throws IOException;
    }

    /**
     * Does some work with the local files and nothing else, so that what fails there is not taken for a fault of the
     * replica. A single file that is missing or damaged is no fault of the folder.
     *
     * @throws LocalFilesException instead of any other failure
     */
    public <T> T guard(Work<T> work) throws IOException {
        try {
            return work.run();
        } catch (LocalFilesException | LtxFormatException | NoSuchFileException | ClosedByInterruptException e) {
            throw e;
        } catch (IOException e) {
            throw new LocalFilesException(directory, e);
        }
    }

    /** Produces the pages of a file in ascending order. */
    @FunctionalInterface
    interface Pages {
        void writeTo(LtxWriter writer) throws IOException;
    }

    /**
     * Writes a file: whole and durable under its name, or not at all as far as capture goes on from it.
     *
     * @return its length in bytes
     */
    long write(LtxHeader header, Pages pages) throws IOException {
        return guard(() -> writeFile(header, pages));
    }

    private long writeFile(LtxHeader header, Pages pages) throws IOException {
        String key = files.key(0, header.txids());
        if (key.equals(unsure)) {
            directory.delete(List.of(key));
        }
        try (PendingFile pending = directory.create(key)) {
            LtxWriter writer = new LtxWriter(pending.output(), header, encoding);
            pages.writeTo(writer);
            writer.finish();
            unsure = key;
            StoredObject written =
                    pending.commit(Instant.ofEpochMilli(header.timestampMillis()), Precondition.IF_ABSENT);
            unsure = null;
            counters.localFiles(1, written.sizeBytes());
            return written.sizeBytes();
        }
    }

    /** Adds a complete file from elsewhere, before capture begins; durable under its name when it returns. */
    public void add(long txid, Path complete, Instant created) throws IOException {
        directory.put(files.key(0, TxidRange.of(txid)), ObjectBody.of(complete), created, Precondition.IF_ABSENT);
    }

    /** Counts the files that are there, and from here on those that come and go. Before anybody writes or prunes. */
    public void countIn(Counters ours) throws IOException {
        List<LtxFile> all = list();
        ours.localFilesAtStart(
                all.size(), all.stream().mapToLong(LtxFile::sizeBytes).sum());
        counters = ours;
    }

    /** All files in the order of their TXIDs. */
    public List<LtxFile> list() throws IOException {
        return guard(() -> files.list(0));
    }

    /** The newest file. */
    public Optional<LtxFile> newest() throws IOException {
        List<LtxFile> all = list();
        return all.isEmpty() ? Optional.empty() : Optional.of(all.get(all.size() - 1));
    }

    /**
     * Deletes files that the replica has and that are merged there. Those not merged yet spare a download, but only as far
     * as there are not too many of them. Never the newest, which is the state, nor the newest uploaded.
     */
    public void prune(long replicated, long merged) throws IOException {
        List<LtxFile> all = list();
        List<LtxFile> uploaded = all.subList(0, Math.max(0, all.size() - 1)).stream()
                .filter(file -> Txid.compare(file.txids().max(), replicated) < 0)
                .toList();
        long kept = 0;
        List<LtxFile> gone = new ArrayList<>();
        for (int i = uploaded.size() - 1; i >= 0; i--) {
            LtxFile file = uploaded.get(i);
            kept += file.sizeBytes();
            if (kept > MOST_KEPT_BYTES || Txid.compare(file.txids().max(), merged) <= 0) {
                gone.add(file);
            }
        }
        guard(() -> {
            files.delete(gone);
            return null;
        });
        counters.localFiles(
                -gone.size(), -gone.stream().mapToLong(LtxFile::sizeBytes).sum());
    }

    /** Whether the file of a TXID is there. */
    public boolean has(long txid) throws IOException {
        try {
            return guard(() ->
                    Files.readAttributes(path(txid), BasicFileAttributes.class).isRegularFile());
        } catch (NoSuchFileException gone) {
            return false;
        }
    }

    /** The file of one TXID. */
    public Path path(long txid) {
        return path(TxidRange.of(txid));
    }

    Path path(TxidRange txids) {
        return directory.path(files.key(0, txids));
    }

    /**
     * Deletes what a crash left half written, and makes durable what it left whole: a process may die between giving a file
     * its name and making the name durable. If that file were uploaded and a power cut then took the name, the machine
     * would seem to be older than its own replica. Before anybody looks at the files.
     */
    public void settle() throws IOException {
        directory.deleteTemporaries();
        Path level = directory.path(files.key(0, TxidRange.of(1))).getParent();
        if (Files.isDirectory(level)) {
            DirectoryStore.syncDirectory(level);
        }
    }
}
