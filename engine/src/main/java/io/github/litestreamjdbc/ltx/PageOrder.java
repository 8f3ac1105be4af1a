package io.github.litestreamjdbc.ltx;

/** The order in which a file holds its pages: ascending, never the lock page, a snapshot without holes. */
final class PageOrder {
    private final boolean snapshot;
    private final long commitPages;
    private final long lockPage;
    private long last;

    PageOrder(LtxHeader header) {
        this.snapshot = header.txids().isSnapshot();
        this.commitPages = header.commitPages();
        this.lockPage = header.lockPage();
    }

    /** Takes the next page number; answers the rule it breaks, or null. */
    String violationBy(long pgno) {
        if (pgno == lockPage) {
            return "page " + pgno + " is the lock page, which no file holds";
        }
        if (pgno <= last) {
            return "page " + pgno + " follows page " + last + ", page numbers must ascend";
        }
        if (pgno != successor() && violationByEnd() != null) {
            return violationByEnd();
        }
        last = pgno;
        return null;
    }

    /** The rule that is broken if no page follows, or null. */
    String violationByEnd() {
        return snapshot && successor() <= commitPages
                ? "page " + successor() + " of " + commitPages + " is missing from the snapshot"
                : null;
    }

    private long successor() {
        return last + 1 == lockPage ? last + 2 : last + 1;
    }
}
