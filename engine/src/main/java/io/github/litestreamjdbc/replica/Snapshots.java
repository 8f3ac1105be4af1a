package io.github.litestreamjdbc.replica;

import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.capture.Progress;
import io.github.litestreamjdbc.capture.SnapshotImage;
import io.github.litestreamjdbc.ltx.LtxWriter;
import io.github.litestreamjdbc.ltx.Txid;
import io.github.litestreamjdbc.ltx.TxidRange;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.Precondition;
import io.github.litestreamjdbc.spi.PreconditionFailedException;
import io.github.litestreamjdbc.store.LtxFile;
import io.github.litestreamjdbc.store.LtxStore;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;

/**
 * Takes one snapshot at a time: asks capture for an image, writes it to a file on this machine, at the speed of the disk,
 * so that the image is held no longer than that, and puts the file once the replica has the image's TXID. Used by the
 * maintenance thread, but for {@link #request}.
 */
final class Snapshots {
    private final LtxStore replica;
    private final ReplicaFiles files;
    private final ReplicationConfig config;
    private final CaptureControl capture;
    private final Progress progress;

    private final Queue<CompletableFuture<Long>> requests = new ConcurrentLinkedQueue<>();

    /** Those whom the snapshot at hand answers. */
    private final List<CompletableFuture<Long>> waiting = new ArrayList<>();

    /** Asked for; null if none is. */
    private CompletableFuture<Optional<SnapshotImage>> image;

    /** Written and not put; null if none is. */
    private Staged staged;

    private record Staged(Path path, LtxFile file, long begunNanos) {}

    Snapshots(
            LtxStore replica, ReplicaFiles files, ReplicationConfig config, CaptureControl capture, Progress progress) {
        this.replica = replica;
        this.files = files;
        this.config = config;
        this.capture = capture;
        this.progress = progress;
    }

    /** Asks for one. Safe for use by several threads. */
    CompletableFuture<Long> request() {
        CompletableFuture<Long> txid = new CompletableFuture<>();
        requests.add(txid);
        return txid;
    }

    /** Whether one is asked for or at hand. */
    boolean busy() {
        return image != null || staged != null || !requests.isEmpty();
    }

    /** Goes as far as it can without waiting; false if nothing could be done. */
    boolean advance() throws IOException, SQLException {
        if (staged != null) {
            return put();
        }
        if (image != null) {
            return image.isDone() && stage();
        }
        if (requests.isEmpty()) {
            return false;
        }
        for (CompletableFuture<Long> request = requests.poll(); request != null; request = requests.poll()) {
            waiting.add(request);
        }
        image = capture.image();
        return true;
    }

    private boolean stage() throws IOException, SQLException {
        Optional<SnapshotImage> opened = opened();
        if (opened.isEmpty()) {
            // Somebody holds the write lock, or a full image is being written.
            requests.addAll(waiting);
            waiting.clear();
            return false;
        }
        try (SnapshotImage snapshot = opened.get()) {
            if (SnapshotPlan.isWhole(files.all(), snapshot.txid())) {
                answer(snapshot.txid());
                return true;
            }
            staged = write(snapshot);
            return true;
        } catch (IOException | SQLException | RuntimeException e) {
            requests.addAll(waiting);
            waiting.clear();
            throw e;
        }
    }

    private Optional<SnapshotImage> opened() throws IOException {
        try {
            return image.get();
        } catch (ExecutionException e) {
            requests.addAll(waiting);
            waiting.clear();
            throw new IOException("no image of the database: " + e.getCause(), e.getCause());
        } catch (InterruptedException e) {
            throw new IllegalStateException("a finished answer was waited for", e);
        } finally {
            image = null;
        }
    }

    private Staged write(SnapshotImage snapshot) throws IOException {
        long begun = System.nanoTime();
        Path path = Files.createTempFile(config.metaPath(), "snapshot-", ".tmp");
        boolean written = false;
        try (OutputStream out = Files.newOutputStream(path)) {
            LtxWriter writer =
                    new LtxWriter(out, snapshot.header(), config.capture().pageEncoding());
            snapshot.writeTo(writer, progress::isSettling);
            writer.finish();
            written = true;
            return new Staged(
                    path,
                    new LtxFile(
                            LtxStore.SNAPSHOT_LEVEL,
                            new TxidRange(1, snapshot.txid()),
                            writer.bytesWritten(),
                            Instant.ofEpochMilli(snapshot.timestampMillis())),
                    begun);
        } finally {
            if (!written) {
                Files.deleteIfExists(path);
            }
        }
    }

    /** No level is ever ahead of level 0. */
    private boolean put() throws IOException {
        long txid = staged.file().txids().max();
        if (Txid.compare(progress.uploaded(), txid) < 0) {
            return false;
        }
        LtxFile file = staged.file();
        try {
            replica.put(
                    file.level(), file.txids(), ObjectBody.of(staged.path()), file.created(), Precondition.IF_ABSENT);
            files.put(file);
            progress.counters().snapshots().done(file.sizeBytes(), System.nanoTime() - staged.begunNanos());
        } catch (PreconditionFailedException taken) {
            // The answer to an earlier attempt was lost, or it was taken before this start: a snapshot of that TXID is
            // there.
            replica.list(file.level(), 0).stream()
                    .filter(listed -> listed.txids().equals(file.txids()))
                    .forEach(files::put);
        }
        Files.deleteIfExists(staged.path());
        staged = null;
        answer(txid);
        return true;
    }

    private void answer(long txid) {
        waiting.forEach(one -> one.complete(txid));
        waiting.clear();
    }

    /** Gives everything up. */
    void abandon() {
        if (image != null) {
            image.thenAccept(opened -> opened.ifPresent(Snapshots::close));
            image = null;
        }
        if (staged != null) {
            // Deleted at the next start if it cannot be now.
            staged.path().toFile().delete();
            staged = null;
        }
        requests.addAll(waiting);
        waiting.clear();
        IllegalStateException ended = new IllegalStateException("replication of " + config.name() + " has ended");
        for (CompletableFuture<Long> request = requests.poll(); request != null; request = requests.poll()) {
            request.completeExceptionally(ended);
        }
    }

    private static void close(SnapshotImage image) {
        try {
            image.close();
        } catch (IOException | SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
