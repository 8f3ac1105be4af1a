package io.github.litestreamjdbc.it;

import static org.awaitility.Awaitility.await;

import io.github.litestreamjdbc.api.PageEncoding;
import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.api.ReplicationEvent.Kind;
import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.engine.Databases;
import io.github.litestreamjdbc.engine.Replication;
import io.github.litestreamjdbc.s3testing.S3TestServer;
import io.github.litestreamjdbc.testing.FaultyFiles;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.management.JMException;

/** Brings about, in a real engine on a real database {@code app.db}, what can happen to replication, and keeps it so until the close. */
final class Scene implements AutoCloseable {
    private static final String NO_SPACE = "No space left on device";

    private final Path directory;
    private final TestDatabase database;
    private final Watch watch;
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    /** What the disk of the meta directory does; null: nothing unusual. */
    private volatile FaultyFiles.Watcher disk;

    private Replication replication;

    /** The process that this one stands by for. */
    private ChildJvm other;

    Scene(Path directory) throws Exception {
        this.directory = directory;
        this.database = TestDatabase.in(directory);
        this.watch = new Watch("app.db");
    }

    Watch watch() {
        return watch;
    }

    TestDatabase database() {
        return database;
    }

    /** An attribute; of a database that is closed the state only, from the handle that the application may still have. */
    Object reading(String attribute) throws JMException {
        return watch.isRegistered() || !attribute.equals("State")
                ? watch.reading(attribute)
                : replication.status().state().name();
    }

    Connection connect(String... parameters) throws Exception {
        return opened(database.connect(parameters));
    }

    private Connection opened(Connection connection) throws Exception {
        opened.push(connection);
        replication = connection.unwrap(Replication.class);
        return connection;
    }

    /** A connection to a database that has committed and is replicated. */
    Connection connectAndSync(String... parameters) throws Exception {
        Connection connection = connect(parameters);
        Sql.run(connection, "CREATE TABLE IF NOT EXISTS t (x)", "INSERT INTO t VALUES (1)");
        TestDatabase.sync(connection);
        return connection;
    }

    /** The same, with a disk behind the meta directory that can be made to fail. */
    Connection connectOnWatchedDisk() throws Exception {
        FaultyFiles files = new FaultyFiles((step, path) -> {
            FaultyFiles.Watcher now = disk;
            if (now != null) {
                now.before(step, path);
            }
        });
        ReplicationConfig config = new ReplicationConfig(
                "file://" + database.replica(),
                Map.of(),
                "app.db",
                files.path(database.meta()),
                ReplicationConfig.OnMismatch.REFUSE,
                ReplicationConfig.Fencing.AUTO,
                ReplicationConfig.Restore.DEFAULTS,
                new ReplicationConfig.Capture(
                        Duration.ofMillis(10), Duration.ofMillis(10), 1000, 10_000, Duration.ZERO, PageEncoding.BLOCK),
                ReplicationConfig.Maintenance.DEFAULTS,
                ReplicationConfig.Durability.DEFAULTS,
                new ReplicationConfig.Lifecycle(Duration.ZERO, false, Duration.ofSeconds(1)));
        return Databases.connect(database.file(), config, attachment -> {
            Connection plain = DriverManager.getConnection("jdbc:sqlite:" + database.file());
            Sql.run(plain, "PRAGMA journal_mode=WAL", "PRAGMA wal_autocheckpoint=0");
            opened.push(attachment);
            opened.push(plain);
            replication = attachment.replication();
            return plain;
        });
    }

    /** The same, replicated to a bucket. */
    Connection connectToBucket(S3TestServer server) throws Exception {
        Connection connection = openInBucket(server, "if-missing");
        Sql.run(connection, "CREATE TABLE IF NOT EXISTS t (x)", "INSERT INTO t VALUES (1)");
        sync();
        return connection;
    }

    /** A first start, in which nothing is known of the bucket, and nobody answers. */
    Connection connectToNobody(S3TestServer server, String... settings) throws Exception {
        server.stop();
        return openInBucket(server, "never", settings);
    }

    private Connection openInBucket(S3TestServer server, String restore, String... settings) throws Exception {
        Properties info = new Properties();
        info.putAll(server.settings());
        for (String setting : settings) {
            info.setProperty(setting.split("=")[0], setting.split("=")[1]);
        }
        info.setProperty("sync-interval", "10ms");
        info.setProperty("linger", "0");
        // So rarely that no file is merged during a test.
        info.setProperty("levels", "24h");
        info.setProperty("restore", restore);
        info.setProperty("shutdown-sync-timeout", "1s");
        return opened(DriverManager.getConnection(
                "jdbc:litestream:sqlite:" + database.file() + "?replica=s3://" + S3TestServer.BUCKET + "/"
                        + directory.getFileName(),
                info));
    }

    void sync() throws Exception {
        replication.sync(TestDatabase.TIMEOUT);
    }

    void failDisk(FaultyFiles.Watcher watcher) {
        disk = watcher;
    }

    /** A full disk is one on which nothing can be written. */
    void fillDisk() {
        failDisk((step, path) -> {
            if (step == FaultyFiles.Step.WRITE) {
                throw new IOException(NO_SPACE);
            }
        });
    }

    void makeRoom() throws Exception {
        failDisk(null);
        sync();
    }

    private Path away() {
        return directory.resolve("away");
    }

    void takeReplicaAway() throws IOException {
        Files.move(database.replica(), away());
    }

    void bringReplicaBack() throws IOException {
        Files.move(away(), database.replica());
    }

    /** Something happens, and is told. */
    void bringAbout(Kind kind) throws Exception {
        switch (kind) {
            case STARTED -> connect();
            case STANDBY -> standBy();
            case RESTORED -> restore();
            case LAGGING -> lag();
            case CAUGHT_UP -> {
                Connection connection = lag();
                await().until(() -> watch.told(Kind.LAGGING));
                bringReplicaBack();
                TestDatabase.sync(connection);
            }
            case REPLICA_UNREACHABLE -> loseReplica();
            case REPLICA_REFUSED -> refuseReplica();
            case REPLICA_REACHABLE -> {
                Connection connection = loseReplica();
                await().until(() -> watch.told(Kind.REPLICA_UNREACHABLE));
                bringReplicaBack();
                TestDatabase.sync(connection);
            }
            case GAP_FOUND, FULL_IMAGE_WRITTEN -> loseFileOfReplica();
            case LOCAL_FULL -> runOutOfDisk();
            case LOCAL_RECOVERED -> {
                runOutOfDisk();
                await().until(() -> watch.told(Kind.LOCAL_FULL));
                makeRoom();
            }
            case VALIDATED -> {
                connectAndSync();
                watch.invoke("validate");
            }
            case VALIDATION_FAILED -> damageReplica();
            case FENCED -> meetAnotherWriter();
            case DETACHED -> replaceFile();
            case FAILED -> meetABug();
            case STOPPED -> connectAndSync().close();
            case STOPPED_UNREPLICATED -> {
                Connection connection = loseReplica();
                await().until(() -> watch.told(Kind.REPLICA_UNREACHABLE));
                connection.close();
            }
        }
    }

    /** Replication gets into a state and stays there. */
    void bringAbout(ReplicationState state) throws Exception {
        switch (state) {
            case STARTING -> meetNobody();
            case STANDBY -> standBy();
            case BASELINE -> stopInTheMiddleOfAnImage();
            case STREAMING -> connectAndSync();
            case LOCAL_FULL -> runOutOfDisk();
            case DETACHED -> replaceFile();
            case FENCED -> meetAnotherWriter();
            case FAILED -> meetABug();
            case CLOSED -> connectAndSync().unwrap(Replication.class).close();
        }
    }

    /** A first start: there is nothing to begin with alone. */
    private void meetNobody() throws Exception {
        try (S3TestServer server = S3TestServer.http()) {
            connectToNobody(server);
        }
    }

    private void standBy() throws Exception {
        other = ChildJvm.start(LogWriter.class, directory.resolve("errors"), database.url(), "1");
        opened.push(other);
        opened.push(other::kill);
        String line = other.readLine();
        while (line != null && !line.startsWith("REPLICATED")) {
            line = other.readLine();
        }
        connect("busy_timeout=20000");
    }

    /** The process that replicated ends, and this one cannot go on for it. */
    Connection failToTakeOver() throws Exception {
        standBy();
        Path files = database.meta().resolve("ltx");
        Files.move(files, directory.resolve("ltx-away"));
        Files.createFile(files);
        Connection connection = (Connection) opened.peek();
        other.kill();
        return connection;
    }

    private void restore() throws Exception {
        connectAndSync().close();
        database.loseFileAndState();
        opened(database.connectRestoring());
    }

    /** With no timer but that of the lag itself. */
    private Connection lag() throws Exception {
        return loseReplica("lag-threshold=300ms", "monitor-interval=off", "checkpoint-interval=off");
    }

    private Connection loseReplica(String... parameters) throws Exception {
        String[] all =
                List.of(List.of("sync-interval=10ms", "shutdown-sync-timeout=200ms"), List.of(parameters)).stream()
                        .flatMap(List::stream)
                        .toArray(String[]::new);
        Connection connection = connectAndSync(all);
        takeReplicaAway();
        Sql.run(connection, "INSERT INTO t VALUES (2)");
        return connection;
    }

    /** A replica that is there and cannot be used as it is. */
    Connection refuseReplica() throws Exception {
        Connection connection = connectAndSync("sync-interval=10ms", "shutdown-sync-timeout=200ms");
        takeReplicaAway();
        Files.createFile(database.replica());
        Sql.run(connection, "INSERT INTO t VALUES (2)");
        return connection;
    }

    void acceptReplica() throws IOException {
        Files.delete(database.replica());
        bringReplicaBack();
    }

    /** More is committed than is kept for a replica that cannot be reached. */
    Connection spendLocalBudget() throws Exception {
        Connection connection = loseReplica("local-budget=64KiB");
        await().until(() -> watch.told(Kind.REPLICA_UNREACHABLE));
        Sql.run(connection, "INSERT INTO t VALUES (randomblob(200000))");
        replication.committed(TestDatabase.TIMEOUT);
        return connection;
    }

    private void loseFileOfReplica() throws Exception {
        Connection connection = connectAndSync();
        for (int i = 0; i < 3; i++) {
            Sql.run(connection, "INSERT INTO t VALUES (2)");
            TestDatabase.sync(connection);
        }
        connection.close();
        Files.delete(database.replica().resolve("ltx/0/0000000000000002-0000000000000002.ltx"));
        connect();
    }

    private void runOutOfDisk() throws Exception {
        Connection connection = connectOnWatchedDisk();
        Sql.run(connection, "CREATE TABLE t (x)");
        replication.sync(TestDatabase.TIMEOUT);
        fillDisk();
        Sql.run(connection, "INSERT INTO t VALUES (1)");
    }

    private void stopInTheMiddleOfAnImage() throws Exception {
        CountDownLatch goesOn = new CountDownLatch(1);
        failDisk((step, path) -> {
            if (step == FaultyFiles.Step.WRITE && path.toString().contains("ltx")) {
                hold(goesOn);
            }
        });
        connectOnWatchedDisk();
        opened.push(goesOn::countDown);
    }

    private static void hold(CountDownLatch latch) {
        try {
            if (!latch.await(60, TimeUnit.SECONDS)) {
                throw new AssertionError("held for a minute");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void meetABug() throws Exception {
        Connection connection = connectOnWatchedDisk();
        Sql.run(connection, "CREATE TABLE t (x)");
        replication.sync(TestDatabase.TIMEOUT);
        failDisk((step, path) -> {
            throw new IllegalStateException("wrong on purpose\nin two lines");
        });
        Sql.run(connection, "INSERT INTO t VALUES (1)");
        await().until(() -> watch.told(Kind.FAILED));
        failDisk(null);
    }

    private void replaceFile() throws Exception {
        connectAndSync("monitor-interval=10ms");
        Files.move(database.file(), directory.resolve("gone"));
    }

    /** Another machine got our place and wrote to the replica since. */
    private void meetAnotherWriter() throws Exception {
        TestDatabase other = database.movedTo(directory.resolve("other.db"));
        Connection writer = other.connect();
        opened.push(writer);
        Sql.run(writer, "CREATE TABLE t (x)");
        TestDatabase.sync(writer);
        Connection ours = opened(database.connectRestoring());
        Sql.run(writer, "INSERT INTO t VALUES ('there')");
        TestDatabase.sync(writer);
        Sql.run(ours, "INSERT INTO t VALUES ('here')");
    }

    Connection damageReplica() throws Exception {
        Connection connection = connectAndSync();
        List<String> files = Replicas.levelZero(database.replica());
        Path newest = database.replica().resolve("ltx/0/" + files.get(files.size() - 1));
        try (RandomAccessFile bytes = new RandomAccessFile(newest.toFile(), "rw")) {
            bytes.seek(bytes.length() / 2);
            int one = bytes.read();
            bytes.seek(bytes.length() / 2);
            bytes.write(one ^ 1);
        }
        watch.invoke("validate");
        return connection;
    }

    /** Closes what was opened last. */
    void closeLast() throws Exception {
        opened.pop().close();
    }

    @Override
    public void close() throws IOException {
        disk = null;
        opened.addLast(watch);
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception e) {
                throw new IOException("the scene could not be ended", e);
            }
        }
    }
}
