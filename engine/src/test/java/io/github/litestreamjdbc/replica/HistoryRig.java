package io.github.litestreamjdbc.replica;

import io.github.litestreamjdbc.agent.Agent;
import io.github.litestreamjdbc.agent.AgentRunner;
import io.github.litestreamjdbc.agent.TimeSource;
import io.github.litestreamjdbc.api.PageEncoding;
import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.api.RestoreOptions;
import io.github.litestreamjdbc.api.RestoreTarget;
import io.github.litestreamjdbc.capture.CaptureAgent;
import io.github.litestreamjdbc.capture.Database;
import io.github.litestreamjdbc.capture.LocalLtx;
import io.github.litestreamjdbc.capture.Progress;
import io.github.litestreamjdbc.capture.StartCheck;
import io.github.litestreamjdbc.capture.WriteGate;
import io.github.litestreamjdbc.restore.Restorer;
import io.github.litestreamjdbc.spi.DirectoryStore;
import io.github.litestreamjdbc.spi.FetchedObject;
import io.github.litestreamjdbc.spi.FileModes;
import io.github.litestreamjdbc.spi.KeyLayout;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.ObjectStore;
import io.github.litestreamjdbc.spi.Precondition;
import io.github.litestreamjdbc.spi.StoredObject;
import io.github.litestreamjdbc.store.LtxFile;
import io.github.litestreamjdbc.store.LtxStore;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;

/** A database, its replica in a directory, and all three agents, stepped by the test in a time of the test's. */
public final class HistoryRig implements AutoCloseable {
    final Path file;
    final Path meta;
    final Connection application;
    final Database database;
    final LocalLtx local;
    final Progress progress = new Progress();
    final ReplicaFiles files = new ReplicaFiles();
    final CountingStore counted;
    final LtxStore replica;
    final CaptureAgent capture;
    final UploadAgent upload;
    final MaintenanceAgent maintenance;
    final ValidationAgent validation;
    final Path spare;
    final Time time;

    HistoryRig(Path directory, ReplicationConfig.Maintenance settings) throws SQLException, IOException {
        this(directory, settings, UnaryOperator.identity(), new Time());
    }

    /** With something between the agents and the replica, and a time that several may share. */
    public HistoryRig(
            Path directory, ReplicationConfig.Maintenance settings, UnaryOperator<ObjectStore> line, Time time)
            throws SQLException, IOException {
        this(directory, settings, line, UnaryOperator.identity(), time);
    }

    /** As before, with something between the agents and the local files too. */
    HistoryRig(
            Path directory,
            ReplicationConfig.Maintenance settings,
            UnaryOperator<ObjectStore> line,
            UnaryOperator<Path> disk,
            Time time)
            throws SQLException, IOException {
        this.time = time;
        file = directory.resolve("app.db");
        spare = directory.resolve("spare");
        meta = disk.apply(Files.createDirectories(directory.resolve("meta")));
        application = DriverManager.getConnection("jdbc:sqlite:" + file);
        run("PRAGMA journal_mode=WAL", "PRAGMA wal_autocheckpoint=0", "PRAGMA synchronous=OFF");
        run("CREATE TABLE IF NOT EXISTS counter (n INTEGER, at INTEGER, filler BLOB)");
        counted = new CountingStore(
                line.apply(new DirectoryStore(directory.resolve("replica"), FileModes.PRIVATE, false)));
        replica = new LtxStore(counted, KeyLayout.DIRECTORY);
        ReplicationConfig.Capture capturing = new ReplicationConfig.Capture(
                Duration.ZERO,
                Duration.ZERO,
                50,
                200,
                Duration.ZERO,
                PageEncoding.BLOCK,
                ReplicationConfig.Limits.DEFAULTS);
        ReplicationConfig config = new ReplicationConfig(
                "file:replica",
                Map.of(),
                "rig",
                meta,
                ReplicationConfig.OnMismatch.REFUSE,
                ReplicationConfig.Fencing.AUTO,
                ReplicationConfig.Restore.DEFAULTS,
                capturing,
                settings,
                new ReplicationConfig.Validation(Duration.ofHours(1), spare, 1 << 30),
                ReplicationConfig.Durability.DEFAULTS,
                ReplicationConfig.Lifecycle.DEFAULTS);
        local = new LocalLtx(new DirectoryStore(meta, FileModes.PRIVATE, true), PageEncoding.BLOCK);
        WriteGate gate = new WriteGate();
        database = Database.open(file, gate);
        StartCheck.Start start = new StartCheck(database, local, meta).check();
        LocalState state = LocalState.read(local, meta, start);
        capture = new CaptureAgent(database, local, config, gate, progress, time);
        AgentRunner nobody = new AgentRunner(whoNeverRuns(), time);
        CaptureControl control = new CaptureControl(capture, nobody.start(capture, bug -> {}));
        upload = new UploadAgent(
                replica,
                new SeenReplica(meta, "file:replica"),
                files,
                local,
                config,
                state,
                start,
                control,
                progress,
                time);
        maintenance = new MaintenanceAgent(replica, files, local, config, control, progress, time);
        validation = new ValidationAgent(replica, config, control, progress, time);
        settle();
    }

    /** Wake-ups go nowhere: the test steps. */
    private static ScheduledExecutorService whoNeverRuns() {
        return (ScheduledExecutorService) Proxy.newProxyInstance(
                HistoryRig.class.getClassLoader(),
                new Class<?>[] {ScheduledExecutorService.class},
                (proxy, method, arguments) -> null);
    }

    /** The time that only the test moves. */
    public static final class Time implements TimeSource {
        private long nanos;
        private final Random random = new Random(7);

        @Override
        public Instant instant() {
            return Instant.parse("2026-03-01T11:58:00Z").plusNanos(nanos);
        }

        @Override
        public long nanoTime() {
            return nanos;
        }

        @Override
        public RandomGenerator jitter() {
            return random;
        }

        /** Lets it pass. */
        public void advance(Duration duration) {
            nanos += duration.toNanos();
        }
    }

    /** What the application does. */
    public void run(String... statements) throws SQLException {
        try (Statement statement = application.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /** Steps all agents until none has anything to do at this instant. */
    Agent.Next settle() {
        Agent.Next next = null;
        int quiet = 0;
        while (quiet < 5) {
            long before = progress.captured() + progress.uploaded();
            capture.step(time.nanoTime());
            Agent.Next uploading = upload.step(time.nanoTime());
            next = maintenance.step(time.nanoTime());
            boolean same = before == progress.captured() + progress.uploaded();
            boolean waits = uploading.delayNanos() > 0 && next.delayNanos() > 0;
            quiet = same && waits ? quiet + 1 : 0;
        }
        return next;
    }

    /** Steps the capture agent until it has taken what was committed. */
    public void take() {
        for (int quiet = 0; quiet < 5; ) {
            long before = progress.captured();
            capture.step(time.nanoTime());
            quiet = before == progress.captured() ? quiet + 1 : 0;
        }
    }

    /** Steps the upload agent once. */
    public Agent.Next upload() {
        return upload.step(time.nanoTime());
    }

    /** Where capture and upload are. */
    public Progress progress() {
        return progress;
    }

    /** What the replica lists. */
    public List<LtxFile> listing() throws IOException {
        return replica.listAll();
    }

    /** Restores the newest state. */
    public void restore(Path target) throws Exception {
        RestoreOptions options = new RestoreOptions(
                new RestoreTarget.Latest(),
                RestoreOptions.Format.AUTO,
                false,
                ReplicationConfig.IntegrityCheck.FULL,
                4);
        new Restorer(replica, "file:replica").restore(target, options, progress -> {}, restored -> {});
    }

    /** The database's bytes as SQLite sees them. */
    public String hash() throws Exception {
        return hash(application.unwrap(org.sqlite.SQLiteConnection.class).serialize("main"));
    }

    /** Of a file's content. */
    public static String hash(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    /** Ends as if the process had died, but for the files being closed. */
    @Override
    public void close() throws SQLException, IOException {
        capture.abandon();
        maintenance.abandon();
        validation.abandon();
        application.close();
        database.close();
    }

    /** Counts what is asked of a store. */
    static class CountingStore implements ObjectStore {
        private final ObjectStore store;
        int lists;
        int requests;

        CountingStore(ObjectStore store) {
            this.store = store;
        }

        @Override
        public void list(String prefix, String after, Consumer<? super StoredObject> visitor) throws IOException {
            lists++;
            requests++;
            store.list(prefix, after, visitor);
        }

        @Override
        public FetchedObject get(String key, long offset, long lengthBytes) throws IOException {
            requests++;
            return store.get(key, offset, lengthBytes);
        }

        @Override
        public StoredObject put(String key, ObjectBody body, Instant created, Precondition precondition)
                throws IOException {
            requests++;
            return store.put(key, body, created, precondition);
        }

        @Override
        public void delete(Collection<String> keys) throws IOException {
            requests++;
            store.delete(keys);
        }

        @Override
        public void close() {
            store.close();
        }
    }
}
