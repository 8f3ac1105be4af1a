package io.github.litestreamjdbc.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.agent.AgentHandle;
import io.github.litestreamjdbc.agent.AgentRunner;
import io.github.litestreamjdbc.agent.TimeSource;
import io.github.litestreamjdbc.api.PageEncoding;
import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.api.RestoreOptions;
import io.github.litestreamjdbc.api.RestoreTarget;
import io.github.litestreamjdbc.capture.CaptureAgent;
import io.github.litestreamjdbc.capture.Database;
import io.github.litestreamjdbc.capture.LocalLtx;
import io.github.litestreamjdbc.capture.Progress;
import io.github.litestreamjdbc.capture.StartCheck;
import io.github.litestreamjdbc.capture.WriteGate;
import io.github.litestreamjdbc.engine.Takeovers;
import io.github.litestreamjdbc.replica.CaptureControl;
import io.github.litestreamjdbc.replica.LeaseAgent;
import io.github.litestreamjdbc.replica.LeasedStore;
import io.github.litestreamjdbc.replica.LocalState;
import io.github.litestreamjdbc.replica.MaintenanceAgent;
import io.github.litestreamjdbc.replica.ReplicaFiles;
import io.github.litestreamjdbc.replica.SeenReplica;
import io.github.litestreamjdbc.replica.UploadAgent;
import io.github.litestreamjdbc.spi.DirectoryStore;
import io.github.litestreamjdbc.spi.FileModes;
import io.github.litestreamjdbc.spi.KeyLayout;
import io.github.litestreamjdbc.spi.ObjectStore;
import io.github.litestreamjdbc.store.LtxStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/**
 * One instance of an application with {@code lease=on} and {@code durability=replica} on a machine of its own: wired as in
 * production, but for the threads.
 */
final class LeaseInstance {
    static final Duration TTL = Duration.ofSeconds(15);

    private static final long FIRST_ANSWER_NANOS = Duration.ofSeconds(2).toNanos();
    private static final long LAST_SYNC_NANOS = Duration.ofSeconds(10).toNanos();
    private static final long RELEASE_NANOS = Duration.ofSeconds(2).toNanos();

    /** Where an instance is in its life. */
    enum State {
        DOWN,
        WAITING,
        HOLDING,
        /** The last connection was closed: the final sync is under way. */
        ENDING,
        /** The lease is being given back. */
        RELEASING
    }

    private record Unconfirmed(long row, long request) {}

    private final String name;
    private final VirtualTime time;
    private final LongConsumer confirmed;

    /** Its lease's: machines disagree about how fast time goes, and which time it is. */
    private final TimeSource leaseClock;

    private Path directory;
    private State state = State.DOWN;
    private long untilNanos;
    private LeaseLine line;
    private long pausedUntilNanos;
    private boolean standing;
    private boolean closedChain;

    private SimulatedPool leasePool;
    private LeaseAgent lease;
    private AgentHandle leaseHandle;

    private Work work;

    /** Why the last connect failed. */
    private String problem = "none";

    private final List<Unconfirmed> unconfirmed = new ArrayList<>();
    private long lastSync;

    LeaseInstance(
            String name,
            Path directory,
            LeaseLine line,
            VirtualTime time,
            TimeSource leaseClock,
            LongConsumer confirmed) {
        this.name = name;
        this.directory = directory;
        this.line = line;
        this.time = time;
        this.leaseClock = leaseClock;
        this.confirmed = confirmed;
    }

    State state() {
        return state;
    }

    /** What it is about, for people. */
    @Override
    public String toString() {
        return name + " " + state
                + (work == null ? "" : " " + work.capture.agent().reading())
                + (lease == null ? "" : ", lease of " + lease.describeHolder() + ", " + lease.lostReason())
                + ", last problem: " + problem;
    }

    LeaseLine line() {
        return line;
    }

    /** Whether it believes that it may write. */
    boolean isOpen() {
        return lease != null && lease.isOpen();
    }

    /** Whether it has taken over, and closed the chain of TXIDs to whoever wrote before. */
    boolean hasClosedTheChain() {
        return state == State.HOLDING && closedChain && isOpen();
    }

    /** SIGSTOP, and SIGCONT after a while. */
    void pause(long nanos) {
        pausedUntilNanos = time.nanoTime() + nanos;
    }

    /** In the middle of a request. */
    void standing(boolean now) {
        standing = now;
    }

    private boolean isRunning() {
        return !standing && time.nanoTime() >= pausedUntilNanos;
    }

    /** The first connect begins. */
    void start() {
        leasePool = new SimulatedPool(time, () -> false);
        lease = new LeaseAgent(name, line, TTL, leaseClock);
        leaseHandle = new AgentRunner(leasePool, leaseClock).start(lease, bug -> {
            throw new AssertionError(bug);
        });
        state = State.WAITING;
    }

    long untilNextNanos() {
        if (state == State.DOWN || standing) {
            return Long.MAX_VALUE;
        }
        long wait = Math.max(0, pausedUntilNanos - time.nanoTime());
        long next = leasePool.untilNextNanos();
        if (work != null) {
            next = Math.min(next, work.untilNextNanos());
        }
        return Math.max(wait, next);
    }

    /** Runs up to so many tasks that are due. */
    void run(Random choice, int tasks) throws IOException, SQLException {
        for (int i = 0; i < tasks && isRunning() && state != State.DOWN; i++) {
            boolean ran = leasePool.runOne(choice);
            if (state == State.WAITING && lease.isOpen()) {
                takeOver();
                ran = true;
            }
            if (work != null) {
                ran |= work.runOne(choice);
                confirm();
            }
            if (isRunning()) {
                goOn();
            }
            if (!ran) {
                return;
            }
        }
    }

    private void goOn() throws IOException, SQLException {
        switch (state) {
            case WAITING -> {
                if (lease.lostReason().isPresent()) {
                    state = State.DOWN;
                }
            }
            case HOLDING -> {
                if (work.isFenced()) {
                    // The application was told, and closes its connections.
                    release();
                }
            }
            case ENDING -> {
                if (isSynced() || time.nanoTime() >= untilNanos) {
                    release();
                }
            }
            case RELEASING -> {
                if (time.nanoTime() >= untilNanos) {
                    leaseHandle.stop();
                    state = State.DOWN;
                }
            }
            case DOWN -> {}
        }
    }

    private boolean isSynced() {
        try {
            work.progress.awaitSync(lastSync, 0);
            return true;
        } catch (ReplicationException.Transient notYet) {
            return false;
        } catch (ReplicationException ended) {
            return true;
        }
    }

    private void takeOver() throws IOException, SQLException {
        try {
            Takeovers.prepare(file(), config(), leased());
            closedChain = line.isBegun();
            work = new Work();
            state = State.HOLDING;
        } catch (ReplicationException failed) {
            // The connect fails, the application tries it again some time.
            problem = failed.toString();
            release();
        }
    }

    /** A commit, unless the application is told that it must not. */
    void commit(long row) throws SQLException {
        if (state != State.HOLDING || !isRunning() || work.isFenced() || !lease.isOpen()) {
            return;
        }
        work.insert(row);
        if (!lease.isOpen()) {
            return;
        }
        unconfirmed.add(new Unconfirmed(row, work.progress.requestGroupSync()));
        if (work.progress.syncWanted()) {
            work.capture.wake();
        } else {
            work.capture.handle().hint();
        }
    }

    private void confirm() {
        for (Iterator<Unconfirmed> each = unconfirmed.iterator(); each.hasNext(); ) {
            Unconfirmed one = each.next();
            try {
                work.progress.awaitCommit(one.request(), 0);
                confirmed.accept(one.row());
                each.remove();
            } catch (ReplicationException.Transient notYet) {
                // Its thread waits on.
            } catch (ReplicationException toldThatItIsNot) {
                each.remove();
            }
        }
    }

    boolean isConfirmed() {
        return unconfirmed.isEmpty();
    }

    /** The last connection is closed. */
    void end() {
        if (state == State.HOLDING) {
            state = State.ENDING;
            lastSync = work.progress.requestSync();
            work.wake();
            untilNanos = time.nanoTime() + LAST_SYNC_NANOS;
        }
    }

    private void release() throws SQLException, IOException {
        closeWork();
        lease.release();
        leaseHandle.wake();
        state = State.RELEASING;
        untilNanos = time.nanoTime() + RELEASE_NANOS;
    }

    /** SIGKILL; its machine goes on with what is on its disk, and a line of its own. */
    void kill(Path survivors, LeaseLine next) throws SQLException, IOException {
        line.kill();
        copyTree(directory, survivors);
        closeWork();
        if (state != State.DOWN) {
            leaseHandle.stop();
        }
        delete();
        directory = survivors;
        line = next;
        pausedUntilNanos = 0;
        state = State.DOWN;
    }

    private void closeWork() throws SQLException, IOException {
        if (work != null) {
            work.close();
            work = null;
            unconfirmed.clear();
        }
    }

    void close() throws SQLException, IOException {
        line.kill();
        closeWork();
        delete();
    }

    private static void copyTree(Path from, Path to) throws IOException {
        try (Stream<Path> tree = Files.walk(from)) {
            for (Path path : tree.toList()) {
                if (!path.getFileName().toString().endsWith("-shm")) {
                    Files.copy(path, to.resolve(from.relativize(path).toString()));
                }
            }
        }
    }

    private void delete() throws IOException {
        try (Stream<Path> tree = Files.walk(directory)) {
            for (Path path : tree.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }

    private Path file() {
        return directory.resolve("app.db");
    }

    private ObjectStore leased() {
        return new LeasedStore(line, lease, false);
    }

    private LtxStore replica() {
        return new LtxStore(leased(), KeyLayout.DIRECTORY);
    }

    private ReplicationConfig config() {
        return new ReplicationConfig(
                "simulated:",
                Map.of(),
                name,
                directory.resolve(".app.db-litestream"),
                ReplicationConfig.OnMismatch.REFUSE,
                ReplicationConfig.Fencing.REQUIRED,
                new ReplicationConfig.Restore(
                        true,
                        new RestoreOptions(
                                new RestoreTarget.Latest(),
                                RestoreOptions.Format.AUTO,
                                false,
                                ReplicationConfig.IntegrityCheck.NONE,
                                1),
                        false),
                new ReplicationConfig.Capture(
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(1),
                        20,
                        200,
                        Duration.ofSeconds(60),
                        PageEncoding.BLOCK),
                new ReplicationConfig.Maintenance(
                        List.of(Duration.ofSeconds(5), Duration.ofSeconds(60)),
                        Duration.ofMinutes(10),
                        Duration.ofHours(1),
                        Duration.ofMinutes(20),
                        Duration.ofSeconds(30)),
                ReplicationConfig.Validation.off(directory),
                new ReplicationConfig.Durability(true, Duration.ofSeconds(30)),
                ReplicationConfig.Lifecycle.DEFAULTS,
                new ReplicationConfig.Lease(true, TTL, Duration.ofSeconds(60)));
    }

    /** Running replication, as the first connection leaves it. */
    private final class Work {
        private final Progress progress = new Progress(time);
        private final Connection application;
        private final Database database;
        private final StartCheck.Start start;
        private final CaptureControl capture;
        private final MaintenanceAgent maintenance;
        private final UploadAgent upload;
        private final AgentHandle uploadHandle;
        private final SimulatedPool capturePool;
        private final SimulatedPool uploadPool = new SimulatedPool(time, () -> false);
        private final SimulatedPool maintenancePool = new SimulatedPool(time, () -> false);
        private final long startNanos = time.nanoTime();
        private Throwable failure;
        private boolean alone;
        private boolean uploading;

        Work() throws SQLException, IOException {
            application = DriverManager.getConnection("jdbc:sqlite:" + file());
            Machine.run(
                    application,
                    "PRAGMA journal_mode=WAL",
                    "PRAGMA synchronous=OFF",
                    "PRAGMA wal_autocheckpoint=0",
                    "CREATE TABLE IF NOT EXISTS log (n INTEGER, by TEXT)");
            ReplicationConfig config = config();
            LocalLtx local = new LocalLtx(
                    new DirectoryStore(config.metaPath(), FileModes.PRIVATE, true),
                    config.capture().pageEncoding());
            local.settle();
            WriteGate gate = new WriteGate();
            database = Database.open(file(), gate);
            start = new StartCheck(database, local, config.metaPath()).check();
            LocalState known = LocalState.read(local, config.metaPath(), start);
            local.list()
                    .forEach(ltx -> progress.found(
                            ltx.txids().max(), ltx.sizeBytes(), ltx.created().toEpochMilli()));
            CaptureAgent agent = new CaptureAgent(database, local, config, gate, progress, time);
            capturePool = new SimulatedPool(time, this::uploadWaitsForCapture);
            capture = new CaptureControl(agent, new AgentRunner(capturePool, time).start(agent, this::failed));
            ReplicaFiles files = new ReplicaFiles();
            SeenReplica seen = new SeenReplica(config.metaPath(), config.replicaUrl());
            upload = new UploadAgent(replica(), seen, files, local, config, known, start, capture, progress, time);
            uploadHandle = new AgentRunner(uploadPool, time).start(upload, this::failed);
            maintenance = new MaintenanceAgent(replica(), files, local, config, capture, progress, time);
            AgentHandle maintenanceHandle = new AgentRunner(maintenancePool, time).start(maintenance, this::failed);
            progress.onCaptured(uploadHandle::wake);
            progress.onUploaded(() -> {
                maintenanceHandle.hint();
                if (progress.gatherNanos() != Long.MAX_VALUE) {
                    capture.wake();
                }
            });
            lease.listen(
                    () -> {
                        progress.stop("lost");
                        capture.standBy(ReplicationState.FENCED, "lost");
                    },
                    () -> {
                        if (isFenced()) {
                            lease.lose("another writer");
                        }
                        uploadHandle.wake();
                    });
        }

        /** While it decides, the upload thread waits for answers of the capture thread, which come within its step. */
        private boolean uploadWaitsForCapture() {
            return upload != null && !upload.decided().isDone() && uploading;
        }

        private void failed(Throwable bug) {
            failure = bug;
        }

        boolean isFenced() {
            return capture.agent().reading().state() == ReplicationState.FENCED || progress.isStopped();
        }

        void insert(long row) throws SQLException {
            Machine.run(application, "INSERT INTO log VALUES (" + row + ", '" + name + "')");
        }

        void wake() {
            capture.wake();
            uploadHandle.wake();
        }

        boolean runOne(Random choice) {
            boolean ran = switch (choice.nextInt(3)) {
                case 0 -> capturePool.runOne(choice) || runUpload(choice) || maintenancePool.runOne(choice);
                case 1 -> runUpload(choice) || maintenancePool.runOne(choice) || capturePool.runOne(choice);
                default -> maintenancePool.runOne(choice) || capturePool.runOne(choice) || runUpload(choice);
            };
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
            return ran;
        }

        private boolean runUpload(Random choice) {
            while (!upload.decided().isDone() && capturePool.runOne(choice)) {
                // What it asks for is answered within its step.
            }
            uploading = true;
            try {
                return uploadPool.runOne(choice);
            } finally {
                uploading = false;
            }
        }

        long untilNextNanos() {
            return Math.min(
                    Math.min(capturePool.untilNextNanos(), uploadPool.untilNextNanos()),
                    maintenancePool.untilNextNanos());
        }

        void close() throws SQLException, IOException {
            progress.stop("ended");
            capture.agent().abandon();
            maintenance.abandon();
            application.close();
            database.close();
            assertThat(failure).isNull();
        }
    }
}
