package io.github.litestreamjdbc.capture;

import io.github.litestreamjdbc.ltx.LtxHeader;
import io.github.litestreamjdbc.ltx.LtxWriter;
import io.github.litestreamjdbc.ltx.TxidRange;
import io.github.litestreamjdbc.wal.PageMap;
import io.github.litestreamjdbc.wal.WalCursor;
import io.github.litestreamjdbc.wal.WalEnd;
import io.github.litestreamjdbc.wal.WalFile;
import io.github.litestreamjdbc.wal.WalHeader;
import io.github.litestreamjdbc.wal.WalReader;
import io.github.litestreamjdbc.wal.WalSalts;
import java.io.IOException;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

/**
 * Turns committed frames into level-0 files and hands over from pin to pin.
 *
 * <p>What must hold, and is checked: the cursor is a commit that SQLite has published; a new generation of the WAL comes
 * only when the old one was copied back and captured completely; the old pin goes only after a durable file covers the new
 * pin's snapshot, or beside a checkpoint of another process what waits in memory does ({@link Staged}); every page by which a
 * commit grows the database has a frame. Where one of these does not hold the answer is {@link ContinuityLostException}, and
 * a full image is the only way on.
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

    private final Staged staged = new Staged();

    private Position position;
    private boolean restartAllowed;

    /** Whether the pin was taken while everything was copied back, so that a writer may reset the WAL. */
    private boolean pinAtEnd;

    /** Whether the pin's snapshot is the cursor, and not an older one that outside checkpoints have to wait for. */
    private boolean pinCurrent;

    /** Whether somebody committed while the last pin was taken where it allows the reset. */
    private boolean overtaken;

    Capture(Database database, LocalLtx local, InstantSource clock, Progress progress) {
        this.database = database;
        this.local = local;
        this.clock = clock;
        this.progress = progress;
    }

    /** Begins at a position. */
    void begin(Position start, boolean restartAllowedAtStart) {
        forgetStaged();
        position = start;
        restartAllowed = restartAllowedAtStart;
        pinAtEnd = false;
        pinCurrent = false;
    }

    /** Where the files stand. */
    Position position() {
        return position;
    }

    /** Whether somebody waits for his commits to be captured, and is told when the step is over. */
    boolean isAwaited() {
        return progress.syncWaits();
    }

    /** Up to where the WAL was read; beyond {@link #position} while something is staged. */
    WalCursor cursor() {
        return staged.isEmpty() ? position.cursor() : staged.end();
    }

    /** Whether pages were read that are in no file yet. */
    boolean hasStaged() {
        return !staged.isEmpty();
    }

    /** Lets go of what was read and is in no file: a full image will hold it, or nothing more is captured. */
    void forgetStaged() {
        staged.close();
        progress.staged(0, 0);
    }

    private long sizePages() {
        return staged.isEmpty() ? position.sizePages() : staged.sizePages();
    }

    /**
     * A look at the WAL.
     *
     * @param generation the generation in its header; null if there is none
     * @param newFrames frames that are published and were not read; at least 1 where only a capture step can tell
     * @param bytes what the frames that count take up; 0 if there are none
     */
    record Look(WalStatus status, WalSalts generation, long newFrames, long bytes) {}

    Look look() throws SQLException, IOException {
        WalStatus status = database.noop();
        Optional<WalHeader> header = database.wal().header();
        WalSalts generation = header.map(WalHeader::salts).orElse(null);
        long frame = cursor().frame();
        long newFrames;
        if (status.log() == 0) {
            newFrames = restartAllowed || frame == 0 ? 0 : 1;
        } else if (generation != null && generation.equals(cursor().salts())) {
            newFrames = Math.abs(status.log() - frame);
        } else {
            newFrames = status.log();
        }
        long bytes = status.log() == 0
                ? 0
                : header.map(wal -> wal.frameOffset(status.log() + 1)).orElse(0L);
        return new Look(status, generation, newFrames, bytes);
    }

    /** What the next commit will change, where everything is captured; empty if something may have been committed. */
    Optional<WalEnd> end() throws IOException {
        return hasStaged() ? Optional.empty() : database.wal().endAt(position.cursor());
    }

    /** Whether the pin's snapshot is older than the cursor, so that outside checkpoints have to wait for it. */
    boolean isPinOld() {
        return !pinCurrent;
    }

    /** Whether everything is copied back, and a new pin would let a writer reset the WAL. */
    boolean pinMayAllowReset(WalStatus status) {
        return status.complete() && status.log() == cursor().frame() && !pinAtEnd;
    }

    /**
     * Whether somebody committed just when the last pin was taken where it allows the reset. A checkpoint may wait for the
     * read mark that the pin before had, and before the pin moves again it should have found that one free.
     */
    boolean isOvertaken() {
        return overtaken;
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
     * @return whether a file was written
     * @throws ContinuityLostException the old pin stays
     */
    boolean handover() throws SQLException, IOException, ContinuityLostException {
        return handover(false);
    }

    /**
     * As {@link #handover}, but what was read waits in memory for the next file unless it is too much: for the moment in
     * which another process's checkpoint waits for the pin.
     */
    boolean makeWay() throws SQLException, IOException, ContinuityLostException {
        return handover(true);
    }

    private boolean handover(boolean stage) throws SQLException, IOException, ContinuityLostException {
        WalStatus before = database.noop();
        database.pins().openSpare();
        try {
            long upTo = database.noop().log();
            WalSalts generation = cursor().salts();
            boolean written = false;
            boolean more = true;
            while (more) {
                Optional<Frames> frames = next();
                if (frames.isPresent() && (stage || hasStaged()) && isRoomFor(frames.get())) {
                    stage(frames.get());
                } else if (frames.isPresent()) {
                    writeStaged();
                    write(frames.get());
                    written = true;
                }
                more = frames.isPresent() && cursor().frame() < upTo;
            }
            WalStatus after = database.noop();
            long frame = cursor().frame();
            boolean sameGeneration = generation == null || generation.equals(cursor().salts());
            restartAllowed |= after.complete() && after.log() == frame;
            boolean moved = before.log() != after.log() || !sameGeneration;
            pinCurrent = !moved;
            pinAtEnd = before.complete() && !moved && after.log() == frame;
            if (before.complete() && moved) {
                // The spare is where it would allow a reset, which is too late. It must not take over: a checkpoint may
                // wait
                // for the read mark of the current pin already, and the next pin would sit down on that very mark.
                database.pins().abandonSpare();
            } else {
                database.pins().takeOver();
            }
            overtaken = pinAtEnd && database.noop().log() != after.log();
            if (!stage && hasStaged()) {
                writeStaged();
                written = true;
            }
            return written;
        } finally {
            database.pins().abandonSpare();
        }
    }

    /** Committed frames that follow the cursor. */
    private record Frames(WalHeader wal, WalCursor from, WalReader.Range range) {}

    /** The next range of committed frames; empty if there is none. */
    private Optional<Frames> next() throws SQLException, IOException, ContinuityLostException {
        WalFile wal = database.wal();
        for (int turn = 0; turn < TURNS; turn++) {
            Optional<WalHeader> header = wal.header();
            WalStatus status = database.noop();
            if (!header.equals(wal.header()) || (header.isEmpty() && status.log() > 0)) {
                Retry.pause();
                continue;
            }
            WalCursor cursor = cursor();
            boolean same = header.isPresent() && cursor.in(header.get());
            WalCursor from;
            if (same && status.log() >= cursor.frame()) {
                if (status.log() == cursor.frame()) {
                    return Optional.empty();
                }
                from = cursor;
            } else if (same && status.log() > 0) {
                throw new ContinuityLostException(
                        "the WAL's end moved back from frame " + cursor.frame() + " to " + status.log());
            } else if (!restartAllowed) {
                throw new ContinuityLostException("the WAL was reset although it was pinned at " + cursor);
            } else if (status.log() == 0) {
                return Optional.empty();
            } else {
                from = WalCursor.before(header.orElseThrow());
            }
            WalReader.Result result = WalReader.read(wal, header.orElseThrow(), from, status.log(), CHUNK_BYTES);
            if (result instanceof WalReader.Range range) {
                Frames frames = new Frames(header.orElseThrow(), from, range);
                checkGrowth(frames);
                return Optional.of(frames);
            }
            WalReader.Broken broken = (WalReader.Broken) result;
            if (header.equals(wal.header()) && database.noop().equals(status)) {
                throw new ContinuityLostException("WAL frame " + broken.frame() + ": " + broken.rule());
            }
        }
        throw new ContinuityLostException(
                "the WAL's header, published end and frames did not agree in " + TURNS + " turns");
    }

    private boolean isRoomFor(Frames frames) {
        return staged.hasRoom(frames.wal(), frames.range());
    }

    private void stage(Frames frames) throws IOException {
        staged.add(database.wal(), frames.wal(), frames.from(), frames.range());
        progress.staged(staged.commits(), staged.bytes());
        restartAllowed = false;
        pinAtEnd = false;
    }

    private void writeStaged() throws IOException {
        if (!hasStaged()) {
            return;
        }
        LtxHeader header = header(staged.wal(), staged.begin(), staged.end(), staged.sizePages());
        SortedMap<Long, byte[]> images = staged.images();
        write(header, staged.end(), staged.commits(), images.size(), writer -> {
            for (Map.Entry<Long, byte[]> page : images.entrySet()) {
                if (page.getKey() != header.lockPage()) {
                    writer.writePage(page.getKey(), page.getValue(), 0);
                }
            }
        });
        staged.close();
    }

    private void write(Frames frames) throws IOException {
        WalReader.Range range = frames.range();
        LtxHeader header = header(frames.wal(), frames.from(), range.end(), range.sizePages());
        write(
                header,
                range.end(),
                range.commits(),
                range.pages().size(),
                writer -> writePages(frames.wal(), range.pages(), header.lockPage(), writer));
        restartAllowed = false;
        pinAtEnd = false;
    }

    private LtxHeader header(WalHeader wal, WalCursor from, WalCursor end, long sizePages) {
        long walOffset = wal.frameOffset(from.frame() + 1);
        return LtxHeader.of(
                wal.pageSizeBytes(),
                sizePages,
                TxidRange.of(position.txid() + 1),
                Math.max(clock.millis(), position.timestampMillis()),
                walOffset,
                wal.frameOffset(end.frame() + 1) - walOffset,
                wal.salts().salt1(),
                wal.salts().salt2());
    }

    private void write(LtxHeader header, WalCursor end, long commits, long pages, LocalLtx.Pages content)
            throws IOException {
        // Without this a power cut could leave the replica ahead of the database.
        database.wal().sync();
        long bytes = local.write(header, content);
        position = new Position(header.txids().max(), end, header.commitPages(), header.timestampMillis());
        progress.counters().captured(commits, pages, bytes);
        progress.captured(position.txid(), commits, bytes);
    }

    private void checkGrowth(Frames frames) throws ContinuityLostException {
        WalReader.Range range = frames.range();
        long missing = missingGrowthPage(range, LtxHeader.lockPage(frames.wal().pageSizeBytes()));
        if (missing != 0) {
            throw new ContinuityLostException("the database grew to " + range.sizePages() + " pages, but page "
                    + missing + " has no frame up to frame " + range.end().frame());
        }
    }

    /** Every page by which a commit grows a database is in its frames; one that is not proves that frames are missing. */
    private long missingGrowthPage(WalReader.Range range, long lockPage) {
        long grownFrom = Math.min(sizePages(), range.smallestSizePages());
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
