package io.github.litestreamjdbc.capture;

import io.github.litestreamjdbc.spi.LogLine;
import java.util.concurrent.TimeUnit;

/** Says in the log how far a full image has come, every few seconds. Used by the capture thread. */
final class ImageLog implements Baseline.ProgressSink {
    private static final System.Logger LOG = System.getLogger(ImageLog.class.getName());
    private static final long EVERY_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final String name;
    private final boolean enabled;
    private long loggedNanos;

    ImageLog(String name, boolean enabled) {
        this.name = name;
        this.enabled = enabled;
    }

    @Override
    public void written(long pages, long ofPages) {
        if (!enabled) {
            return;
        }
        long now = System.nanoTime();
        if (pages == 1) {
            loggedNanos = now;
        } else if (now - loggedNanos >= EVERY_NANOS) {
            loggedNanos = now;
            LOG.log(
                    System.Logger.Level.INFO,
                    LogLine.of("database", name).says("full image, " + pages + " of " + ofPages + " pages"));
        }
    }
}
