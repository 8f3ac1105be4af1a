package io.github.litestreamjdbc.ltx;

import java.io.IOException;
import java.io.InputStream;

/**
 * Reads one LTX file from beginning to end without decoding its pages: it cuts the frames into {@link PageRun}s, which
 * other threads decode and sum, and checks everything else that {@link LtxReader} does. Only {@link #verify} tells that the
 * file is valid. For use by one thread at a time.
 */
public final class LtxScanner {
    /** Length of a buffer, which serves one scanner after the other. */
    public static final int BUFFER_BYTES = 256 * 1024;

    private final String fileName;
    private final LtxInput in;
    private final LtxHeader header;
    private final PageOrder order;
    private final ExpectedIndex index = new ExpectedIndex();
    private final Crc64 start = new Crc64();
    private final Crc64 end = new Crc64();
    private long endStart;
    private long endOffset;
    private LtxTrailer trailer;

    /**
     * Reads the header.
     *
     * @param fileName as for {@link LtxReader}
     * @param in the file's bytes; need not be buffered; not closed
     * @param buffer of {@link #BUFFER_BYTES}; the scanner's until it is done
     * @throws LtxFormatException if the header is not valid
     */
    public LtxScanner(String fileName, InputStream in, byte[] buffer) throws IOException {
        this.fileName = fileName;
        this.in = new LtxInput(fileName, in, 0, buffer);
        int at = this.in.take(LtxHeader.SIZE, "the header");
        this.header = LtxHeader.decode(fileName, this.in.buffer(), at);
        this.start.update(this.in.buffer(), at, LtxHeader.SIZE);
        this.order = new PageOrder(header);
    }

    public LtxHeader header() {
        return header;
    }

    /** The number of bytes read so far. */
    public long bytesRead() {
        return in.position();
    }

    /**
     * Fills a run with the next frames. Pages beyond the commit are among them, as Litestream accepts them.
     *
     * @return false if there were none, and the file was read to its end
     * @throws LtxFormatException if the file breaks a rule of the format
     */
    public boolean next(PageRun run) throws IOException {
        if (trailer != null) {
            return false;
        }
        if (run.pageSize() != header.pageSize()) {
            throw new IllegalArgumentException("run of pages of " + run.pageSize() + " bytes");
        }
        run.begin(fileName, in.position(), verifiesPages());
        while (!run.isFull()) {
            int frameBytes = PageDecoder.frameBytes(in, header.pageSize());
            if (frameBytes == 0) {
                if (run.count() == 0) {
                    readEnd();
                }
                return run.count() != 0;
            }
            long offset = in.position();
            int at = in.take(frameBytes, "a page");
            long pgno = Bytes.getUnsignedInt(in.buffer(), at);
            checkOrder(offset, order.violationBy(pgno));
            index.add(pgno, offset, frameBytes);
            run.add(pgno, in.buffer(), at, frameBytes);
        }
        return true;
    }

    private void readEnd() throws IOException {
        endStart = in.position();
        int at = in.take(PageFrame.HEADER_BYTES, "a page header");
        end.update(in.buffer(), at, PageFrame.HEADER_BYTES);
        checkOrder(endStart, order.violationByEnd());
        index.verify(in, end);
        endOffset = in.position();
        at = in.take(LtxTrailer.SIZE, "the trailer");
        trailer = LtxTrailer.decode(in.buffer(), at);
        end.update(in.buffer(), at, LtxTrailer.FILE_CHECKSUM_AT);
        in.requireEnd("the trailer");
    }

    /**
     * Verifies the file once all its runs are decoded and summed.
     *
     * @param runs the sum of all of them in order
     * @throws LtxFormatException if a checksum does not match
     * @throws IllegalStateException before {@link #next} has answered false
     */
    public LtxTrailer verify(PageRun.Sum runs) throws LtxFormatException {
        if (trailer == null) {
            throw new IllegalStateException(fileName + ": the trailer is known after the last page only");
        }
        long endBytes = endOffset + LtxTrailer.FILE_CHECKSUM_AT - endStart;
        long crc = Crc64.combine(start.getValue(), runs.crc(), runs.hashedBytes());
        long expected = PageChecksum.FLAG | Crc64.combine(crc, end.getValue(), endBytes);
        trailer.verify(in, endOffset, header, expected, PageChecksum.FLAG | runs.pages());
        return trailer;
    }

    private boolean verifiesPages() {
        return header.tracksChecksums() && header.txids().isSnapshot();
    }

    private void checkOrder(long offset, String violation) throws LtxFormatException {
        if (violation != null) {
            throw in.defect(offset, violation);
        }
    }
}
