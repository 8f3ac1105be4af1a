package io.github.litestreamjdbc.ltx;

import java.io.IOException;
import java.io.InputStream;

/**
 * Reads one LTX file from beginning to end, in memory bounded by the page size.
 *
 * <p><b>Pages are provisional until {@link #next} has answered false</b>: only then the page index, the trailer, the
 * file checksum, the end of the input and, for snapshots, completeness have been verified. Pages beyond the commit are
 * handed out, as Litestream accepts them, and are to be dropped. For use by one thread at a time.
 */
public final class LtxReader implements AutoCloseable {
    private final String fileName;
    private final InputStream stream;
    private final LtxInput in;
    private final LtxHeader header;
    private final PageDecoder decoder;
    private final PageOrder order;
    private final Crc64 checksum = new Crc64();
    private final ExpectedIndex index = new ExpectedIndex();
    private long pageCount;
    private long pagesChecksum = PageChecksum.FLAG;
    private LtxTrailer trailer;
    private boolean usable = true;

    /**
     * Reads the header.
     *
     * @param fileName how errors name the file; if its last part is a name made of TXIDs, the header must state the
     *     same ones
     * @param in the file's bytes; need not be buffered; closed by {@link #close}, but not if this constructor throws
     * @throws LtxFormatException if the header is not valid
     */
    public LtxReader(String fileName, InputStream in) throws IOException {
        this.fileName = fileName;
        this.stream = in;
        this.in = new LtxInput(fileName, in, 0);
        int at = this.in.take(LtxHeader.SIZE, "the header");
        this.header = LtxHeader.decode(fileName, this.in.buffer(), at);
        this.checksum.update(this.in.buffer(), at, LtxHeader.SIZE);
        this.decoder = new PageDecoder(this.in, header.pageSize());
        this.order = new PageOrder(header);
    }

    public String fileName() {
        return fileName;
    }

    public LtxHeader header() {
        return header;
    }

    /**
     * Reads the next page, or verifies the rest of the file if there is none.
     *
     * @return false if the file has been read to its end and is valid
     * @throws LtxFormatException if the file breaks a rule of the format
     * @throws IllegalStateException if an earlier call has thrown
     */
    public boolean next() throws IOException {
        if (trailer != null) {
            return false;
        }
        if (!usable) {
            throw new IllegalStateException(fileName + ": reading has failed before");
        }
        usable = false;
        boolean hasPage = decoder.next();
        checksum.update(decoder.head(), 0, decoder.headBytes());
        if (hasPage) {
            takePage();
        } else {
            trailer = readEnd();
        }
        usable = true;
        return hasPage;
    }

    /** The number of the current page. */
    public long pgno() {
        return decoder.pgno();
    }

    /** The content of the current page, as long as the page size; valid until the next call of {@link #next}. */
    public byte[] page() {
        return decoder.page();
    }

    /** The number of pages read so far. */
    public long pageCount() {
        return pageCount;
    }

    /** The number of bytes read so far; at the end the length of the file. */
    public long bytesRead() {
        return in.position();
    }

    /**
     * The trailer.
     *
     * @throws IllegalStateException before {@link #next} has answered false
     */
    public LtxTrailer trailer() {
        if (trailer == null) {
            throw new IllegalStateException(fileName + ": the trailer is known after the last page only");
        }
        return trailer;
    }

    /** Closes the stream. Verifies nothing. */
    @Override
    public void close() throws IOException {
        stream.close();
    }

    private void takePage() throws LtxFormatException {
        checkOrder(order.violationBy(decoder.pgno()));
        byte[] page = decoder.page();
        checksum.update(page, 0, page.length);
        if (verifiesPages()) {
            long pageChecksum = PageChecksum.of(decoder.pgno(), page, 0, page.length);
            pagesChecksum = PageChecksum.toggle(pagesChecksum, pageChecksum);
        }
        index.add(decoder.pgno(), decoder.offset(), decoder.frameBytes());
        pageCount++;
    }

    private LtxTrailer readEnd() throws IOException {
        checkOrder(order.violationByEnd());
        index.verify(in, checksum);
        long trailerOffset = in.position();
        int at = in.take(LtxTrailer.SIZE, "the trailer");
        LtxTrailer read = LtxTrailer.decode(in.buffer(), at);
        checksum.update(in.buffer(), at, LtxTrailer.FILE_CHECKSUM_AT);
        in.requireEnd("the trailer");
        read.verify(in, trailerOffset, header, PageChecksum.FLAG | checksum.getValue(), pagesChecksum);
        return read;
    }

    private boolean verifiesPages() {
        return header.tracksChecksums() && header.txids().isSnapshot();
    }

    private void checkOrder(String violation) throws LtxFormatException {
        if (violation != null) {
            throw in.defect(decoder.offset(), violation);
        }
    }
}
