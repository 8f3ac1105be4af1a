package io.github.litestreamjdbc.restore;

import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.spi.FileModes;
import io.github.litestreamjdbc.spi.StoredObject;
import io.github.litestreamjdbc.store.LtxStore;
import io.github.litestreamjdbc.wal.WalCursor;
import io.github.litestreamjdbc.wal.WalFile;
import io.github.litestreamjdbc.wal.WalHeader;
import io.github.litestreamjdbc.wal.WalReader;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.LongConsumer;
import net.jpountz.lz4.LZ4FrameInputStream;

/**
 * A database file that is put together from a snapshot of Litestream 0.3 and the WAL files after it, each copied back as
 * SQLite would: committed frames whose checksums follow from one another, newest frame of each page, size of the last
 * commit. Used by one thread.
 */
final class V03Image {
    private static final int BUFFER_BYTES = 256 * 1024;

    private final LtxStore replica;
    private final Path file;
    private final LongConsumer read;

    /**
     * @param file exists; its content does not count
     * @param read told the length of each file of the replica that was read
     */
    V03Image(LtxStore replica, Path file, LongConsumer read) {
        this.replica = replica;
        this.file = file;
        this.read = read;
    }

    /** Builds it and makes it durable; returns its length in bytes. */
    long build(V03Plan plan) throws IOException, ReplicationException {
        try (FileChannel database =
                FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            decompress(plan.snapshot().object(), database);
            Path wal = FileModes.PRIVATE.createTemporary(file);
            try {
                applyAll(plan, database, wal);
            } finally {
                Files.deleteIfExists(wal);
            }
            database.force(true);
            return database.size();
        }
    }

    private void applyAll(V03Plan plan, FileChannel database, Path wal) throws IOException, ReplicationException {
        long index = plan.snapshot().index() - 1;
        long collected = 0;
        FileChannel open = null;
        try {
            for (V03Plan.Piece piece : plan.pieces()) {
                if (piece.offset() == 0) {
                    if (piece.index() != index + 1) {
                        throw missing(piece, "the WAL file " + hex(index + 1) + " is missing before");
                    }
                    if (open != null) {
                        open.close();
                        apply(database, wal);
                    }
                    open = FileChannel.open(wal, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);
                    index = piece.index();
                    collected = 0;
                }
                if (open == null || piece.index() != index || piece.offset() != collected) {
                    throw missing(
                            piece,
                            "the piece of WAL file " + hex(open == null ? index + 1 : index) + " at byte " + collected
                                    + " is missing before");
                }
                collected += decompress(piece.object(), open);
            }
            if (open != null) {
                open.close();
                apply(database, wal);
            }
        } finally {
            if (open != null) {
                open.close();
            }
        }
    }

    private ReplicationException missing(V03Plan.Piece piece, String what) {
        return new ReplicationException.Corrupt(
                replica + ": " + what + " " + piece.object().key(), null);
    }

    private static String hex(long index) {
        return String.format("%08x", index);
    }

    /** Appends what an object holds; returns how many bytes. */
    private long decompress(StoredObject object, FileChannel into) throws IOException, ReplicationException {
        long length = 0;
        byte[] buffer = new byte[BUFFER_BYTES];
        try (InputStream compressed = new BufferedInputStream(replica.open(object), BUFFER_BYTES);
                Decompressed bytes = new Decompressed(object, compressed)) {
            for (int n = bytes.read(buffer); n > 0; n = bytes.read(buffer)) {
                ByteBuffer rest = ByteBuffer.wrap(buffer, 0, n);
                while (rest.hasRemaining()) {
                    into.write(rest);
                }
                length += n;
            }
        }
        read.accept(object.sizeBytes());
        return length;
    }

    /** Tells damage, which stays, from a line that breaks. */
    private final class Decompressed implements AutoCloseable {
        private final StoredObject object;
        private final Line line;
        private LZ4FrameInputStream frames;

        Decompressed(StoredObject object, InputStream compressed) {
            this.object = object;
            this.line = new Line(compressed);
        }

        int read(byte[] into) throws IOException, ReplicationException {
            try {
                if (frames == null) {
                    frames = new LZ4FrameInputStream(line);
                }
                return frames.read(into);
            } catch (IOException | RuntimeException e) {
                if (line.broken != null) {
                    throw line.broken;
                }
                throw new ReplicationException.Corrupt(
                        replica + ": " + object.key() + " is damaged: " + e.getMessage(), e);
            }
        }

        @Override
        public void close() throws IOException {
            line.close();
        }
    }

    /** Remembers an error of its own. */
    private static final class Line extends java.io.FilterInputStream {
        private IOException broken;

        Line(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int at, int length) throws IOException {
            try {
                return super.read(into, at, length);
            } catch (IOException e) {
                broken = e;
                throw e;
            }
        }
    }

    private void apply(FileChannel database, Path path) throws IOException, ReplicationException {
        try (WalFile wal = new WalFile(path)) {
            WalHeader header = wal.header()
                    .orElseThrow(() -> new ReplicationException.Corrupt(
                            replica + ": a WAL file of the plan has no valid header", null));
            long lastCommit = WalReader.lastCommit(wal, header);
            if (lastCommit == 0) {
                return;
            }
            WalReader.Result result = WalReader.read(wal, header, WalCursor.before(header), lastCommit, Long.MAX_VALUE);
            if (!(result instanceof WalReader.Range range)) {
                throw new EOFException("WAL changed while it was read: " + result);
            }
            byte[] page = new byte[header.pageSizeBytes()];
            for (long pgno : range.pages().sortedPages()) {
                wal.readFrame(page.length, range.pages().frameOf(pgno), page);
                write(database, page, (pgno - 1) * page.length);
            }
            setLength(database, range.sizePages() * page.length);
        }
    }

    private static void write(FileChannel database, byte[] page, long offset) throws IOException {
        ByteBuffer rest = ByteBuffer.wrap(page);
        while (rest.hasRemaining()) {
            database.write(rest, offset + rest.position());
        }
    }

    private static void setLength(FileChannel database, long length) throws IOException {
        if (database.size() > length) {
            database.truncate(length);
        } else if (database.size() < length) {
            database.write(ByteBuffer.allocate(1), length - 1);
        }
    }
}
