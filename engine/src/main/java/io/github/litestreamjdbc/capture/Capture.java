package io.github.litestreamjdbc.capture;

import io.github.litestreamjdbc.ltx.LtxHeader;
import io.github.litestreamjdbc.ltx.LtxWriter;
import io.github.litestreamjdbc.ltx.TxidRange;
import io.github.litestreamjdbc.wal.PageMap;
import io.github.litestreamjdbc.wal.WalCursor;
import io.github.litestreamjdbc.wal.WalFile;
import io.github.litestreamjdbc.wal.WalHeader;
import io.github.litestreamjdbc.wal.WalReader;
import io.github.litestreamjdbc.wal.WalSalts;
import java.io.IOException;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.Optional;

/**
 * Turns committed frames into level-0 files and hands over from pin to pin.
 *
 * <p>What must hold, and is checked: the cursor is a commit that SQLite has published; a new generation of the WAL comes
 * only when the old one was copied back and captured completely; the old pin goes only after a durable file covers the new
 * pin's snapshot; every page by which a commit grows the database has a frame. Where one of these does not hold the answer
 * is {@link ContinuityLostException}, and a full image is the only way on.
 *
 * <p>Owned by the capture thread.
 */
final class Capture {
    /** WAL bytes after which a level-0 file is cut at the next commit: what one file costs in memory and time. */
    private static final long CHUNK_BYTES = 64L << 20;

    /** Turns in which the WAL's header, its published end and its frames have to agree; each waits 1 ms. */
    private static final int TURNS = 200;

    private final Database database;
    private final LocalLtx local;
    private final InstantSource clock;
    private final Progress progress;

    private Position position;
    private boolean restartAllowed;

    /** Whether the pin was taken while everything was copied back, so that a writer may reset the WAL. */
    private boolean pinAtEnd;

    /** Whether the pin's snapshot is the cursor, and not an older one that outside checkpoints have to wait for. */
    private boolean pinCurrent;

    Capture(Database database, LocalLtx local, InstantSource clock, Progress progress) {
        this.database = database;
        this.local = local;
        this.clock = clock;
        this.progress = progress;
    }

    /** Begins at a position. */
    void begin(Position start, boolean restartAllowedAtStart) {
        position = start;
        restartAllowed = restartAllowedAtStart;
        pinAtEnd = false;
        pinCurrent = false;
    }

    Position position() {
        return position;
    }

    /**
     * A look at the WAL.
     *
     * @param generation the generation in its header; null if there is none
     * @param newFrames frames that are published and not captured; at least 1 where only a capture step can tell
     * @param bytes what the frames that count take up; 0 if there are none
     */
    record Look(WalStatus status, WalSalts generation, long newFrames, long bytes) {}

    Look look() throws SQLException, IOException {
        WalStatus status = database.noop();
        Optional<WalHeader> header = database.wal().header();
        WalSalts generation = header.map(WalHeader::salts).orElse(null);
        long frame = position.cursor().frame();
        long newFrames;
        if (status.log() == 0) {
            newFrames = restartAllowed || frame == 0 ? 0 : 1;
        } else if (generation != null && generation.equals(position.cursor().salts())) {
            newFrames = Math.abs(status.log() - frame);
        } else {
            newFrames = status.log();
        }
        long bytes = status.log() == 0
                ? 0
                : header.map(wal -> wal.frameOffset(status.log() + 1)).orElse(0L);
        return new Look(status, generation, newFrames, bytes);
    }

    /**
     * Whether a handover without anything to capture is worth while: the pin's snapshot is older than the cursor, and
     * outside checkpoints have to wait for it; or everything is copied back, and a new pin would let a writer reset the WAL.
     */
    boolean pinMayMove(WalStatus status) {
        boolean copiedBack =
                status.complete() && status.log() == position.cursor().frame();
        return !pinCurrent || (copiedBack && !pinAtEnd);
    }

    /**
     * Whether the pin may stand in the way of somebody's checkpoint that waits for readers. Such a checkpoint decides once
     * which read marks it waits for; pins that take turns leave the one it waits for.
     */
    boolean pinMayObstruct(WalStatus status) {
        return status.log() > 0 && !(status.complete() && pinAtEnd);
    }

    /**
     * Opens the other pin, captures up to its snapshot, releases the old one.
     *
     * @return whether there was anything to capture
     * @throws ContinuityLostException the old pin stays
     */
    boolean handover() throws SQLException, IOException, ContinuityLostException {
        WalStatus before = database.noop();
        database.pins().openSpare();
        try {
            long upTo = database.noop().log();
            WalSalts generation = position.cursor().salts();
            boolean captured = false;
            while (step()) {
                captured = true;
                if (position.cursor().frame() >= upTo) {
                    break;
                }
            }
            WalStatus after = database.noop();
            long frame = position.cursor().frame();
            boolean sameGeneration =
                    generation == null || generation.equals(position.cursor().salts());
            restartAllowed |= after.complete() && after.log() == frame;
            pinCurrent = before.log() == after.log() && sameGeneration;
            pinAtEnd = before.complete() && before.log() == after.log() && after.log() == frame;
            database.pins().takeOver();
            return captured;
        } finally {
            database.pins().abandonSpare();
        }
    }

    /** Captures the next range of committed frames; false if there is none. */
    private boolean step() throws SQLException, IOException, ContinuityLostException {
        WalFile wal = database.wal();
        for (int turn = 0; turn < TURNS; turn++) {
            Optional<WalHeader> header = wal.header();
            WalStatus status = database.noop();
            if (!header.equals(wal.header()) || (header.isEmpty() && status.log() > 0)) {
                Retry.pause();
                continue;
            }
            WalCursor cursor = position.cursor();
            boolean same = header.isPresent() && cursor.in(header.get());
            WalCursor from;
            if (same && status.log() >= cursor.frame()) {
                if (status.log() == cursor.frame()) {
                    return false;
                }
                from = cursor;
            } else if (same && status.log() > 0) {
                throw new ContinuityLostException(
                        "the WAL's end moved back from frame " + cursor.frame() + " to " + status.log());
            } else if (!restartAllowed) {
                throw new ContinuityLostException("the WAL was reset although it was pinned at " + cursor);
            } else if (status.log() == 0) {
                return false;
            } else {
                from = WalCursor.before(header.orElseThrow());
            }
            WalReader.Result result = WalReader.read(wal, header.orElseThrow(), from, status.log(), CHUNK_BYTES);
            if (result instanceof WalReader.Range range) {
                write(header.orElseThrow(), from, range);
                return true;
            }
            WalReader.Broken broken = (WalReader.Broken) result;
            if (header.equals(wal.header()) && database.noop().equals(status)) {
                throw new ContinuityLostException("WAL frame " + broken.frame() + ": " + broken.rule());
            }
        }
        throw new ContinuityLostException(
                "the WAL's header, published end and frames did not agree in " + TURNS + " turns");
    }

    private void write(WalHeader wal, WalCursor from, WalReader.Range range)
            throws IOException, ContinuityLostException {
        long txid = position.txid() + 1;
        long walOffset = wal.frameOffset(from.frame() + 1);
        LtxHeader header = LtxHeader.of(
                wal.pageSizeBytes(),
                range.sizePages(),
                TxidRange.of(txid),
                Math.max(clock.millis(), position.timestampMillis()),
                walOffset,
                wal.frameOffset(range.end().frame() + 1) - walOffset,
                wal.salts().salt1(),
                wal.salts().salt2());
        long missing = missingGrowthPage(range, header.lockPage());
        if (missing != 0) {
            throw new ContinuityLostException("the database grew to " + range.sizePages() + " pages, but page "
                    + missing + " has no frame up to frame " + range.end().frame());
        }
        // Without this a power cut could leave the replica ahead of the database.
        database.wal().sync();
        long bytes = local.write(header, writer -> writePages(wal, range.pages(), header.lockPage(), writer));
        position = new Position(txid, range.end(), range.sizePages(), header.timestampMillis());
        restartAllowed = false;
        pinAtEnd = false;
        progress.counters().captured(range.commits(), range.pages().size(), bytes);
        progress.captured(txid, range.commits(), bytes, header.timestampMillis());
    }

    /** Every page by which a commit grows a database is in its frames; one that is not proves that frames are missing. */
    private long missingGrowthPage(WalReader.Range range, long lockPage) {
        long grownFrom = Math.min(position.sizePages(), range.smallestSizePages());
        for (long page = grownFrom + 1; page <= range.sizePages(); page++) {
            if (page != lockPage && range.pages().frameOf(page) == 0) {
                return page;
            }
        }
        return 0;
    }

    private void writePages(WalHeader wal, PageMap pages, long lockPage, LtxWriter writer) throws IOException {
        byte[] image = new byte[wal.pageSizeBytes()];
        for (long page : pages.sortedPages()) {
            if (page != lockPage) {
                database.wal().readFrame(wal.pageSizeBytes(), pages.frameOf(page), image);
                writer.writePage(page, image, 0);
            }
        }
    }
}
