package io.github.litestreamjdbc.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.engine.Databases;
import io.github.litestreamjdbc.engine.Replication;
import io.github.litestreamjdbc.testing.FaultyFiles;
import io.github.litestreamjdbc.testing.FaultyFiles.Step;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A connection without a busy timeout writes while a checkpoint of ours has SQLite's write lock: with plain sqlite-jdbc
 * nobody else would be there, so SQLITE_BUSY would be our doing. The disk of the local files stops the checkpoint twice:
 * before it closes the gate, for the transaction to begin, and in the middle of what it does under the lock.
 */
@Timeout(60)
class NeverBusyTest {
    private static final Duration SYNC = Duration.ofSeconds(20);

    @TempDir
    private Path directory;

    /** Level-0 files that were begun since the checkpoint was asked for. */
    private final AtomicInteger written = new AtomicInteger();

    private final CountDownLatch[] reached = {new CountDownLatch(1), new CountDownLatch(1)};
    private final CountDownLatch[] goOn = {new CountDownLatch(1), new CountDownLatch(1)};
    private final FaultyFiles files = new FaultyFiles(this::before);
    private volatile boolean watching;

    private Path file;
    private Connection application;

    /** What is done before the lock is taken, while it is held, and after that. */
    private enum Writing {
        STATEMENT(
                connection -> {},
                connection -> run(connection, "UPDATE t SET v = v + 1 WHERE id = 1"),
                connection -> {}),
        IMMEDIATE(
                connection -> {},
                connection -> run(connection, "BEGIN IMMEDIATE"),
                connection -> run(connection, "UPDATE t SET v = v + 1 WHERE id = 1", "COMMIT")),
        TRANSACTION_THAT_READ(
                connection -> {
                    connection.setAutoCommit(false);
                    number(connection, "SELECT v FROM t WHERE id = 1");
                },
                connection -> run(connection, "UPDATE t SET v = v + 1 WHERE id = 1"),
                connection -> {
                    connection.commit();
                    connection.setAutoCommit(true);
                }),
        TRANSACTION_BY_HAND_THAT_READ(
                connection -> {
                    run(connection, "BEGIN");
                    number(connection, "SELECT v FROM t WHERE id = 1");
                },
                connection -> run(connection, "UPDATE t SET v = v + 1 WHERE id = 1"),
                connection -> run(connection, "COMMIT")),
        SAVEPOINT_THAT_READ(
                connection -> {
                    run(connection, "SAVEPOINT s");
                    number(connection, "SELECT v FROM t WHERE id = 1");
                },
                connection -> number(connection, "UPDATE t SET v = v + 1 WHERE id = 1 RETURNING v"),
                connection -> run(connection, "RELEASE s"));

        private final Work before;
        private final Work during;
        private final Work after;

        Writing(Work before, Work during, Work after) {
            this.before = before;
            this.during = during;
            this.after = after;
        }
    }

    private interface Work {
        void on(Connection connection) throws SQLException;
    }

    private static void run(Connection connection, String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private static long number(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            return row.getLong(1);
        }
    }

    @BeforeEach
    void connect() throws Exception {
        file = directory.resolve("app.db");
        application = connect("busy_timeout=0");
        run(application, "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER)", "INSERT INTO t VALUES (1, 0)");
        application.unwrap(Replication.class).sync(SYNC);
    }

    @AfterEach
    void close() throws SQLException {
        for (CountDownLatch latch : goOn) {
            latch.countDown();
        }
        application.close();
    }

    /** As the driver does, but for the disk; nothing is captured or checkpointed unless it is asked for. */
    private Connection connect(String... parameters) throws Exception {
        LitestreamUrl url = LitestreamUrl.read(
                "jdbc:litestream:sqlite:" + file + "?replica="
                        + directory.resolve("replica").toUri()
                        + "&sync-interval=1h&monitor-interval=off&checkpoint-interval=off&linger=0&"
                        + String.join("&", parameters),
                new Properties(),
                Environment.PROCESS);
        ReplicationConfig config = url.config().orElseThrow();
        ReplicationConfig watched = new ReplicationConfig(
                config.replicaUrl(),
                config.storeSettings(),
                config.name(),
                files.path(config.metaPath()),
                config.onMismatch(),
                config.fencing(),
                config.restore(),
                config.capture(),
                config.maintenance(),
                config.durability(),
                config.lifecycle());
        return Databases.connect(url.database(), watched, attachment -> LitestreamConnection.open(url, attachment));
    }

    private void before(Step step, Path path) throws IOException {
        if (!watching || step != Step.FORCE || !path.toString().contains("ltx")) {
            return;
        }
        int number = written.getAndIncrement();
        if (number < reached.length) {
            reached[number].countDown();
            hold(goOn[number]);
        }
    }

    private static void hold(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @EnumSource
    void writerStandsAtTheGateWhileACheckpointHasTheWriteLock(Writing writing) throws Exception {
        run(application, "INSERT INTO t VALUES (2, 0)");
        watching = true;
        CompletableFuture<Void> checkpoint = CompletableFuture.runAsync(this::checkpoint);
        await().until(() -> reached[0].getCount() == 0 || checkpoint.isDone());
        assertThat(checkpoint).isNotDone();
        run(application, "INSERT INTO t VALUES (3, 0)");
        writing.before.on(application);
        goOn[0].countDown();
        hold(reached[1]);
        assertWriteLockIsHeld();
        FutureTask<Void> call = new FutureTask<>(() -> {
            writing.during.on(application);
            return null;
        });
        Thread writer = new Thread(call);
        writer.start();
        await().until(() -> call.isDone() || isWaiting(writer));
        assertThat(call.isDone()).as("went on beside the checkpoint").isFalse();
        goOn[1].countDown();
        call.get();
        writing.after.on(application);
        checkpoint.get();
        assertThat(number(application, "SELECT v FROM t WHERE id = 1")).isEqualTo(1);
    }

    private void checkpoint() {
        try (Connection other = connect("busy_timeout=20000")) {
            run(other, "PRAGMA wal_checkpoint(PASSIVE)");
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private void assertWriteLockIsHeld() throws SQLException {
        try (Connection plain = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            run(plain, "PRAGMA busy_timeout=0");
            assertThatThrownBy(() -> run(plain, "BEGIN IMMEDIATE")).hasMessageContaining("SQLITE_BUSY");
        }
    }

    private static boolean isWaiting(Thread thread) {
        return thread.getState() == Thread.State.WAITING || thread.getState() == Thread.State.TIMED_WAITING;
    }
}
