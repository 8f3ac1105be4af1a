package io.github.litestreamjdbc.restore;

import io.github.litestreamjdbc.agent.BufferBytes;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.ltx.LtxFormatException;
import io.github.litestreamjdbc.ltx.LtxHeader;
import io.github.litestreamjdbc.ltx.LtxScanner;
import io.github.litestreamjdbc.ltx.LtxTrailer;
import io.github.litestreamjdbc.ltx.PageRun;
import io.github.litestreamjdbc.store.LtxFile;
import io.github.litestreamjdbc.store.LtxStore;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Future;

/**
 * Puts the files of a chain together, newest first. The calling thread goes through the files in order: it cuts them into
 * runs of pages and decides which pages count. Others read ahead of it, and others decode, sum and write the runs; the sums
 * of a file's runs are put together in order to verify it. Memory is bounded, however large the database. Used by one
 * thread, once.
 */
final class ChainImage {
    private static final long FLUSH_BYTES = 32L << 20;

    /** More threads would be of no use to a disk, and each needs buffers. */
    private static final int MOST_DECODERS = 8;

    /**
     * One page in so many may lie scattered over the file when it is flushed early. The disk gets a place for each of them then,
     * and the pages between would have to go elsewhere: slower than to flush all at the end, when they lie in a row.
     */
    private static final int LEAST_ORDERED = 64;

    private final LtxStore replica;
    private final int parallelism;
    private final RestoreShares shares;
    private final Path temporary;
    private final BufferBytes buffers = new BufferBytes();
    private final byte[] scanned = new byte[LtxScanner.BUFFER_BYTES];
    private final Deque<Pending> pending = new ArrayDeque<>();
    private final HeldPages held = new HeldPages(buffers);
    private BlockingQueue<PageRun> runs;
    private DatabaseImage image;
    private LtxHeader newest;
    private Future<?> flush;
    private long unflushedBytes;

    /** Written one by one, with others missing between them. */
    private long scatteredPages;

    ChainImage(LtxStore replica, int parallelism, RestoreShares shares, Path temporary) {
        this.replica = replica;
        this.parallelism = parallelism;
        this.shares = shares;
        this.temporary = temporary;
    }

    /** Told, on the calling thread, how far it is. */
    interface Observer {
        /** The newest file's header is known, and nothing is written yet. */
        void begins(LtxHeader newest) throws IOException, ReplicationException;

        /** So many bytes of a file are read, counted from the newest file, which is 0. */
        void read(int file, long bytes);
    }

    /** A file that cannot be used. */
    static final class UnusableFileException extends Exception {
        private static final long serialVersionUID = 1L;
        private final transient LtxFile file;

        UnusableFileException(LtxFile file, LtxFormatException cause) {
            super(cause.getMessage(), cause);
            this.file = file;
        }

        UnusableFileException(LtxFile file, long offset, String rule) {
            this(file, new LtxFormatException(file.txids().fileName(), offset, rule));
        }

        LtxFile file() {
            return file;
        }
    }

    /** One file whose runs are not all summed yet. */
    private static final class FileSum {
        private final LtxFile file;
        private final LtxScanner scanner;
        private PageRun.Sum sum = PageRun.Sum.NONE;

        FileSum(LtxFile file, LtxScanner scanner) {
            this.file = file;
            this.scanner = scanner;
        }
    }

    /** A run being summed; null where the file ends. */
    private record Pending(FileSum file, Future<PageRun.Sum> run) {}

    /**
     * Builds the database file and makes it durable.
     *
     * @param chain oldest first
     * @return the newest file's header
     * @throws ReplicationException.Corrupt if a page is in no file
     */
    LtxHeader build(List<LtxFile> chain, Observer observer)
            throws IOException, ReplicationException, UnusableFileException {
        List<LtxFile> files = new ArrayList<>(chain);
        Collections.reverse(files);
        int threads = decoders();
        try (Workers readers = new Workers("litestream-read", parallelism);
                Workers decoders = new Workers("litestream-decode", threads);
                Workers flusher = new Workers("litestream-flush", 1)) {
            ReadAhead content = new ReadAhead(replica, readers, parallelism, shares, buffers, files);
            for (int i = 0; i < files.size(); i++) {
                apply(content, decoders, flusher, files.get(i), i, i == files.size() - 1, observer);
            }
            while (!pending.isEmpty()) {
                settle(pending.remove());
            }
            writeHeld(decoders);
            long missing = image.missingPage();
            if (missing != 0) {
                throw new ReplicationException.Corrupt(
                        replica + ": page " + missing + " is in none of the " + files.size()
                                + " files that lead to TXID "
                                + files.get(0).txids().toString().substring(17),
                        null);
            }
            long start = System.nanoTime();
            image.finish();
            shares.sync(start);
            return newest;
        } finally {
            buffers.close();
            if (image != null) {
                image.close();
            }
        }
    }

    private void apply(
            ReadAhead ahead,
            Workers decoders,
            Workers flusher,
            LtxFile file,
            int number,
            boolean first,
            Observer observer)
            throws IOException, ReplicationException, UnusableFileException {
        try (InputStream content = ahead.open(file)) {
            LtxScanner scanner = new LtxScanner(file.txids().fileName(), content, scanned);
            if (image == null) {
                begin(file, scanner.header(), observer);
            }
            if (first && scanner.header().preApplyChecksum() != 0) {
                throw new UnusableFileException(
                        file, 40, "it is to be applied to a database that is not in the replica");
            }
            image.begin(file.txids().fileName(), scanner.header());
            FileSum sum = new FileSum(file, scanner);
            PageRun run = takeRun();
            while (scanner.next(run)) {
                unflushedBytes += (long) claim(run, first || run.isDense()) * newest.pageSize();
                PageRun filled = run;
                pending.add(new Pending(sum, decoders.submit(() -> decode(filled))));
                settleWhatIsDone();
                flushAhead(flusher);
                observer.read(number, scanner.bytesRead());
                run = takeRun();
            }
            runs.add(run);
            pending.add(new Pending(sum, null));
            observer.read(number, scanner.bytesRead());
        } catch (LtxFormatException e) {
            throw new UnusableFileException(file, e);
        }
    }

    /**
     * Decides which pages of a run count, and which of those are written with it: in large writes all, and those between
     * them that newer files left; otherwise only what cannot be held.
     *
     * @return how many pages are written
     */
    private int claim(PageRun run, boolean large) {
        int count = 0;
        for (int i = 0; i < run.count(); i++) {
            if (!image.claim(run.pgno(i))) {
                if (large) {
                    held.giveTo(run, i);
                }
            } else if (large || !held.hold(run, i)) {
                run.want(i);
                scatteredPages += large ? 0 : 1;
            }
            count += run.isWanted(i) ? 1 : 0;
        }
        return count;
    }

    /** Pages that no older file has. */
    private void writeHeld(Workers decoders) throws IOException {
        List<Future<?>> writes = new ArrayList<>();
        PageRun run = null;
        for (long each : held.left().toArray()) {
            if (run == null) {
                run = takeRun();
                run.begin("pages of several files");
            }
            held.addTo(run, each);
            run.want(run.count() - 1);
            if (run.isFull()) {
                PageRun filled = run;
                writes.add(decoders.submit(() -> decode(filled)));
                run = null;
            }
        }
        if (run != null) {
            PageRun filled = run;
            writes.add(decoders.submit(() -> decode(filled)));
        }
        for (Future<?> write : writes) {
            Workers.await(write);
        }
    }

    private void begin(LtxFile file, LtxHeader header, Observer observer)
            throws IOException, ReplicationException, UnusableFileException {
        if (header.commitPages() == 0) {
            throw new UnusableFileException(file, 12, "it leaves a database of no pages");
        }
        newest = header;
        observer.begins(header);
        image = new DatabaseImage(temporary, header);
        int count = 2 * decoders() + 2;
        runs = new ArrayBlockingQueue<>(count);
        for (int i = 0; i < count; i++) {
            PageRun run = new PageRun(header.pageSize());
            buffers.add(run.bufferBytes());
            runs.add(run);
        }
    }

    private static int decoders() {
        return Math.min(Runtime.getRuntime().availableProcessors(), MOST_DECODERS);
    }

    /** The disk writes while pages are decoded, so that little is left to do at the end. */
    private void flushAhead(Workers flusher) throws IOException {
        boolean ordered = scatteredPages * LEAST_ORDERED <= newest.commitPages();
        if (!ordered || unflushedBytes < FLUSH_BYTES || (flush != null && !flush.isDone())) {
            return;
        }
        if (flush != null) {
            Workers.await(flush);
        }
        unflushedBytes = 0;
        flush = flusher.submit(() -> {
            image.flush();
            return null;
        });
    }

    private PageRun takeRun() throws IOException {
        try {
            return runs.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    /** On a decoder's thread. */
    private PageRun.Sum decode(PageRun run) throws IOException {
        try {
            long time = System.nanoTime();
            run.decode();
            time = shares.decode(time);
            PageRun.Sum sum = run.sum();
            time = shares.checksum(time);
            run.replace();
            time = shares.decode(time);
            image.write(run);
            shares.write(time);
            return sum;
        } finally {
            runs.add(run);
        }
    }

    private void settleWhatIsDone() throws IOException, UnusableFileException {
        while (!pending.isEmpty()
                && (pending.peek().run() == null || pending.peek().run().isDone())) {
            settle(pending.remove());
        }
    }

    private void settle(Pending next) throws IOException, UnusableFileException {
        FileSum file = next.file();
        try {
            if (next.run() != null) {
                file.sum = file.sum.then(Workers.await(next.run()));
                return;
            }
            LtxTrailer trailer = file.scanner.verify(file.sum);
            // Litestream restores no chain that ends so, and nothing that it writes does.
            if (file.scanner.header() == newest && trailer.postApplyChecksum() != 0) {
                throw new UnusableFileException(
                        file.file,
                        file.file.sizeBytes() - LtxTrailer.SIZE,
                        "a checksum of the whole database is not allowed here");
            }
        } catch (LtxFormatException e) {
            throw new UnusableFileException(file.file, e);
        }
    }
}
