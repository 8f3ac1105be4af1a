package io.github.litestreamjdbc.replica;

import io.github.litestreamjdbc.agent.TimeSource;
import io.github.litestreamjdbc.api.ReplicationEvent;
import io.github.litestreamjdbc.capture.Progress;
import io.github.litestreamjdbc.ltx.TxidRange;
import io.github.litestreamjdbc.spi.FetchedObject;
import io.github.litestreamjdbc.spi.LogLine;
import io.github.litestreamjdbc.spi.ObjectNotFoundException;
import io.github.litestreamjdbc.store.LtxFile;
import io.github.litestreamjdbc.store.LtxStore;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Finds out what somebody else deletes from the replica, which no put and no delete of ours would show. Lists it an hour
 * after the last time if something was written since; an idle database asks nothing. Used by the maintenance thread.
 */
final class Inspection {
    private static final System.Logger LOG = System.getLogger(MaintenanceAgent.class.getName());
    private static final Duration INTERVAL = Duration.ofHours(1);

    /** How many of the files that a listing does not show are asked for by name before it is believed: the newest ones. */
    private static final int PROBES = 20;

    private final String name;
    private final LtxStore replica;
    private final ReplicaFiles files;
    private final Progress progress;
    private final TimeSource clock;
    private long lastNanos;

    /** What the replica had at the last inspection. */
    private long lastTxid;

    Inspection(String name, LtxStore replica, ReplicaFiles files, Progress progress, TimeSource clock) {
        this.name = name;
        this.replica = replica;
        this.files = files;
        this.progress = progress;
        this.clock = clock;
        this.lastNanos = clock.nanoTime();
    }

    /** What of a file a listing has to show. */
    private record Shown(int level, TxidRange txids, long sizeBytes) {
        Shown(LtxFile file) {
            this(file.level(), file.txids(), file.sizeBytes());
        }
    }

    /** How long until it is time to; {@code Long.MAX_VALUE} if nothing was written since the last time. */
    long dueNanos() {
        return progress.uploaded() == lastTxid
                ? Long.MAX_VALUE
                : Math.max(0, lastNanos + INTERVAL.toNanos() - clock.nanoTime());
    }

    /** Inspects if it is time to; whether it did. */
    boolean advance() throws IOException {
        if (dueNanos() > 0) {
            return false;
        }
        long uploaded = progress.uploaded();
        forgetWhatIsGone();
        lastNanos = clock.nanoTime();
        lastTxid = uploaded;
        return true;
    }

    /** Inspects. A listing may be behind: what it does not show is gone only if it cannot be read either. */
    void forgetWhatIsGone() throws IOException {
        List<LtxFile> missing = new ArrayList<>(files.all());
        Set<Shown> shown = new HashSet<>();
        for (LtxFile file : replica.listAll()) {
            files.seen(file);
            shown.add(new Shown(file));
        }
        missing.removeIf(file -> shown.contains(new Shown(file)));
        missing.sort(Comparator.comparing(LtxFile::created).reversed());
        for (LtxFile file : missing.subList(0, Math.min(PROBES, missing.size()))) {
            if (exists(file)) {
                return;
            }
        }
        if (missing.isEmpty()) {
            return;
        }
        files.deleted(missing);
        LtxFile newest = missing.get(0);
        String reason =
                missing.size() + " files that were in " + replica + " are gone, and replication did not delete them;"
                        + " the newest is " + newest.txids().fileName() + " of level " + newest.level()
                        + ". If nothing leads to the newest state any more, a snapshot follows";
        LOG.log(
                System.Logger.Level.ERROR,
                LogLine.of("database", name).with("replica", replica).says(reason));
        progress.tell(ReplicationEvent.Kind.GAP_FOUND, reason);
    }

    private boolean exists(LtxFile file) throws IOException {
        try (FetchedObject found = replica.get(file.level(), file.txids(), 0, 1)) {
            return found.object().sizeBytes() == file.sizeBytes();
        } catch (ObjectNotFoundException gone) {
            return false;
        }
    }
}
