package io.github.litestreamjdbc.ltx;

import io.github.litestreamjdbc.api.PageEncoding;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Several files read as the one file they amount to: every page in its newest version, without pages beyond the last
 * file's commit. This is how files are compacted and how a database is restored.
 *
 * <p>As with {@link LtxReader}, pages are provisional until {@link #next} has answered false: then every input has been
 * verified to its end. Holds one page and a small buffer for each input. For use by one thread at a time.
 */
public final class LtxMerge implements AutoCloseable {
    private final List<LtxReader> inputs;
    private final LtxHeader header;
    private final PageOrder order;
    private final PriorityQueue<Input> queue;
    private Input current;
    private boolean usable = true;

    /** An input that stands on a page; {@code age} counts from the oldest. */
    private record Input(LtxReader reader, int age) {}

    /**
     * Checks that the inputs fit together and reads the first page of each.
     *
     * @param inputs oldest first, each with no page read yet; closed by {@link #close}, but not if this constructor
     *     throws
     * @throws LtxFormatException if the inputs leave a gap in TXIDs, do not advance, differ in page size, or amount to
     *     a file that needs database checksums or is empty
     * @throws IllegalArgumentException if there are no inputs
     */
    public LtxMerge(List<LtxReader> inputs) throws IOException {
        if (inputs.isEmpty()) {
            throw new IllegalArgumentException("nothing to merge: inputs are empty");
        }
        this.inputs = List.copyOf(inputs);
        this.header = mergedHeader(this.inputs);
        this.order = new PageOrder(header);
        this.queue = new PriorityQueue<>(
                this.inputs.size(),
                Comparator.<Input>comparingLong(input -> input.reader.pgno())
                        .thenComparing(Comparator.comparingInt(Input::age).reversed()));
        for (int age = 0; age < this.inputs.size(); age++) {
            advance(new Input(this.inputs.get(age), age));
        }
    }

    /** Merges {@code inputs} into one file, see {@link #LtxMerge} and {@link #writeTo}. Closes nothing. */
    public static LtxHeader merge(List<LtxReader> inputs, OutputStream out, PageEncoding encoding) throws IOException {
        return new LtxMerge(inputs).writeTo(out, encoding);
    }

    /**
     * The header of the merged file: TXIDs from the first input's first to the last input's last, commit and timestamp
     * of the last input, no database checksums and nothing about a WAL.
     */
    public LtxHeader header() {
        return header;
    }

    /**
     * Goes to the next page of the merged file, or verifies the rest of all inputs if there is none.
     *
     * @return false if all inputs have been read to their end and are valid
     * @throws LtxFormatException if an input breaks a rule of the format, or a page is missing from a merged snapshot
     * @throws IllegalStateException if an earlier call has thrown
     */
    public boolean next() throws IOException {
        if (!usable) {
            throw new IllegalStateException("merging has failed before");
        }
        usable = false;
        boolean hasPage = findNext();
        usable = true;
        return hasPage;
    }

    /** The number of the current page. */
    public long pgno() {
        return current.reader.pgno();
    }

    /** The content of the current page, as long as the page size; valid until the next call of {@link #next}. */
    public byte[] page() {
        return current.reader.page();
    }

    /**
     * Writes the merged file, of which no page may have been read. Only if this returns it is complete and valid.
     *
     * @return {@link #header}
     */
    public LtxHeader writeTo(OutputStream out, PageEncoding encoding) throws IOException {
        LtxWriter writer = new LtxWriter(out, header, encoding);
        while (next()) {
            writer.writePage(pgno(), page(), 0);
        }
        writer.finish();
        return header;
    }

    /** Closes all inputs. */
    @Override
    public void close() throws IOException {
        IOException failure = null;
        for (LtxReader input : inputs) {
            try {
                input.close();
            } catch (IOException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private static LtxHeader mergedHeader(List<LtxReader> inputs) throws LtxFormatException {
        LtxReader first = inputs.get(0);
        LtxReader last = first;
        for (LtxReader next : inputs.subList(1, inputs.size())) {
            checkContinues(last, next);
            last = next;
        }
        if (first.header().preApplyChecksum() != 0) {
            throw new LtxFormatException(
                    first.fileName(), LtxHeader.PRE_APPLY_AT, "the first file to merge has a pre-apply checksum");
        }
        if (last.header().commitPages() == 0) {
            throw new LtxFormatException(
                    last.fileName(), LtxHeader.COMMIT_AT, "the last file to merge has a commit of 0");
        }
        return LtxHeader.of(
                first.header().pageSize(),
                last.header().commitPages(),
                new TxidRange(
                        first.header().txids().min(), last.header().txids().max()),
                last.header().timestampMillis(),
                0,
                0,
                0,
                0);
    }

    private static void checkContinues(LtxReader previous, LtxReader next) throws LtxFormatException {
        TxidRange before = previous.header().txids();
        TxidRange txids = next.header().txids();
        if (!before.isContinuedBy(txids)) {
            throw new LtxFormatException(
                    next.fileName(), LtxHeader.MIN_TXID_AT, "TXIDs " + txids + " do not continue " + before);
        }
        if (next.header().pageSize() != previous.header().pageSize()) {
            throw new LtxFormatException(
                    next.fileName(),
                    LtxHeader.PAGE_SIZE_AT,
                    "page size " + next.header().pageSize() + " differs from "
                            + previous.header().pageSize() + " of the file before");
        }
    }

    private boolean findNext() throws IOException {
        if (current != null) {
            advance(current);
            current = null;
        }
        while (!queue.isEmpty()) {
            Input newest = queue.remove();
            skipOlder(newest.reader.pgno());
            if (newest.reader.pgno() <= header.commitPages()) {
                current = newest;
                checkOrder(order.violationBy(pgno()));
                return true;
            }
            advance(newest);
        }
        checkOrder(order.violationByEnd());
        checkTrailer();
        return false;
    }

    private void advance(Input input) throws IOException {
        if (input.reader.next()) {
            queue.add(input);
        }
    }

    private void skipOlder(long pgno) throws IOException {
        while (!queue.isEmpty() && queue.element().reader.pgno() == pgno) {
            advance(queue.remove());
        }
    }

    private void checkOrder(String violation) throws LtxFormatException {
        if (violation != null) {
            throw new LtxFormatException(
                    last().fileName(), LtxHeader.COMMIT_AT, "merged up to this file: " + violation);
        }
    }

    private void checkTrailer() throws LtxFormatException {
        long postApplyChecksum = last().trailer().postApplyChecksum();
        if (postApplyChecksum != 0) {
            throw new LtxFormatException(
                    last().fileName(),
                    last().bytesRead() - LtxTrailer.SIZE,
                    "the last file to merge has a post-apply checksum");
        }
    }

    private LtxReader last() {
        return inputs.get(inputs.size() - 1);
    }
}
