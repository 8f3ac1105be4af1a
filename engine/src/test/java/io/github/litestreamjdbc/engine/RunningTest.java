package io.github.litestreamjdbc.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.api.ReplicationEvent.Kind;
import io.github.litestreamjdbc.capture.Counters;
import io.github.litestreamjdbc.capture.Database;
import io.github.litestreamjdbc.capture.LocalLtx;
import io.github.litestreamjdbc.capture.Progress;
import io.github.litestreamjdbc.capture.StartCheck;
import io.github.litestreamjdbc.capture.WriteGate;
import io.github.litestreamjdbc.replica.LocalState;
import io.github.litestreamjdbc.replica.SeenReplica;
import io.github.litestreamjdbc.spi.DirectoryStore;
import io.github.litestreamjdbc.spi.FileModes;
import io.github.litestreamjdbc.spi.ForwardingStore;
import io.github.litestreamjdbc.spi.KeyLayout;
import io.github.litestreamjdbc.spi.ObjectStore;
import io.github.litestreamjdbc.spi.StoreCounters;
import io.github.litestreamjdbc.spi.StoredObject;
import io.github.litestreamjdbc.store.LtxStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One thread ends replication while another waits for something of it. */
class RunningTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    private Path directory;

    private Path file;
    private Connection application;
    private final List<Kind> told = new CopyOnWriteArrayList<>();

    @BeforeEach
    void open() throws SQLException {
        file = directory.resolve("app.db");
        application = DriverManager.getConnection("jdbc:sqlite:" + file);
        try (Statement statement = application.createStatement()) {
            statement.execute("PRAGMA journal_mode=WAL");
            statement.execute("CREATE TABLE t (v)");
        }
    }

    @AfterEach
    void close() throws SQLException {
        application.close();
    }

    private Running begin(ObjectStore store) throws Exception {
        Path meta = Files.createDirectories(directory.resolve("meta"));
        String url = "file:replica";
        ReplicationConfig config = new ReplicationConfig(
                url,
                Map.of(),
                "app.db",
                meta,
                ReplicationConfig.OnMismatch.REFUSE,
                ReplicationConfig.Fencing.AUTO,
                ReplicationConfig.Restore.DEFAULTS,
                ReplicationConfig.Capture.DEFAULTS,
                ReplicationConfig.Maintenance.DEFAULTS,
                new ReplicationConfig.Validation(Duration.ZERO, directory.resolve("spare"), 1 << 30),
                ReplicationConfig.Durability.DEFAULTS,
                new ReplicationConfig.Lifecycle(Duration.ZERO, false, PATIENCE));
        LocalLtx local = new LocalLtx(
                new DirectoryStore(meta, FileModes.PRIVATE, true),
                config.capture().pageEncoding());
        WriteGate gate = new WriteGate();
        Database database = Database.open(file, gate);
        StartCheck.Start start = new StartCheck(database, local, meta).check();
        Progress progress = new Progress();
        progress.onEvent((kind, reason) -> told.add(kind));
        progress.awaitReplica();
        return new Running(
                config,
                database,
                local,
                new LtxStore(store, KeyLayout.DIRECTORY),
                new SeenReplica(meta, url),
                OwnerLock.tryAcquire(meta).orElseThrow(),
                LocalState.read(local, meta, start),
                start,
                gate,
                progress,
                new Totals(new Counters(), StoreCounters.NONE),
                null);
    }

    private DirectoryStore replica() {
        return new DirectoryStore(directory.resolve("replica"), FileModes.PRIVATE, false);
    }

    @Test
    void syncAtTheEndOfTheJvmThatMeetsTheCloseOfTheLastConnectionTellsOfNothingUnreplicated() throws Exception {
        Running running = begin(replica());
        running.awaitFirstAnswer();
        // The pool's.
        running.beginFinalSync();
        running.awaitFinalSync();
        assertThat(told).endsWith(Kind.STOPPED);
        CountDownLatch captureGoesOn = new CountDownLatch(1);
        try {
            keepCaptureFromRunning(captureGoesOn);
            // The hook's.
            running.beginFinalSync();
            CompletableFuture<Void> hook = CompletableFuture.runAsync(running::awaitFinalSync);
            await().atMost(PATIENCE).until(RunningTest::isSyncAwaited);
            running.close();
            hook.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } finally {
            captureGoesOn.countDown();
        }
        assertThat(told).endsWith(Kind.STOPPED).doesNotContain(Kind.STOPPED_UNREPLICATED);
    }

    private static void keepCaptureFromRunning(CountDownLatch until) throws InterruptedException {
        int threads = 2;
        CountDownLatch kept = new CountDownLatch(threads);
        for (int thread = 0; thread < threads; thread++) {
            Pools.LOCAL.execute(() -> {
                kept.countDown();
                try {
                    until.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
        }
        assertThat(kept.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }

    private static boolean isSyncAwaited() {
        return Thread.getAllStackTraces().values().stream()
                .flatMap(Arrays::stream)
                .anyMatch(frame -> frame.getClassName().equals(Progress.class.getName())
                        && frame.getMethodName().equals("waitUntil"));
    }

    @Test
    void whoWaitsForTheFirstAnswerOfWhatHasEndedDoesNotSayThatItIsAskedOn() throws Exception {
        List<String> said = new CopyOnWriteArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord entry) {
                said.add(entry.getMessage());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger logger = Logger.getLogger(Running.class.getName());
        logger.addHandler(handler);
        try {
            Running running = begin(new ForwardingStore(replica()) {
                @Override
                public void list(String prefix, String after, Consumer<? super StoredObject> visitor)
                        throws IOException {
                    throw new IOException("down");
                }
            });
            running.close();
            running.awaitFirstAnswer();
        } finally {
            logger.removeHandler(handler);
        }
        assertThat(said).isEmpty();
    }
}
