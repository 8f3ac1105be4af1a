package io.github.litestreamjdbc.ltx;

import io.github.litestreamjdbc.api.PageEncoding;
import java.io.ByteArrayOutputStream;

/** Builds files that break one rule and are right in all else, the file checksum included. */
final class RawLtx {
    private final ByteArrayOutputStream file = new ByteArrayOutputStream();
    private final ByteArrayOutputStream index = new ByteArrayOutputStream();
    private final Crc64 checksum = new Crc64();
    private final PageEncoder encoder;
    private final int pageSize;
    private int offsetError;
    private int frameSizeError;
    private long lengthError;

    RawLtx(LtxHeader header) {
        pageSize = header.pageSize();
        encoder = new PageEncoder(pageSize, PageEncoding.BLOCK);
        append(header.encode(), LtxHeader.SIZE);
    }

    RawLtx page(long pgno, byte[] content) {
        int frameBytes = encoder.encode(pgno, content, 0);
        byte[] entry = new byte[PageIndex.MAX_ENTRY_BYTES];
        index.write(entry, 0, PageIndex.putEntry(entry, pgno, file.size() + offsetError, frameBytes + frameSizeError));
        checksum.update(encoder.frame(), 0, encoder.hashedBytes());
        checksum.update(content, 0, pageSize);
        file.write(encoder.frame(), 0, frameBytes);
        return this;
    }

    /** The same for each of these pages, with zeros in them. */
    RawLtx pages(long... pgnos) {
        for (long pgno : pgnos) {
            page(pgno, new byte[pageSize]);
        }
        return this;
    }

    /** Lets the index entries of the following pages state wrong offsets. */
    RawLtx offsetError(int bytes) {
        offsetError = bytes;
        return this;
    }

    /** Lets the index entries of the following pages state wrong frame sizes. */
    RawLtx frameSizeError(int bytes) {
        frameSizeError = bytes;
        return this;
    }

    /** Lets the index state a wrong length of itself. */
    RawLtx indexLengthError(long bytes) {
        lengthError = bytes;
        return this;
    }

    byte[] end(long postApplyChecksum) {
        append(new byte[PageFrame.HEADER_BYTES], PageFrame.HEADER_BYTES);
        index.write(0);
        append(index.toByteArray(), index.size());
        append(bytes(index.size() + lengthError), Long.BYTES);
        append(bytes(postApplyChecksum), Long.BYTES);
        file.writeBytes(bytes(PageChecksum.FLAG | checksum.getValue()));
        return file.toByteArray();
    }

    private void append(byte[] bytes, int length) {
        checksum.update(bytes, 0, length);
        file.write(bytes, 0, length);
    }

    private static byte[] bytes(long value) {
        byte[] bytes = new byte[Long.BYTES];
        Bytes.putLong(bytes, 0, value);
        return bytes;
    }
}
