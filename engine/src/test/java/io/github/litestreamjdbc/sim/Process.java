package io.github.litestreamjdbc.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.agent.AgentHandle;
import io.github.litestreamjdbc.agent.AgentRunner;
import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.capture.CaptureAgent;
import io.github.litestreamjdbc.capture.Database;
import io.github.litestreamjdbc.capture.LocalLtx;
import io.github.litestreamjdbc.capture.Progress;
import io.github.litestreamjdbc.capture.StartCheck;
import io.github.litestreamjdbc.capture.WriteGate;
import io.github.litestreamjdbc.replica.CaptureControl;
import io.github.litestreamjdbc.replica.LocalState;
import io.github.litestreamjdbc.replica.MaintenanceAgent;
import io.github.litestreamjdbc.replica.ReplicaFiles;
import io.github.litestreamjdbc.replica.SeenReplica;
import io.github.litestreamjdbc.replica.UploadAgent;
import io.github.litestreamjdbc.sim.Tally.Event;
import io.github.litestreamjdbc.spi.DirectoryStore;
import io.github.litestreamjdbc.spi.FileModes;
import io.github.litestreamjdbc.spi.KeyLayout;
import io.github.litestreamjdbc.store.LtxFile;
import io.github.litestreamjdbc.store.LtxStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Random;

/** One simulated process that replicates a database: wired as in production, but for the threads. */
final class Process implements AutoCloseable {
    private static final long FIRST_ANSWER_NANOS = 2_000_000_000L;

    final Path file;
    final Path meta;
    final SimulatedDisk disk;
    final FaultyObjectStore line;
    final Lineage lineage;
    final Progress progress = new Progress();

    private final VirtualTime time;
    private final SimulatedPool capturePool;
    private final SimulatedPool uploadPool;
    private final SimulatedPool maintenancePool;
    private final LocalLtx local;
    private final Database database;
    private final StartCheck.Start start;
    private final CaptureControl capture;
    private final UploadAgent upload;
    private final AgentHandle uploadHandle;
    private final MaintenanceAgent maintenance;
    private final Tally tally;
    private final long startNanos;
    private Throwable failure;
    private boolean alone;
    private long observedTxid;

    Process(
            Path file,
            SimulatedDisk disk,
            FaultyObjectStore line,
            ReplicationConfig config,
            Lineage lineage,
            VirtualTime time,
            Tally tally)
            throws IOException, SQLException {
        this.tally = tally;
        this.file = file;
        this.meta = config.metaPath();
        this.disk = disk;
        this.line = line;
        this.lineage = lineage;
        this.time = time;
        this.observedTxid = lineage.newestTxid();
        this.startNanos = time.nanoTime();
        Path watchedMeta = disk.watched(meta);
        local = new LocalLtx(
                new DirectoryStore(watchedMeta, FileModes.PRIVATE, true),
                config.capture().pageEncoding());
        local.settle();
        WriteGate gate = new WriteGate();
        database = Database.open(disk.watched(file), gate);
        start = new StartCheck(database, local, watchedMeta).check();
        tally.count(start instanceof StartCheck.Resume ? Event.RESUMED : Event.FULL_IMAGE);
        LocalState state = LocalState.read(local, watchedMeta, start);
        LtxStore replica = new LtxStore(line, KeyLayout.DIRECTORY);
        CaptureAgent agent = new CaptureAgent(database, local, withMeta(config, watchedMeta), gate, progress, time);
        capturePool = new SimulatedPool(time, this::uploadWaitsForCapture);
        uploadPool = new SimulatedPool(time, () -> false);
        capture = new CaptureControl(agent, new AgentRunner(capturePool, time).start(agent, this::failed));
        maintenancePool = new SimulatedPool(time, () -> false);
        ReplicaFiles files = new ReplicaFiles();
        upload = new UploadAgent(
                replica,
                new SeenReplica(watchedMeta, config.replicaUrl()),
                files,
                local,
                withMeta(config, watchedMeta),
                state,
                start,
                capture,
                progress,
                time);
        uploadHandle = new AgentRunner(uploadPool, time).start(upload, this::failed);
        maintenance =
                new MaintenanceAgent(replica, files, local, withMeta(config, watchedMeta), capture, progress, time);
        AgentHandle maintenanceHandle = new AgentRunner(maintenancePool, time).start(maintenance, this::failed);
        progress.onCaptured(uploadHandle::wake);
        progress.onUploaded(() -> {
            maintenanceHandle.hint();
            if (progress.syncWanted()) {
                capture.wake();
            }
        });
    }

    private static ReplicationConfig withMeta(ReplicationConfig config, Path meta) {
        return new ReplicationConfig(
                config.replicaUrl(),
                config.storeSettings(),
                config.name(),
                meta,
                config.onMismatch(),
                config.fencing(),
                config.restore(),
                config.capture(),
                config.maintenance(),
                config.durability(),
                config.lifecycle());
    }

    /** While it decides, the upload thread waits for answers of the capture thread: these have to come within its step. */
    private boolean uploadWaitsForCapture() {
        return upload != null && !upload.decided().isDone() && uploading;
    }

    private boolean uploading;

    private void failed(Throwable bug) {
        failure = bug;
    }

    /** Runs up to so many tasks that are due. */
    void run(Random choice, int tasks) throws IOException {
        for (int i = 0; i < tasks; i++) {
            boolean ran = runOne(choice);
            observe();
            if (failure != null) {
                throw new AssertionError("a step threw", failure);
            }
            if (!alone && !upload.decided().isDone() && time.nanoTime() - startNanos > FIRST_ANSWER_NANOS) {
                alone = true;
                if (upload.canBeginAlone()) {
                    capture.begin(start);
                } else {
                    capture.waitForReplica();
                }
            }
            if (!ran) {
                return;
            }
        }
    }

    private boolean runOne(Random choice) throws IOException {
        return switch (choice.nextInt(3)) {
            case 0 -> capturePool.runOne(choice) || runUpload(choice) || maintenancePool.runOne(choice);
            case 1 -> runUpload(choice) || maintenancePool.runOne(choice) || capturePool.runOne(choice);
            default -> maintenancePool.runOne(choice) || capturePool.runOne(choice) || runUpload(choice);
        };
    }

    private boolean runUpload(Random choice) throws IOException {
        while (!upload.decided().isDone() && capturePool.runOne(choice)) {
            observe();
        }
        uploading = true;
        try {
            return uploadPool.runOne(choice);
        } finally {
            uploading = false;
        }
    }

    /** Takes notice of new level-0 files before anybody can prune them. */
    void observe() throws IOException {
        for (LtxFile ltx : local.list()) {
            long txid = ltx.txids().max();
            if (txid <= observedTxid) {
                continue;
            }
            byte[] base = lineage.at(txid - 1);
            byte[] bytes =
                    Files.readAllBytes(meta.resolve("ltx/0").resolve(ltx.txids().fileName()));
            lineage.captured(
                    txid,
                    Images.apply(base == null ? Images.NONE : base, ltx.txids().fileName(), bytes));
            observedTxid = txid;
            tally.count(Event.CAPTURED);
        }
    }

    long observedTxid() {
        return observedTxid;
    }

    long untilNextNanos() {
        return Math.min(
                Math.min(capturePool.untilNextNanos(), uploadPool.untilNextNanos()), maintenancePool.untilNextNanos());
    }

    void hint() {
        capture.handle().hint();
    }

    void wake() {
        progress.requestSync();
        capture.wake();
        uploadHandle.wake();
    }

    ReplicationState state() {
        return capture.agent().reading().state();
    }

    String reason() {
        return capture.agent().reading().reason();
    }

    boolean refused() {
        return upload.decided().getNow(null) instanceof UploadAgent.Refused;
    }

    boolean isFenced() {
        return state() == ReplicationState.FENCED || refused() || progress.isStopped();
    }

    boolean isQuiet() {
        return progress.uploaded() == progress.captured() && upload.decided().isDone();
    }

    /** The process is gone; its descriptors with it. */
    @Override
    public void close() throws SQLException, IOException {
        line.kill();
        disk.fail(0);
        disk.interrupt(0, null);
        capture.agent().abandon();
        maintenance.abandon();
        database.close();
        assertThat(failure).isNull();
    }
}
