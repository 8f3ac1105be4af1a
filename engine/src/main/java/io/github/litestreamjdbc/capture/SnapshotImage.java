package io.github.litestreamjdbc.capture;

import io.github.litestreamjdbc.agent.TimeSource;
import io.github.litestreamjdbc.ltx.LtxHeader;
import io.github.litestreamjdbc.ltx.LtxWriter;
import io.github.litestreamjdbc.ltx.TxidRange;
import io.github.litestreamjdbc.wal.PageMap;
import io.github.litestreamjdbc.wal.WalCursor;
import io.github.litestreamjdbc.wal.WalFile;
import io.github.litestreamjdbc.wal.WalHeader;
import io.github.litestreamjdbc.wal.WalReader;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * The database as it is at one TXID, held by a read transaction of its own. The capture thread opens it while it has the
 * write lock and everything is captured; from then on it belongs to whoever asked, and capture and checkpoints go on. Only
 * the reset of the WAL waits for its end.
 *
 * <p>Where everything was copied back the database file is the image and nobody changes it under the read transaction.
 * Otherwise the frames up to the published end lie over it; none of them can be overwritten meanwhile.
 *
 * <p>While it is open the WAL cannot begin anew and grows. So one that nobody reads any more is closed by the capture thread;
 * whoever reads it after that gets an {@link IOException}.
 */
public final class SnapshotImage implements AutoCloseable {
    /** After so long without a page being read it was forgotten: a disk that stalls comes back sooner. */
    static final long FORGOTTEN_NANOS = TimeUnit.MINUTES.toNanos(10);

    private final DatabaseFile file;
    private final Path walPath;
    private final EngineConnection connection;
    private final WalStatus status;
    private final int pageSizeBytes;
    private final Position position;
    private final long timestampMillis;
    private final TimeSource clock;
    private volatile long usedNanos;
    private volatile boolean closed;

    private SnapshotImage(
            Database database,
            EngineConnection connection,
            WalStatus status,
            int pageSizeBytes,
            Position position,
            TimeSource clock) {
        this.file = database.file();
        this.walPath = database.wal().path();
        this.connection = connection;
        this.status = status;
        this.pageSizeBytes = pageSizeBytes;
        this.position = position;
        this.timestampMillis = Math.max(clock.millis(), position.timestampMillis());
        this.clock = clock;
        this.usedNanos = clock.nanoTime();
    }

    /**
     * Opens it; the write lock is held, and everything up to {@code position} is captured.
     *
     * @param connection a connection for this image alone; closed with it
     * @param clock for its timestamp and its age
     * @return null if there is something that is not captured
     */
    static SnapshotImage open(Database database, EngineConnection connection, Position position, TimeSource clock)
            throws SQLException {
        Retry.untilNotBusy(connection::beginRead);
        // Asked after the transaction began: what is copied back now cannot be overtaken by what comes.
        WalStatus status = database.noop();
        int pageSizeBytes = database.pageSizeBytes();
        boolean allCaptured =
                status.log() == 0 || status.log() == position.cursor().frame();
        return allCaptured ? new SnapshotImage(database, connection, status, pageSizeBytes, position, clock) : null;
    }

    /** The TXID that the image is the state after. */
    public long txid() {
        return position.txid();
    }

    /** When it was opened, in epoch milliseconds; not before the timestamp of its TXID. */
    public long timestampMillis() {
        return timestampMillis;
    }

    /** The header of the image as a snapshot. */
    public LtxHeader header() {
        return LtxHeader.of(pageSizeBytes, position.sizePages(), new TxidRange(1, txid()), timestampMillis, 0, 0, 0, 0);
    }

    /**
     * Writes every page, except the lock page.
     *
     * @param writer begun with {@link #header}
     * @param cancelled asked now and then; ends it with an {@link IOException}
     */
    public void writeTo(LtxWriter writer, BooleanSupplier cancelled) throws IOException {
        forEachPage((pgno, page) -> writer.writePage(pgno, page, 0), cancelled);
    }

    /** Told of a page. */
    @FunctionalInterface
    public interface PageVisitor {
        /** @param page valid during the call only */
        void visit(long pgno, byte[] page) throws IOException;
    }

    /**
     * Visits every page in order, except the lock page.
     *
     * @param cancelled asked now and then; ends it with an {@link IOException}
     */
    public void forEachPage(PageVisitor visitor, BooleanSupplier cancelled) throws IOException {
        try (WalFile wal = new WalFile(walPath)) {
            forEachPage(wal, visitor, cancelled);
        }
    }

    private void forEachPage(WalFile wal, PageVisitor visitor, BooleanSupplier cancelled) throws IOException {
        PageMap frames = frames(wal);
        LtxHeader header = header();
        byte[] page = new byte[pageSizeBytes];
        for (long pgno = 1; pgno <= header.commitPages(); pgno++) {
            if (pgno % 256 == 0) {
                usedNanos = clock.nanoTime();
                if (cancelled.getAsBoolean()) {
                    throw new IOException("the image was given up: replication has ended");
                }
            }
            if (pgno != header.lockPage()) {
                read(wal, frames, pgno, page);
                if (closed) {
                    throw new IOException("the image was given up: it was not read for too long");
                }
                visitor.visit(pgno, page);
            }
        }
    }

    private void read(WalFile wal, PageMap frames, long pgno, byte[] page) throws IOException {
        long frame = frames.frameOf(pgno);
        if (frame == 0) {
            file.readPage(pgno, pageSizeBytes, page);
        } else {
            wal.readFrame(pageSizeBytes, frame, page);
        }
    }

    private PageMap frames(WalFile wal) throws IOException {
        if (status.complete()) {
            return new PageMap();
        }
        WalHeader header = wal.header().orElseThrow(() -> new IOException(wal.path() + " has no header"));
        if (!header.salts().equals(position.cursor().salts())) {
            throw new IOException(wal.path() + " began anew under a read transaction");
        }
        WalReader.Result result = WalReader.read(wal, header, WalCursor.before(header), status.log(), Long.MAX_VALUE);
        if (result instanceof WalReader.Range range) {
            return range.pages();
        }
        throw new IOException(wal.path() + ": " + result);
    }

    /** Whether the read transaction is over, so that the WAL can begin anew. Safe for use by several threads. */
    boolean isClosed() {
        return closed;
    }

    /** Closes it if it was forgotten; whether it did. For the capture thread. */
    boolean closeIfForgotten(long nowNanos) throws SQLException, IOException {
        if (closed || nowNanos - usedNanos < FORGOTTEN_NANOS) {
            return false;
        }
        close();
        return true;
    }

    /** Idempotent. Safe for use by several threads. */
    @Override
    public synchronized void close() throws SQLException, IOException {
        if (closed) {
            return;
        }
        // First: a page that is read while this is not set was read under the transaction.
        closed = true;
        try (connection) {
            connection.rollback();
        }
    }
}
