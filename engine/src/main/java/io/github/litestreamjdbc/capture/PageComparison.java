package io.github.litestreamjdbc.capture;

import io.github.litestreamjdbc.ltx.LtxReader;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Optional;

/** Tells whether a database is in the state that an LTX file leaves, as far as the file shows. */
final class PageComparison {
    private PageComparison() {}

    /** Compares the size and every page of the file under a pin of its own. */
    static boolean equal(Database database, LocalLtx local, Path ltx) throws SQLException, IOException {
        database.pins().release();
        database.pins().hold();
        Optional<PinnedView> view = PinnedView.of(database);
        if (view.isEmpty()) {
            throw new IOException(database.path() + ": the WAL moved during the comparison with the replica");
        }
        try (InputStream in = new BufferedInputStream(local.read(ltx));
                LtxReader reader = new LtxReader(ltx.getFileName().toString(), in)) {
            return equal(view.get(), reader);
        }
    }

    /** Whether the file holds every page of the database and each is the same; reads no further than it has to. */
    static boolean isImage(PinnedView view, LtxReader reader) throws IOException {
        if (!isSameSize(view, reader)) {
            return false;
        }
        byte[] page = new byte[view.pageSizeBytes()];
        long lockPage = reader.header().lockPage();
        for (long pgno = 1; pgno <= view.sizePages(); pgno++) {
            if (pgno == lockPage) {
                continue;
            }
            if (!reader.next() || reader.pgno() != pgno) {
                return false;
            }
            view.readPage(pgno, page);
            if (!Arrays.equals(page, reader.page())) {
                return false;
            }
        }
        // At its end the file's checksum is verified.
        return !reader.next();
    }

    private static boolean isSameSize(PinnedView view, LtxReader reader) {
        return reader.header().pageSize() == view.pageSizeBytes()
                && reader.header().commitPages() == view.sizePages();
    }

    private static boolean equal(PinnedView view, LtxReader reader) throws IOException {
        if (!isSameSize(view, reader)) {
            return false;
        }
        byte[] page = new byte[view.pageSizeBytes()];
        boolean equal = true;
        while (reader.next()) {
            if (equal) {
                view.readPage(reader.pgno(), page);
                equal = Arrays.equals(page, reader.page());
            }
        }
        return equal;
    }
}
