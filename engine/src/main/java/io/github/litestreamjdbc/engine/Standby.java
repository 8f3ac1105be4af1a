package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.agent.Agent;
import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.api.ReplicationStatus;
import io.github.litestreamjdbc.spi.LogLine;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Another process replicates the database. This one writes to it as a plain user of SQLite, whose commits the other one
 * captures, and looks every second whether the other one has ended, to take over from it. Its reading may be taken by any
 * thread.
 */
final class Standby implements Agent {
    private static final System.Logger LOG = System.getLogger(Standby.class.getName());

    private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final LogLine about;
    private final Path metaPath;
    private final Consumer<? super OwnerLock> takeOver;
    private final Instant since;
    private final String reason;

    /** The failure that was logged last; null if the last look went well. */
    private String failure;

    /** @param takeOver what to do with the lock, once it is free; called once */
    Standby(String name, Path metaPath, Instant since, Consumer<? super OwnerLock> takeOver) {
        this.about = LogLine.of("database", name);
        this.metaPath = metaPath;
        this.takeOver = takeOver;
        this.since = since;
        this.reason = "replicated by " + OwnerLock.describeOwner(metaPath) + "; this process takes over when that ends";
        LOG.log(System.Logger.Level.INFO, about.says(reason));
    }

    @Override
    public Next step(long nowNanos) {
        try {
            Optional<OwnerLock> lock = OwnerLock.tryAcquire(metaPath);
            if (lock.isPresent()) {
                takeOver.accept(lock.get());
                return Next.idle();
            }
            failure = null;
        } catch (IOException e) {
            if (!e.toString().equals(failure)) {
                failure = e.toString();
                LOG.log(
                        System.Logger.Level.WARNING,
                        about.with("path", metaPath).says("cannot be looked at: " + failure));
            }
        }
        return Next.paced(LOOK_NANOS);
    }

    /** Why nothing can be confirmed here. */
    String reason() {
        return reason;
    }

    ReplicationStatus status() {
        return new ReplicationStatus(ReplicationState.STANDBY, since, reason, 0, 0, 0, 0, null, null, null);
    }
}
