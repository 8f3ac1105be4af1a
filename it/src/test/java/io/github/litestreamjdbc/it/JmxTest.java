package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.litestreamjdbc.api.ReplicationMXBean;
import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.api.RuntimeMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.Set;
import java.util.stream.Collectors;
import javax.management.JMX;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JmxTest {
    private static final String DOMAIN = "io.github.litestreamjdbc";

    @TempDir
    Path directory;

    @Test
    void anotherJvmReadsEveryDatabaseAndAsksForSyncAndSnapshot() throws Exception {
        TestDatabase one = TestDatabase.in(Files.createDirectory(directory.resolve("one")));
        TestDatabase two = TestDatabase.in(Files.createDirectory(directory.resolve("two")));
        TestDatabase odd = TestDatabase.in(Files.createDirectory(directory.resolve("odd")));
        try (ChildJvm shop = ChildJvm.start(
                WatchedShop.class,
                directory.resolve("errors"),
                one.url("linger=0"),
                two.url("linger=0"),
                odd.url("linger=0", "name=shop%2C%201%3D%22x%22"))) {
            try (JMXConnector connector = JMXConnectorFactory.connect(new JMXServiceURL(shop.readLine()))) {
                MBeanServerConnection server = connector.getMBeanServerConnection();
                assertThat(names(server))
                        .containsExactlyInAnyOrder(
                                "name=app.db,type=Replication",
                                "name=app.db#2,type=Replication",
                                "name=" + ObjectName.quote("shop, 1=\"x\"") + ",type=Replication",
                                "type=Runtime");
                RuntimeMXBean runtime =
                        JMX.newMXBeanProxy(server, new ObjectName(DOMAIN + ":type=Runtime"), RuntimeMXBean.class);
                assertThat(runtime.getDatabases()).isEqualTo(3);

                ReplicationMXBean readings = readings(server, "app.db");
                String txid = readings.sync(20_000);
                assertThat(txid).isEqualTo(readings.getReplicatedTxid()).isEqualTo(readings.getLocalTxid());
                assertThat(readings.getState()).isEqualTo(ReplicationState.STREAMING);
                assertThat(readings.getReplica()).startsWith("file://").endsWith("/one/replica");
                assertThat(readings.getReplicationLagMillis()).isZero();
                assertThat(readings.getUnreplicatedCommits()).isZero();
                assertThat(readings.getUnreplicatedBytes()).isZero();
                assertThat(readings.getLastSync()).isNotEmpty();
                assertThat(readings.getCapturedCommits()).isPositive();
                assertThat(readings.getCapturedPages()).isPositive();
                assertThat(readings.getCapturedBytes()).isPositive().isEqualTo(readings.getUploadedBytes());
                assertThat(readings.getLocalFiles()).isPositive();
                assertThat(readings.getReplicationLagP99Millis())
                        .isPositive()
                        .isGreaterThanOrEqualTo(readings.getReplicationLagP50Millis());
                assertThat(readings.getNewestRestorablePoint()).isNotEmpty();

                assertThat(readings.snapshot()).isEqualTo(txid);
                assertThat(readings.validate()).startsWith(txid + " SAME: ");
                assertThat(readings.getLastValidationVerdict()).isEqualTo("SAME");
                assertThat(runtime.getValidationThreads()).isOne();
                assertThat(runtime.getBufferBytes()).isNotNegative();
                assertThatThrownBy(() -> readings.sync(0)).hasStackTraceContaining("timeoutMillis must be at least 1");

                shop.writeLine("close");
                assertThat(shop.readLine()).isEqualTo("closed");
                assertThat(names(server)).isEmpty();
            }
            shop.writeLine("end");
            assertThat(shop.exitCode()).isZero();
        }
        assertThat(directory.resolve("errors")).content().doesNotContain("Exception");
    }

    @Test
    void everyAttributeCanBeReadAndIsDescribedWithItsUnit() throws Exception {
        TestDatabase database = TestDatabase.in(directory);
        try (Connection connection = database.connect()) {
            Sql.run(connection, "CREATE TABLE t (x)");
            MBeanServerConnection server = ManagementFactory.getPlatformMBeanServer();
            ObjectName bean = new ObjectName(DOMAIN + ":type=Replication,name=app.db");
            for (MBeanAttributeInfo attribute : server.getMBeanInfo(bean).getAttributes()) {
                assertThat(server.getAttribute(bean, attribute.getName()))
                        .as(attribute.getName())
                        .isNotNull();
                assertThat(attribute.getDescription())
                        .as(attribute.getName())
                        .contains(" ")
                        .satisfies(text -> assertThat(attribute.getName().endsWith("Millis"))
                                .isEqualTo(text.contains(" in ms")));
            }
            assertThat(server.getMBeanInfo(bean).getOperations())
                    .allSatisfy(
                            operation -> assertThat(operation.getDescription()).contains("; returns its TXID"));
        }
    }

    @Test
    void whatIsNotSafeGetsOlderWhileTheReplicaCannotBeReached() throws Exception {
        TestDatabase database = TestDatabase.in(directory);
        ReplicationMXBean readings = readings(ManagementFactory.getPlatformMBeanServer(), "app.db");
        try (Connection connection = database.connect("sync-interval=10ms")) {
            Sql.run(connection, "CREATE TABLE t (x)");
            TestDatabase.sync(connection);
            Path away = directory.resolve("away");
            Files.move(database.replica(), away);
            Files.createFile(database.replica());
            Sql.run(connection, "INSERT INTO t VALUES (1)");
            await().until(() -> !readings.getReplicaError().isEmpty());
            await().until(() -> readings.getReplicationLagMillis() > 200);
            assertThat(readings.getState()).isEqualTo(ReplicationState.STREAMING);

            Files.delete(database.replica());
            Files.move(away, database.replica());
            TestDatabase.sync(connection);
            assertThat(readings.getReplicationLagMillis()).isZero();
            await().until(() -> readings.getReplicaError().isEmpty());
        }
    }

    @Test
    void theLastRestoreIsKnown() throws Exception {
        TestDatabase database = TestDatabase.in(directory);
        String txid;
        ReplicationMXBean readings = readings(ManagementFactory.getPlatformMBeanServer(), "app.db");
        try (Connection connection = database.connect()) {
            Sql.run(connection, "CREATE TABLE t (x)");
            txid = readings.sync(20_000);
            assertThat(readings.getLastRestoreTxid()).isEmpty();
        }
        database.loseFileAndState();
        try (Connection connection = database.connectRestoring()) {
            assertThat(Sql.number(connection, "SELECT count(*) FROM t")).isZero();
            assertThat(readings.getLastRestoreTxid()).isEqualTo(txid);
            assertThat(readings.getLastRestoreSource()).startsWith("file://").endsWith("/replica");
            assertThat(readings.getLastRestoreBytes()).isPositive();
        }
    }

    private static ReplicationMXBean readings(MBeanServerConnection server, String name) throws Exception {
        return JMX.newMXBeanProxy(
                server, new ObjectName(DOMAIN + ":type=Replication,name=" + name), ReplicationMXBean.class);
    }

    private static Set<String> names(MBeanServerConnection server) throws Exception {
        return server.queryNames(new ObjectName(DOMAIN + ":*"), null).stream()
                .map(ObjectName::getCanonicalKeyPropertyListString)
                .collect(Collectors.toSet());
    }
}
