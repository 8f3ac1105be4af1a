package io.github.litestreamjdbc.capture;

import io.github.litestreamjdbc.wal.PageMap;
import io.github.litestreamjdbc.wal.WalCursor;
import io.github.litestreamjdbc.wal.WalHeader;
import io.github.litestreamjdbc.wal.WalReader;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Optional;

/**
 * One consistent image of a database, as long as the pin that was opened before it is held.
 *
 * <p>Asked after the pin was opened, the WAL's status tells which of two cases it is: everything is copied back, then the
 * database file is the image and nobody can change it under the pin; or it is not, then the frames up to the published end,
 * over the database file, are the image: none of these frames can be overwritten, and what may still be copied back is in
 * them. The write lock is not needed and not taken.
 */
final class PinnedView {
    private final Database database;
    private final int pageSizeBytes;
    private final long sizePages;
    private final PageMap frames;
    private final WalCursor cursor;
    private final boolean complete;

    private PinnedView(
            Database database, int pageSizeBytes, long sizePages, PageMap frames, WalCursor cursor, boolean complete) {
        this.database = database;
        this.pageSizeBytes = pageSizeBytes;
        this.sizePages = sizePages;
        this.frames = frames;
        this.cursor = cursor;
        this.complete = complete;
    }

    /** The image under the pin held at present; empty if the WAL moved during the look: try again. */
    static Optional<PinnedView> of(Database database) throws SQLException, IOException {
        Optional<WalHeader> before = database.wal().header();
        return of(database, before, database.noop());
    }

    /**
     * As {@link #of(Database)}. Under a pin that allows it, a writer may begin the WAL anew between two looks: a status of
     * the old generation must not be taken for one of the new. SQLite publishes the reset before it writes the new header,
     * so a status that was asked for between two equal headers belongs to them.
     *
     * @param before the WAL's header before the status was asked for
     */
    static Optional<PinnedView> of(Database database, Optional<WalHeader> before, WalStatus status)
            throws SQLException, IOException {
        int pageSizeBytes = database.pageSizeBytes();
        if (status.log() == 0) {
            long sizePages = database.pins().pageCount();
            return Optional.of(
                    new PinnedView(database, pageSizeBytes, sizePages, new PageMap(), WalCursor.EMPTY, true));
        }
        Optional<WalHeader> wal = database.wal().header();
        if (wal.isEmpty() || !wal.equals(before)) {
            return Optional.empty();
        }
        // Also where everything is copied back: it verifies the chain that capture goes on from.
        WalReader.Result result =
                WalReader.read(database.wal(), wal.get(), WalCursor.before(wal.get()), status.log(), Long.MAX_VALUE);
        if (!(result instanceof WalReader.Range range)) {
            return Optional.empty();
        }
        PageMap frames = status.complete() ? new PageMap() : range.pages();
        return Optional.of(
                new PinnedView(database, pageSizeBytes, range.sizePages(), frames, range.end(), status.complete()));
    }

    int pageSizeBytes() {
        return pageSizeBytes;
    }

    /** Size of the database in pages; 0 if it has none yet. */
    long sizePages() {
        return sizePages;
    }

    /** How far the WAL is in the image. */
    WalCursor cursor() {
        return cursor;
    }

    /** Whether the whole WAL was copied back, so that it is expected to begin a new generation. */
    boolean complete() {
        return complete;
    }

    /** Reads a page. */
    void readPage(long page, byte[] into) throws IOException {
        long frame = frames.frameOf(page);
        if (frame == 0) {
            database.file().readPage(page, pageSizeBytes, into);
        } else {
            database.wal().readFrame(pageSizeBytes, frame, into);
        }
    }
}
