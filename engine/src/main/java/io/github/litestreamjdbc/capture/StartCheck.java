package io.github.litestreamjdbc.capture;

import io.github.litestreamjdbc.ltx.LtxFormatException;
import io.github.litestreamjdbc.ltx.LtxHeader;
import io.github.litestreamjdbc.ltx.LtxIndex;
import io.github.litestreamjdbc.ltx.Txid;
import io.github.litestreamjdbc.ltx.TxidRange;
import io.github.litestreamjdbc.store.LtxFile;
import io.github.litestreamjdbc.wal.PageMap;
import io.github.litestreamjdbc.wal.WalChecksum;
import io.github.litestreamjdbc.wal.WalCursor;
import io.github.litestreamjdbc.wal.WalHeader;
import io.github.litestreamjdbc.wal.WalReader;
import io.github.litestreamjdbc.wal.WalSalts;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Optional;

/**
 * Finds out, under the first pin, whether capture can go on where the newest local file ends. The file's header says which
 * frames of which generation it came from, and its pages are compared with these frames: nothing else is trusted, neither
 * times nor SQLite's change counter. Anything doubtful is a full image.
 */
public final class StartCheck {
    private final Database database;
    private final LocalLtx local;
    private final Path metaPath;

    /** A check of a database that was just opened. */
    public StartCheck(Database database, LocalLtx local, Path metaPath) {
        this.database = database;
        this.local = local;
        this.metaPath = metaPath;
    }

    /** The verdict. */
    public sealed interface Start {
        /** Page size of the database. */
        int pageSizeBytes();
    }

    /** Capture goes on. */
    public record Resume(Position position, boolean restartAllowed, int pageSizeBytes) implements Start {}

    /**
     * A full image is needed.
     *
     * @param lastTxid newest TXID known locally; 0 if none is
     * @param timestampMillis its timestamp
     * @param newestDamaged whether the newest local file cannot be used
     * @param newestMayBeIt whether that file may be such an image, which the WAL says nothing about any more: whether it is
     *     is for a comparison with the whole database to tell, which takes too long for a connection to wait
     */
    public record FullImage(
            long lastTxid,
            long timestampMillis,
            boolean newestDamaged,
            boolean newestMayBeIt,
            String reason,
            int pageSizeBytes)
            implements Start {}

    private FullImage fullImage(long lastTxid, long timestampMillis, String reason) throws SQLException {
        return new FullImage(lastTxid, timestampMillis, false, false, reason, database.pageSizeBytes());
    }

    /** Takes the first pin, so that nothing moves any more, and looks. */
    public Start check() throws SQLException, IOException {
        database.pins().hold();
        Optional<LtxFile> newest = local.newest();
        long newestTxid = newest.map(file -> file.txids().max()).orElse(0L);
        Optional<RestoreMarker> marker = RestoreMarker.read(metaPath);
        if (marker.isPresent() && Txid.compare(newestTxid, marker.get().newestTxid()) <= 0) {
            return afterRestore(marker.get());
        }
        if (newest.isEmpty()) {
            return fullImage(0, 0, "there are no local LTX files");
        }
        try {
            return afterStop(newest.get());
        } catch (LtxFormatException damaged) {
            return new FullImage(
                    newestTxid,
                    0,
                    true,
                    false,
                    "the newest local LTX file is damaged: " + damaged.getMessage(),
                    database.pageSizeBytes());
        }
    }

    private Start afterRestore(RestoreMarker marker) throws SQLException, IOException {
        long lastTxid = marker.newestTxid();
        if (marker.txid() != marker.newestTxid()) {
            return fullImage(lastTxid, marker.modifiedMillis(), "an earlier state was restored");
        }
        WalStatus status = database.noop();
        Optional<WalHeader> wal = database.wal().header();
        if (!marker.describes(database.path())) {
            return fullImage(lastTxid, marker.modifiedMillis(), "the restored file was written to");
        }
        // Nothing was ever copied back, so whatever was committed since the restore is in the first generation.
        boolean fresh = status.log() == 0;
        if (!fresh && wal.isEmpty()) {
            return fullImage(lastTxid, marker.modifiedMillis(), "the WAL has no valid header");
        }
        WalCursor cursor = fresh ? WalCursor.EMPTY : WalCursor.before(wal.get());
        long sizePages = marker.sizeBytes() / database.pageSizeBytes();
        return new Resume(
                new Position(marker.txid(), cursor, sizePages, marker.modifiedMillis()),
                fresh,
                database.pageSizeBytes());
    }

    private Start afterStop(LtxFile newest) throws SQLException, IOException {
        try (RandomAccessFile file =
                new RandomAccessFile(local.path(newest.txids()).toFile(), "r")) {
            LtxIndex ltx = open(newest, file);
            LtxHeader last = ltx.header();
            WalStatus status = database.noop();
            Optional<WalHeader> wal = database.wal().header();
            String doubt = doubt(ltx, wal, status);
            if (doubt != null) {
                return new FullImage(
                        last.txids().max(), last.timestampMillis(), false, true, doubt, database.pageSizeBytes());
            }
            long frame = endFrame(last);
            WalCursor cursor = frame == 0
                    ? WalCursor.before(wal.get())
                    : new WalCursor(wal.get().salts(), frame, storedChecksum(wal.get(), frame));
            Position position = new Position(last.txids().max(), cursor, last.commitPages(), last.timestampMillis());
            return new Resume(position, status.complete() && status.log() == frame, last.pageSize());
        }
    }

    /** Why the WAL is not provably the one that the newest file came from; null if it is. */
    private String doubt(LtxIndex ltx, Optional<WalHeader> wal, WalStatus status) throws IOException {
        LtxHeader last = ltx.header();
        if (wal.isEmpty()) {
            return "the WAL is gone";
        }
        if (wal.get().pageSizeBytes() != last.pageSize()) {
            return "the page size changed from " + last.pageSize() + " to "
                    + wal.get().pageSizeBytes();
        }
        if (!wal.get().salts().equals(new WalSalts(last.walSalt1(), last.walSalt2()))) {
            return "the WAL is of another generation";
        }
        long end = endFrame(last);
        if (end < 1 || end > status.log()) {
            return "the WAL ends at frame " + status.log() + ", the newest local LTX file at " + end;
        }
        return differs(ltx, wal.get(), last, end);
    }

    /** Compares the frames of the newest file's range with its pages. */
    private String differs(LtxIndex ltx, WalHeader wal, LtxHeader last, long end) throws IOException {
        long begin = (last.walOffset() - WalHeader.SIZE_BYTES) / wal.frameBytes();
        WalCursor from =
                begin == 0 ? WalCursor.before(wal) : new WalCursor(wal.salts(), begin, storedChecksum(wal, begin));
        WalReader.Result result = WalReader.read(database.wal(), wal, from, end, Long.MAX_VALUE);
        if (!(result instanceof WalReader.Range range)) {
            WalReader.Broken broken = (WalReader.Broken) result;
            return "WAL frame " + broken.frame() + ": " + broken.rule();
        }
        if (range.sizePages() != last.commitPages()) {
            return "the WAL's commit at frame " + end + " leaves another database size than the newest local LTX file";
        }
        PageMap pages = range.pages();
        byte[] image = new byte[wal.pageSizeBytes()];
        for (long page : pages.sortedPages()) {
            database.wal().readFrame(wal.pageSizeBytes(), pages.frameOf(page), image);
            if (!Arrays.equals(image, ltx.page(page))) {
                return "page " + page + " differs between the WAL and the newest local LTX file";
            }
        }
        return null;
    }

    private static long endFrame(LtxHeader last) {
        long frameBytes = WalHeader.FRAME_HEADER_BYTES + last.pageSize();
        return (last.walOffset() + last.walSizeBytes() - WalHeader.SIZE_BYTES) / frameBytes;
    }

    private WalChecksum storedChecksum(WalHeader wal, long frame) throws IOException {
        byte[] header = new byte[WalHeader.FRAME_HEADER_BYTES];
        if (database.wal().read(wal.frameOffset(frame), header, 0, header.length) != header.length) {
            throw new IOException(database.wal().path() + " ends inside frame " + frame);
        }
        ByteBuffer fields = ByteBuffer.wrap(header);
        return new WalChecksum(fields.getInt(16), fields.getInt(20));
    }

    private static LtxIndex open(LtxFile ltx, RandomAccessFile file) throws IOException {
        String name = ltx.txids().fileName();
        LtxIndex index = LtxIndex.load(name, ltx.sizeBytes(), (offset, length) -> {
            byte[] bytes = new byte[length];
            file.seek(offset);
            file.readFully(bytes);
            return bytes;
        });
        TxidRange txids = index.header().txids();
        if (!txids.equals(ltx.txids())) {
            throw new LtxFormatException(name, 0, "the header says " + txids.fileName());
        }
        return index;
    }
}
