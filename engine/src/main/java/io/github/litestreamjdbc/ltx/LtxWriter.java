package io.github.litestreamjdbc.ltx;

import io.github.litestreamjdbc.api.PageEncoding;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Objects;

/**
 * Writes one LTX file: the header at once, then pages in ascending order, then index and trailer. Pages go out as they
 * come; only the page index is held, about three bytes a page.
 *
 * <p>Writes files without database checksums only, since Litestream cannot restore others in every position. After an
 * exception the file is incomplete and the writer unusable. For use by one thread at a time.
 */
public final class LtxWriter {
    private static final int BUFFER_BYTES = 16 * 1024;
    private static final byte[] END_MARKER = new byte[PageFrame.HEADER_BYTES];

    private final LtxHeader header;
    private final OutputStream out;
    private final PageEncoder encoder;
    private final PageOrder order;
    private final PageIndex index = new PageIndex();
    private final Crc64 checksum = new Crc64();
    private long bytesWritten;
    private boolean usable;

    /**
     * Writes the header.
     *
     * @param out where to; the writer buffers and neither closes nor owns it
     * @throws IllegalArgumentException if the header tracks checksums or has a commit of 0 pages
     */
    public LtxWriter(OutputStream out, LtxHeader header, PageEncoding encoding) throws IOException {
        if (header.tracksChecksums()) {
            throw new IllegalArgumentException("header tracks checksums: write files with the flag NO_CHECKSUM");
        }
        if (header.commitPages() == 0) {
            throw new IllegalArgumentException("commit of 0 pages: a file without checksums leaves at least one page");
        }
        this.header = header;
        this.out = new BufferedOutputStream(Objects.requireNonNull(out, "out"), BUFFER_BYTES);
        this.encoder = new PageEncoder(header.pageSize(), Objects.requireNonNull(encoding, "encoding"));
        this.order = new PageOrder(header);
        writeHashed(header.encode(), LtxHeader.SIZE);
        usable = true;
    }

    /**
     * Writes a page.
     *
     * @param pgno 1 to the commit of the header, above the page before it, not the lock page; in a snapshot the next
     *     one without a hole
     * @param source holds the page's bytes, as many as the page size, at {@code offset}
     * @throws IllegalArgumentException if {@code pgno} is out of order or range
     */
    public void writePage(long pgno, byte[] source, int offset) throws IOException {
        begin();
        Objects.checkFromIndexSize(offset, header.pageSize(), source.length);
        if (pgno > header.commitPages()) {
            throw new IllegalArgumentException("page " + pgno + " is beyond the commit of " + header.commitPages());
        }
        requireKept(order.violationBy(pgno));
        int frameBytes = encoder.encode(pgno, source, offset);
        checksum.update(encoder.frame(), 0, encoder.hashedBytes());
        checksum.update(source, offset, header.pageSize());
        write(encoder.frame(), frameBytes);
        index.add(pgno, frameBytes);
        usable = true;
    }

    /**
     * Writes the page index and the trailer and flushes the stream.
     *
     * @throws IllegalArgumentException if a snapshot lacks pages
     */
    public LtxTrailer finish() throws IOException {
        begin();
        requireKept(order.violationByEnd());
        writeHashed(END_MARKER, END_MARKER.length);
        index.writeTo(this::writeHashed);
        checksum.update(new byte[LtxTrailer.FILE_CHECKSUM_AT], 0, LtxTrailer.FILE_CHECKSUM_AT);
        LtxTrailer trailer = new LtxTrailer(0, PageChecksum.FLAG | checksum.getValue());
        write(trailer.encode(), LtxTrailer.SIZE);
        out.flush();
        return trailer;
    }

    /** Length of the file so far, in bytes; after {@link #finish} the whole length. */
    public long bytesWritten() {
        return bytesWritten;
    }

    /** Unusable until the caller's step has succeeded. */
    private void begin() {
        if (!usable) {
            throw new IllegalStateException("the LTX file is finished, or writing it has failed");
        }
        usable = false;
    }

    private void writeHashed(byte[] bytes, int length) throws IOException {
        checksum.update(bytes, 0, length);
        write(bytes, length);
    }

    private void write(byte[] bytes, int length) throws IOException {
        out.write(bytes, 0, length);
        bytesWritten += length;
    }

    private static void requireKept(String violation) {
        if (violation != null) {
            throw new IllegalArgumentException(violation);
        }
    }
}
