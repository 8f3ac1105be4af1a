package io.github.litestreamjdbc.restore;

import io.github.litestreamjdbc.api.RestoreReport.Shares;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;

/** What the threads of one restore spend their time with. Safe for use by several threads. */
final class RestoreShares {
    private final LongAdder download = new LongAdder();
    private final LongAdder decode = new LongAdder();
    private final LongAdder checksum = new LongAdder();
    private final LongAdder write = new LongAdder();
    private final LongAdder sync = new LongAdder();

    /** Each takes the time since {@code start}, as of {@link System#nanoTime}; returns the present one. */
    long download(long start) {
        return add(download, start);
    }

    long decode(long start) {
        return add(decode, start);
    }

    long checksum(long start) {
        return add(checksum, start);
    }

    long write(long start) {
        return add(write, start);
    }

    long sync(long start) {
        return add(sync, start);
    }

    private static long add(LongAdder share, long start) {
        long now = System.nanoTime();
        share.add(now - start);
        return now;
    }

    Shares reading() {
        return new Shares(
                Duration.ofNanos(download.sum()),
                Duration.ofNanos(decode.sum()),
                Duration.ofNanos(checksum.sum()),
                Duration.ofNanos(write.sum()),
                Duration.ofNanos(sync.sum()));
    }
}
