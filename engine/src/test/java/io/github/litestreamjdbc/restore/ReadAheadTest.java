package io.github.litestreamjdbc.restore;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.agent.BufferBytes;
import io.github.litestreamjdbc.ltx.TxidRange;
import io.github.litestreamjdbc.spi.FetchedObject;
import io.github.litestreamjdbc.spi.KeyLayout;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.ObjectStore;
import io.github.litestreamjdbc.spi.Precondition;
import io.github.litestreamjdbc.spi.StoredObject;
import io.github.litestreamjdbc.store.LtxFile;
import io.github.litestreamjdbc.store.LtxStore;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class ReadAheadTest {
    private static final int PARALLELISM = 4;
    private static final long MOST_BYTES = 48L << 20;

    private final AtomicLong askedBytes = new AtomicLong();
    private final CountDownLatch together = new CountDownLatch(PARALLELISM);
    private final AtomicLong alone = new AtomicLong();

    /** Objects of nothing but a counter; the first requests wait for each other. */
    private final class Service implements ObjectStore {
        private final List<LtxFile> files;

        Service(List<LtxFile> files) {
            this.files = files;
        }

        private long sizeBytes(String key) {
            return files.stream()
                    .filter(file -> key.endsWith(file.txids().fileName()))
                    .findFirst()
                    .orElseThrow()
                    .sizeBytes();
        }

        @Override
        public FetchedObject get(String key, long offset, long lengthBytes) throws IOException {
            askedBytes.addAndGet(Math.min(lengthBytes, sizeBytes(key) - offset));
            together.countDown();
            try {
                if (!together.await(60, TimeUnit.SECONDS)) {
                    alone.incrementAndGet();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException(e);
            }
            return new FetchedObject(
                    new StoredObject(key, sizeBytes(key), Instant.EPOCH, "etag"), new Counting(offset));
        }

        @Override
        public void list(String prefix, String after, Consumer<? super StoredObject> visitor) {
            throw new UnsupportedOperationException();
        }

        @Override
        public StoredObject put(String key, ObjectBody body, Instant created, Precondition precondition) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void delete(Collection<String> keys) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {}
    }

    private static final class Counting extends InputStream {
        private long position;

        Counting(long position) {
            this.position = position;
        }

        @Override
        public int read() {
            return value(position++);
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            for (int i = 0; i < length; i++) {
                into[offset + i] = (byte) value(position++);
            }
            return length;
        }
    }

    private static int value(long position) {
        return (int) (position * 31 >> 8) & 0xff;
    }

    private static LtxFile file(int level, long txid, long sizeBytes) {
        return new LtxFile(level, TxidRange.of(txid), sizeBytes, Instant.EPOCH);
    }

    @Test
    void downloadsInParallelWithinABoundOnMemoryAndHandsOverInOrder() throws Exception {
        List<LtxFile> files = List.of(
                file(9, 1, (100L << 20) + 5),
                file(0, 2, 300),
                file(0, 3, 70_000),
                file(0, 4, (20L << 20) + 1),
                file(0, 5, 1));
        long consumed = 0;
        long mostAhead = 0;
        try (BufferBytes buffers = new BufferBytes();
                Workers workers = new Workers("test-read-ahead", PARALLELISM)) {
            ReadAhead ahead = new ReadAhead(
                    new LtxStore(new Service(files), KeyLayout.S3),
                    workers,
                    PARALLELISM,
                    new RestoreShares(),
                    buffers,
                    files);
            byte[] buffer = new byte[100_000];
            for (LtxFile file : files) {
                long position = 0;
                InputStream content = ahead.open(file);
                for (int n = content.read(buffer); n >= 0; n = content.read(buffer)) {
                    assertThat(buffer[0]).isEqualTo((byte) value(position));
                    assertThat(buffer[n - 1]).isEqualTo((byte) value(position + n - 1));
                    position += n;
                    consumed += n;
                    mostAhead = Math.max(mostAhead, askedBytes.get() - consumed);
                }
                assertThat(position).as("%s", file).isEqualTo(file.sizeBytes());
            }
        }
        assertThat(alone.get()).as("requests that nobody joined").isZero();
        assertThat(askedBytes.get()).as("each byte asked for once").isEqualTo(consumed);
        assertThat(mostAhead).as("bytes held").isBetween(8L << 20, MOST_BYTES);
    }

    @Test
    void manyConnectionsDoNotRaiseTheBound() throws Exception {
        for (int i = 0; i < PARALLELISM; i++) {
            together.countDown();
        }
        LtxFile large = file(9, 1, 150L << 20);
        try (BufferBytes buffers = new BufferBytes();
                Workers workers = new Workers("test-read-ahead", 32)) {
            ReadAhead ahead = new ReadAhead(
                    new LtxStore(new Service(List.of(large)), KeyLayout.S3),
                    workers,
                    32,
                    new RestoreShares(),
                    buffers,
                    List.of(large));
            InputStream content = ahead.open(large);
            byte[] buffer = new byte[1 << 20];
            long consumed = 0;
            for (int n = content.read(buffer); n >= 0; n = content.read(buffer)) {
                consumed += n;
                assertThat(askedBytes.get() - consumed).isLessThanOrEqualTo(MOST_BYTES);
            }
            assertThat(consumed).isEqualTo(large.sizeBytes());
        }
    }

    @Test
    void buffersOfEveryLengthTogetherStayWithinTheBound() throws Exception {
        for (int i = 0; i < PARALLELISM; i++) {
            together.countDown();
        }
        List<LtxFile> files = new ArrayList<>();
        for (int i = 1; i <= 120; i++) {
            files.add(file(0, i, i <= 40 ? 200_000 : i <= 80 ? 900_000 : 5_000_000));
        }
        long before = BufferBytes.held();
        try (BufferBytes buffers = new BufferBytes();
                Workers workers = new Workers("test-read-ahead", 32)) {
            ReadAhead ahead = new ReadAhead(
                    new LtxStore(new Service(files), KeyLayout.S3), workers, 32, new RestoreShares(), buffers, files);
            for (LtxFile file : files) {
                assertThat(ahead.open(file).skip(Long.MAX_VALUE)).isEqualTo(file.sizeBytes());
                assertThat(BufferBytes.held() - before).isLessThanOrEqualTo(MOST_BYTES);
            }
        }
        assertThat(BufferBytes.held()).isEqualTo(before);
    }
}
