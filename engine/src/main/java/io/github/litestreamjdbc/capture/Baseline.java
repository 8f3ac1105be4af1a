package io.github.litestreamjdbc.capture;

import io.github.litestreamjdbc.ltx.LtxFormatException;
import io.github.litestreamjdbc.ltx.LtxHeader;
import io.github.litestreamjdbc.ltx.LtxReader;
import io.github.litestreamjdbc.ltx.LtxWriter;
import io.github.litestreamjdbc.ltx.TxidRange;
import io.github.litestreamjdbc.wal.WalCursor;
import io.github.litestreamjdbc.wal.WalHeader;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.Optional;

/**
 * A full image of the database as an ordinary level-0 file, so that the chain of TXIDs stays whole for any reader. The pin
 * is the image's read transaction: {@link PinnedView}.
 */
final class Baseline {
    private final Database database;
    private final LocalLtx local;
    private final InstantSource clock;
    private final ProgressSink progress;

    /** Told of every page that was written. */
    @FunctionalInterface
    interface ProgressSink {
        /** So many pages of so many. */
        void written(long pages, long ofPages);
    }

    Baseline(Database database, LocalLtx local, InstantSource clock, ProgressSink progress) {
        this.database = database;
        this.local = local;
        this.clock = clock;
        this.progress = progress;
    }

    /**
     * An image in the local files.
     *
     * @param restartAllowed whether the WAL is expected to begin a new generation
     * @param bytes length of its file
     */
    record Image(Position position, boolean restartAllowed, long bytes) {}

    /**
     * Looks whether a local file is the image already: it holds every page, and each is the database's. Then nothing is to
     * be written, as after a restart of an idle database whose WAL is empty. Holds a pin from before it on.
     *
     * @return empty if it is not, or the WAL moved under the look
     */
    Optional<Image> standing(long txid) throws SQLException, IOException {
        Path ltx = local.path(txid);
        if (!Files.exists(ltx)) {
            return Optional.empty();
        }
        database.pins().release();
        database.pins().hold();
        Optional<PinnedView> pinned = PinnedView.of(database);
        if (pinned.isEmpty()) {
            return Optional.empty();
        }
        PinnedView view = pinned.get();
        try (LtxReader file = new LtxReader(ltx.getFileName().toString(), new BufferedInputStream(local.read(ltx)))) {
            if (!PageComparison.isImage(view, file)) {
                return Optional.empty();
            }
            database.wal().sync();
            Position position = new Position(
                    txid, view.cursor(), view.sizePages(), file.header().timestampMillis());
            return Optional.of(new Image(position, view.complete(), Files.size(ltx)));
        } catch (LtxFormatException damaged) {
            return Optional.empty();
        }
    }

    /**
     * Writes the image under a TXID, and holds a pin from before it on.
     *
     * @param timestampMillis no timestamp before it is given
     * @return empty if the database has no page yet, or the WAL moved under the look: try again
     */
    Optional<Image> write(long txid, long timestampMillis) throws SQLException, IOException {
        database.pins().release();
        database.pins().hold();
        Optional<PinnedView> pinned = PinnedView.of(database);
        if (pinned.isEmpty() || pinned.get().sizePages() == 0) {
            return Optional.empty();
        }
        PinnedView view = pinned.get();
        WalCursor cursor = view.cursor();
        boolean inWal = cursor.frame() > 0;
        LtxHeader header = LtxHeader.of(
                view.pageSizeBytes(),
                view.sizePages(),
                TxidRange.of(txid),
                Math.max(clock.millis(), timestampMillis),
                WalHeader.SIZE_BYTES,
                inWal ? WalHeader.frameOffset(cursor.frame() + 1, view.pageSizeBytes()) - WalHeader.SIZE_BYTES : 0,
                inWal ? cursor.salts().salt1() : 0,
                inWal ? cursor.salts().salt2() : 0);
        database.wal().sync();
        long bytes = local.write(header, writer -> writePages(view, header, writer));
        Position position = new Position(txid, cursor, view.sizePages(), header.timestampMillis());
        return Optional.of(new Image(position, view.complete(), bytes));
    }

    private void writePages(PinnedView view, LtxHeader header, LtxWriter writer) throws IOException {
        byte[] image = new byte[header.pageSize()];
        for (long page = 1; page <= header.commitPages(); page++) {
            if (page == header.lockPage()) {
                continue;
            }
            view.readPage(page, image);
            writer.writePage(page, image, 0);
            progress.written(page, header.commitPages());
        }
    }
}
