package io.github.litestreamjdbc.restore;

import io.github.litestreamjdbc.agent.BufferBytes;
import io.github.litestreamjdbc.store.LtxFile;
import io.github.litestreamjdbc.store.LtxStore;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;

/**
 * Reads files one after the other, with several requests under way: small files whole, large ones in ranges, in the order
 * in which they are needed, as far ahead as a bound on memory allows. Used by one thread.
 */
final class ReadAhead {
    /** Lengths of buffers; what is longer than the last is read in pieces. */
    private static final int[] BUFFER_BYTES = {256 << 10, 1 << 20, 8 << 20};

    private static final int PIECE_BYTES = BUFFER_BYTES[BUFFER_BYTES.length - 1];

    private static final long MOST_BYTES = 48L << 20;
    private static final int READ_BYTES = 256 * 1024;

    private final LtxStore replica;
    private final Workers workers;
    private final int parallelism;
    private final RestoreShares shares;
    private final BufferBytes buffers;
    private final Iterator<LtxFile> files;
    private final Deque<Piece> underWay = new ArrayDeque<>();
    private final Map<Integer, Deque<byte[]>> free = new HashMap<>();
    private LtxFile cutting;
    private long cutBytes;
    private long heldBytes;
    private long allocatedBytes;

    /**
     * @param buffers told of each buffer; they are of use until the restore ends
     * @param files in the order in which {@link #open} will ask for them
     */
    ReadAhead(
            LtxStore replica,
            Workers workers,
            int parallelism,
            RestoreShares shares,
            BufferBytes buffers,
            List<LtxFile> files) {
        this.replica = replica;
        this.workers = workers;
        this.parallelism = parallelism;
        this.shares = shares;
        this.buffers = buffers;
        this.files = files.iterator();
    }

    /** A part of a file, being read. */
    private record Piece(LtxFile file, byte[] buffer, int length, Future<?> read) {}

    /** The content of the next file, which must be read to its end before the one after it. */
    InputStream open(LtxFile file) {
        return new Content(file);
    }

    private void askAhead() {
        while (underWay.size() < parallelism && hasMore()) {
            int length = (int) Math.min(PIECE_BYTES, cutting.sizeBytes() - cutBytes);
            int bufferBytes = Arrays.stream(BUFFER_BYTES)
                    .filter(bytes -> length <= bytes)
                    .findFirst()
                    .getAsInt();
            if (!underWay.isEmpty() && heldBytes + bufferBytes > MOST_BYTES) {
                return;
            }
            LtxFile file = cutting;
            long offset = cutBytes;
            byte[] pooled = free(bufferBytes).poll();
            byte[] buffer = pooled == null ? allocate(bufferBytes) : pooled;
            underWay.add(new Piece(file, buffer, length, workers.submit(() -> read(file, offset, buffer, length))));
            cutBytes += length;
            heldBytes += bufferBytes;
        }
    }

    private byte[] allocate(int bufferBytes) {
        Iterator<byte[]> unused =
                free.values().stream().flatMap(Deque::stream).toList().iterator();
        while (allocatedBytes + bufferBytes > MOST_BYTES && unused.hasNext()) {
            byte[] dropped = unused.next();
            free(dropped.length).remove(dropped);
            buffers.add(-dropped.length);
            allocatedBytes -= dropped.length;
        }
        buffers.add(bufferBytes);
        allocatedBytes += bufferBytes;
        return new byte[bufferBytes];
    }

    private Deque<byte[]> free(int bufferBytes) {
        return free.computeIfAbsent(bufferBytes, none -> new ArrayDeque<>());
    }

    private boolean hasMore() {
        while (cutting == null || cutBytes == cutting.sizeBytes()) {
            if (!files.hasNext()) {
                return false;
            }
            cutting = files.next();
            cutBytes = 0;
        }
        return true;
    }

    private Void read(LtxFile file, long offset, byte[] buffer, int length) throws IOException {
        long start = System.nanoTime();
        try (InputStream in = replica.open(file, offset, length)) {
            for (int filled = 0; filled < length; ) {
                int n = in.read(buffer, filled, Math.min(READ_BYTES, length - filled));
                if (n < 0) {
                    throw new EOFException(replica + ": " + file.txids().fileName() + " ended at byte "
                            + (offset + filled) + " of " + file.sizeBytes());
                }
                filled += n;
            }
        }
        shares.download(start);
        return null;
    }

    private final class Content extends InputStream {
        private final LtxFile file;
        private long left;
        private Piece piece;
        private int used;

        Content(LtxFile file) {
            this.file = file;
            this.left = file.sizeBytes();
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int at, int length) throws IOException {
            if (left == 0) {
                return -1;
            }
            if (piece == null) {
                take();
            }
            int n = Math.min(length, piece.length() - used);
            System.arraycopy(piece.buffer(), used, into, at, n);
            used += n;
            left -= n;
            if (used == piece.length()) {
                give();
            }
            return n;
        }

        private void take() throws IOException {
            askAhead();
            piece = underWay.remove();
            used = 0;
            if (piece.file() != file) {
                throw new IllegalStateException(file + " is read out of order");
            }
            Workers.await(piece.read());
        }

        private void give() {
            heldBytes -= piece.buffer().length;
            free(piece.buffer().length).add(piece.buffer());
            piece = null;
            askAhead();
        }
    }
}
