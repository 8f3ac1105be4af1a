package io.github.litestreamjdbc.capture;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * What was done for one database since it was first replicated in this JVM. Everything only grows but the local files'
 * number and size. Safe for use by several threads, none of which ever waits here.
 */
public final class Counters {
    /** Kinds of checkpoints. */
    public enum CheckpointKind {
        /** After capturing everything, so that the WAL can begin anew. */
        SEAL,
        /** The emergency brake that waits for readers. */
        DRAIN,
        /** While nothing is captured. */
        COPY_BACK
    }

    /**
     * Work that recurs: how often it was done, the bytes that came of it, and how long the last time took.
     *
     * <p>One writer at a time.
     */
    public static final class Work {
        private volatile long count;
        private volatile long bytes;
        private volatile long nanos;
        private volatile long lastMillis;
        private volatile long lastBytes;
        private volatile long lastEndMillis;

        /** Done once more, just now. */
        public void done(long producedBytes, long tookNanos) {
            lastBytes = producedBytes;
            lastMillis = tookNanos / 1_000_000;
            lastEndMillis = System.currentTimeMillis();
            bytes = bytes + producedBytes;
            nanos = nanos + tookNanos;
            count = count + 1;
        }

        public long count() {
            return count;
        }

        public long bytes() {
            return bytes;
        }

        /** How long all of it took together, in milliseconds. */
        public long millis() {
            return nanos / 1_000_000;
        }

        public long lastBytes() {
            return lastBytes;
        }

        public long lastMillis() {
            return lastMillis;
        }

        /** Epoch milliseconds; 0 if it was never done. */
        public long lastEndMillis() {
            return lastEndMillis;
        }
    }

    private final LongAdder commits = new LongAdder();
    private final LongAdder pages = new LongAdder();
    private final LongAdder bytesCaptured = new LongAdder();
    private final LongAdder bytesUploaded = new LongAdder();
    private final AtomicLong localFiles = new AtomicLong();
    private final AtomicLong localBytes = new AtomicLong();
    private final Work[] checkpoints = {new Work(), new Work(), new Work()};
    private final Work snapshots = new Work();
    private final Work compactions = new Work();

    /** A level-0 file with these was written. */
    void captured(long newCommits, long newPages, long fileBytes) {
        commits.add(newCommits);
        pages.add(newPages);
        bytesCaptured.add(fileBytes);
    }

    void uploaded(long fileBytes) {
        bytesUploaded.add(fileBytes);
    }

    /** So many local level-0 files there are at the beginning. */
    void localFilesAtStart(long files, long bytes) {
        localFiles.set(files);
        localBytes.set(bytes);
    }

    /** There are more local level-0 files, or fewer. */
    void localFiles(long moreFiles, long moreBytes) {
        localFiles.addAndGet(moreFiles);
        localBytes.addAndGet(moreBytes);
    }

    public long commits() {
        return commits.sum();
    }

    public long pages() {
        return pages.sum();
    }

    public long bytesCaptured() {
        return bytesCaptured.sum();
    }

    public long bytesUploaded() {
        return bytesUploaded.sum();
    }

    public long localFiles() {
        return localFiles.get();
    }

    public long localBytes() {
        return localBytes.get();
    }

    /** Checkpoints of a kind, their bytes not counted. */
    public Work checkpoints(CheckpointKind kind) {
        return checkpoints[kind.ordinal()];
    }

    /** Files of the whole database that went to the replica. */
    public Work snapshots() {
        return snapshots;
    }

    /** Merges of files into a level. */
    public Work compactions() {
        return compactions;
    }
}
