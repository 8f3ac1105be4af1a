package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.litestreamjdbc.api.ReplicationEvent;
import io.github.litestreamjdbc.api.ReplicationEvent.Kind;
import io.github.litestreamjdbc.api.ReplicationListener;
import io.github.litestreamjdbc.api.ReplicationMXBean;
import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.engine.Databases;
import io.github.litestreamjdbc.engine.Replication;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Level;
import javax.management.MBeanServer;
import javax.management.NotificationListener;
import javax.management.ObjectName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventsTest implements ReplicationListener {
    private static final String PREFIX = "io.github.litestreamjdbc.event.";

    @TempDir
    Path directory;

    private final List<ReplicationEvent> events = new CopyOnWriteArrayList<>();

    @BeforeEach
    void listen() {
        Databases.addListener(this);
    }

    @AfterEach
    void listenNoMore() {
        Databases.removeListener(this);
    }

    @Override
    public void happened(ReplicationEvent event) {
        events.add(event);
    }

    @Test
    void aLifeFromBeginningToRestoreIsTold() throws Exception {
        TestDatabase database = TestDatabase.in(directory);
        try (Connection connection = database.connect()) {
            Sql.run(connection, "CREATE TABLE t (x)");
            TestDatabase.sync(connection);
        }
        assertThat(kinds()).containsExactlyInAnyOrder(Kind.FULL_IMAGE_WRITTEN, Kind.STARTED, Kind.STOPPED);
        assertThat(events).allMatch(event -> event.database().equals("app.db"));

        events.clear();
        database.loseFileAndState();
        try (Connection connection = database.connectRestoring()) {
            assertThat(Sql.number(connection, "SELECT count(*) FROM t")).isZero();
            await().untilAsserted(() -> assertThat(kinds()).containsExactly(Kind.RESTORED, Kind.STARTED));
        }
    }

    @Test
    void validationUnderWritesIsToldAndReadable() throws Exception {
        TestDatabase database = TestDatabase.in(directory);
        Path place = directory.resolve("spare");
        try (Connection connection =
                database.connect("validation-interval=1s", "validation-path=" + place, "validation-bandwidth=100MiB")) {
            Sql.run(connection, "CREATE TABLE t (x)");
            await().until(() -> {
                Sql.run(connection, "INSERT INTO t VALUES (randomblob(5000))");
                return kinds().contains(Kind.VALIDATED);
            });
            ObjectName bean = new ObjectName("io.github.litestreamjdbc:type=Replication,name=app.db");
            MBeanServer server = ManagementFactory.getPlatformMBeanServer();
            assertThat(server.getAttribute(bean, "LastValidationVerdict")).isEqualTo("SAME");
            assertThat((String) server.getAttribute(bean, "LastValidationTxid")).hasSize(16);
            assertThat((String) server.getAttribute(bean, "LastValidation")).isNotEmpty();
        }
        await().untilAsserted(() -> assertThat(place).isEmptyDirectory());
        assertThat(kinds()).doesNotContain(Kind.VALIDATION_FAILED, Kind.FAILED);
    }

    @Test
    void anOutageIsToldOnceToListenersAndThroughJmx() throws Exception {
        TestDatabase database = TestDatabase.in(directory);
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        List<String> notifications = new CopyOnWriteArrayList<>();
        NotificationListener watcher = (notification, handback) ->
                notifications.add(notification.getType().substring(PREFIX.length()));
        try (Connection connection = database.connect("sync-interval=10ms")) {
            Sql.run(connection, "CREATE TABLE t (x)");
            TestDatabase.sync(connection);
            ObjectName bean = new ObjectName("io.github.litestreamjdbc:type=Replication,name=app.db");
            server.addNotificationListener(bean, watcher, null, null);
            events.clear();
            Path away = directory.resolve("away");
            Files.move(database.replica(), away);
            Files.createFile(database.replica());
            Sql.run(connection, "INSERT INTO t VALUES (1)");
            await().until(() -> kinds().contains(Kind.REPLICA_REFUSED));
            assertThat(events.get(0).reason()).contains("is not a directory");

            Files.delete(database.replica());
            Files.move(away, database.replica());
            TestDatabase.sync(connection);
            await().until(() -> kinds().contains(Kind.REPLICA_REACHABLE));
        }
        assertThat(kinds()).containsExactly(Kind.REPLICA_REFUSED, Kind.REPLICA_REACHABLE, Kind.STOPPED);
        assertThat(notifications).containsExactly("REPLICA_REFUSED", "REPLICA_REACHABLE", "STOPPED");
    }

    @Test
    void commitsThatStayOnThisMachineAreToldAtTheEnd() throws Exception {
        TestDatabase database = TestDatabase.in(directory);
        try (Connection connection = database.connect("sync-interval=10ms", "shutdown-sync-timeout=200ms")) {
            Sql.run(connection, "CREATE TABLE t (x)");
            TestDatabase.sync(connection);
            Replicas.delete(database.replica());
            Files.createFile(database.replica());
            Sql.run(connection, "INSERT INTO t VALUES (1)");
            await().until(() -> kinds().contains(Kind.REPLICA_REFUSED));
        }
        assertThat(kinds()).endsWith(Kind.STOPPED_UNREPLICATED).doesNotContain(Kind.STOPPED);
    }

    @Test
    void commitsThatStayHereAreToldAtTheEndOfAFencedDatabaseToo() throws Exception {
        try (Scene scene = new Scene(directory);
                LogCapture log = new LogCapture("io.github.litestreamjdbc.engine")) {
            scene.bringAbout(ReplicationState.FENCED);
            await().until(() -> kinds().contains(Kind.FENCED));
            ReplicationMXBean readings = Databases.readings().get("app.db");
            String words = "everything up to TXID " + readings.getReplicatedTxid()
                    + " only. 1 captured commits, up to TXID " + readings.getLocalTxid();
            scene.closeLast();
            assertThat(kinds().stream().filter(Kind.STOPPED_UNREPLICATED::equals))
                    .hasSize(1);
            assertThat(events)
                    .filteredOn(event -> event.database().equals("app.db"))
                    .last()
                    .satisfies(event -> assertThat(event.reason()).contains(words, "another writer uses it"));
            assertThat(log.messages(Level.WARNING))
                    .anySatisfy(line -> assertThat(line).contains("replication ends", words, "nobody uploads them"));
        }
    }

    @Test
    void commitsThatStayHereAreToldAtTheEndAfterABugToo() throws Exception {
        try (Scene scene = new Scene(directory)) {
            Connection connection = scene.connectOnWatchedDisk();
            Sql.run(connection, "CREATE TABLE t (x)");
            scene.sync();
            scene.failDisk((step, path) -> {
                if (Thread.currentThread().getName().startsWith("litestream-upload")) {
                    throw new IllegalStateException("wrong on purpose");
                }
            });
            Sql.run(connection, "INSERT INTO t VALUES (1)");
            await().until(() -> kinds().contains(Kind.FAILED));
            scene.failDisk(null);
        }
        assertThat(kinds()).endsWith(Kind.STOPPED_UNREPLICATED).doesNotContain(Kind.STOPPED);
    }

    @Test
    void commitsBehindTheEndOfReplicationAreToldWhenTheDatabaseIsClosed() throws Exception {
        TestDatabase database = TestDatabase.in(directory);
        try (Connection connection = database.connect()) {
            Sql.run(connection, "CREATE TABLE t (x)");
            connection.unwrap(Replication.class).close();
            assertThat(kinds()).endsWith(Kind.STOPPED);
            Sql.run(connection, "INSERT INTO t VALUES (1)");
        }
        assertThat(kinds()).endsWith(Kind.STOPPED, Kind.STOPPED_UNREPLICATED);
    }

    @Test
    void listenersThatFailHurtNeitherReplicationNorOtherListeners() throws Exception {
        ReplicationListener failing = new ReplicationListener() {
            @Override
            public void happened(ReplicationEvent event) {
                throw new NoClassDefFoundError("gone with its application");
            }
        };
        Databases.removeListener(this);
        Databases.addListener(failing);
        Databases.addListener(this);
        try (Connection connection = TestDatabase.in(directory).connect()) {
            Sql.run(connection, "CREATE TABLE t (x)");
            TestDatabase.sync(connection);
            assertThat(kinds()).contains(Kind.FULL_IMAGE_WRITTEN, Kind.STARTED);
            assertThat(Sql.text(connection, "SELECT litestream_status()")).isEqualTo("STREAMING");
        } finally {
            Databases.removeListener(failing);
        }
    }

    @Test
    void aReplacedFileIsTold() throws Exception {
        TestDatabase database = TestDatabase.in(directory);
        try (Connection connection = database.connect("monitor-interval=10ms")) {
            Sql.run(connection, "CREATE TABLE t (x)");
            TestDatabase.sync(connection);
            Files.move(database.file(), directory.resolve("gone"));
            await().until(() -> kinds().contains(Kind.DETACHED));
        }
    }

    private List<Kind> kinds() {
        return events.stream().map(ReplicationEvent::kind).toList();
    }
}
