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
import java.io.InputStream;
import java.io.OutputStream;
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

    /** Opens a file on this machine for reading; what fails with it fails as in {@link #guard}. */
    public InputStream read(Path file) throws IOException {
        return new GuardedInput(guard(() -> Files.newInputStream(file)));
    }

    /** Opens a file on this machine for writing; what fails with it fails as in {@link #guard}. */
    public OutputStream write(Path file) throws IOException {
        return new GuardedOutput(guard(() -> Files.newOutputStream(file)));
    }

    /** A complete file on this machine as something to put; what fails with it fails as in {@link #guard}. */
    public ObjectBody body(Path file) throws IOException {
        long lengthBytes = guard(() -> Files.size(file));
        return new ObjectBody() {
            @Override
            public long lengthBytes() {
                return lengthBytes;
            }

            @Override
            public InputStream open() throws IOException {
                return read(file);
            }
        };
    }

    /**
     * Makes an empty temporary file for what is fetched or prepared. Whoever asks deletes it; what a crash leaves the next
     * start does.
     *
     * @throws LocalFilesException also where the folder is gone
     */
    public Path temporary(Path folder, String prefix) throws IOException {
        try {
            return Files.createTempFile(folder, prefix, ".tmp");
        } catch (IOException e) {
            throw new LocalFilesException(directory, e);
        }
    }

    private final class GuardedInput extends InputStream {
        private final InputStream in;

        GuardedInput(InputStream in) {
            this.in = in;
        }

        @Override
        public int read() throws IOException {
            return guard(in::read);
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            return guard(() -> in.read(bytes, offset, length));
        }

        @Override
        public long skip(long count) throws IOException {
            return guard(() -> in.skip(count));
        }

        @Override
        public int available() throws IOException {
            return guard(in::available);
        }

        @Override
        public void close() throws IOException {
            guard(() -> {
                in.close();
                return null;
            });
        }
    }

    private final class GuardedOutput extends OutputStream {
        private final OutputStream out;

        GuardedOutput(OutputStream out) {
            this.out = out;
        }

        @Override
        public void write(int one) throws IOException {
            write(new byte[] {(byte) one}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            guard(() -> {
                out.write(bytes, offset, length);
                return null;
            });
        }

        @Override
        public void flush() throws IOException {
            guard(() -> {
                out.flush();
                return null;
            });
        }

        @Override
        public void close() throws IOException {
            guard(() -> {
                out.close();
                return null;
            });
        }
    }

    /** Produces the pages of a file in ascending order; what fails where it gets them from is no fault of the file. */
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
        String key = files.key(0, header.txids());
        try (PendingFile pending = guard(() -> create(key))) {
            LtxWriter writer = new LtxWriter(new GuardedOutput(pending.output()), header, encoding);
            pages.writeTo(writer);
            writer.finish();
            unsure = key;
            StoredObject written =
                    guard(() -> pending.commit(Instant.ofEpochMilli(header.timestampMillis()), Precondition.IF_ABSENT));
            unsure = null;
            counters.localFiles(1, written.sizeBytes());
            return written.sizeBytes();
        }
    }

    private PendingFile create(String key) throws IOException {
        if (key.equals(unsure)) {
            directory.delete(List.of(key));
        }
        return directory.create(key);
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
