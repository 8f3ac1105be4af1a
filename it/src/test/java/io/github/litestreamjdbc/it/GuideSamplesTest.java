package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.github.litestreamjdbc.driver.LitestreamDataSource;
import io.github.litestreamjdbc.engine.Databases;
import io.github.litestreamjdbc.engine.Replication;
import io.github.litestreamjdbc.testing.Golden;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The samples of docs/guides, between the marks, do what the pages say. */
class GuideSamplesTest {
    @TempDir
    private Path directory;

    private TestDatabase database() {
        return TestDatabase.in(directory);
    }

    private long restoredCount(String table) throws Exception {
        try (Connection restored =
                database().movedTo(directory.resolve("restored.db")).connectRestoring()) {
            return Sql.number(restored, "SELECT count(*) FROM " + table);
        }
    }

    @Test
    void plainJdbc() throws Exception {
        String url = database().url("restore=if-missing", "linger=0");
        // #plain-jdbc
        try (Connection connection = DriverManager.getConnection(url)) {
            try (Statement statement = connection.createStatement()) {
                statement.execute("CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY, text TEXT)");
            }
            connection.setAutoCommit(false);
            try (PreparedStatement insert = connection.prepareStatement("INSERT INTO note (text) VALUES (?)")) {
                insert.setString(1, "milk");
                insert.executeUpdate();
            }
            connection.commit();
        }
        // #end
        assertThat(restoredCount("note")).isEqualTo(1);
    }

    @Test
    void waitingForTheReplica() throws Exception {
        String url = database().url("restore=if-missing", "linger=0");
        try (Connection connection = DriverManager.getConnection(url)) {
            Sql.run(connection, "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT)");
            // #awaiting
            Replication replication = connection.unwrap(Replication.class);
            long txid = replication.sync(Duration.ofSeconds(10));
            // #end
            assertThat(txid).isPositive();
            assertThat(replication.replicated()).isGreaterThanOrEqualTo(txid);
        }
        assertThat(restoredCount("note")).isZero();
    }

    @Test
    void dataSource() throws Exception {
        Path file = database().file();
        Path replica = database().replica();
        // #data-source
        LitestreamDataSource source = new LitestreamDataSource();
        source.setDatabaseName(file.toString());
        source.setReplica(replica.toUri().toString());
        source.setRestore("if-missing");
        // #end
        source.setLinger("0");
        try (Connection connection = source.getConnection()) {
            Sql.run(connection, "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT)");
        }
        assertThat(restoredCount("note")).isZero();
    }

    @Test
    void hikari() throws Exception {
        String url =
                database().url("restore=if-missing", "linger=0", "transaction_mode=IMMEDIATE", "busy_timeout=5000");
        // #hikari
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(url);
        config.setMaximumPoolSize(4);
        try (HikariDataSource pool = new HikariDataSource(config)) {
            serve(pool);
        }
        // #end
        assertThat(restoredCount("note")).isEqualTo(1);
    }

    private static void serve(DataSource pool) throws SQLException {
        try (Connection connection = pool.getConnection()) {
            Sql.run(
                    connection,
                    "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT)",
                    "INSERT INTO note (text) VALUES ('milk')");
        }
    }

    @Test
    void serverless() throws Exception {
        // Nothing but the close makes its last commit go up before the test is over.
        String url = database().url("restore=if-missing", "close=flush", "sync-interval=10m");
        handle(url, "milk");
        // Everything is in the replica when the function has returned: the machine may be gone.
        assertThat(restoredCount("note")).isEqualTo(1);
        handle(url, "bread");
        Replicas.delete(directory.resolve("restored.db"));
        Replicas.delete(directory.resolve(".restored.db-litestream"));
        assertThat(restoredCount("note")).isEqualTo(2);
    }

    // #serverless
    static void handle(String url, String text) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY, text TEXT)");
            try (PreparedStatement insert = connection.prepareStatement("INSERT INTO note (text) VALUES (?)")) {
                insert.setString(1, text);
                insert.executeUpdate();
            }
        }
    }
    // #end

    @Test
    void replicaOfTheSidecarIsRestoredAndGoesOn() throws Exception {
        Golden.load().named("levels-pruned").copyTo(database().replica());
        try (Connection connection = database().connectRestoring()) {
            Sql.run(connection, "CREATE TABLE after_the_sidecar (x)", "INSERT INTO after_the_sidecar VALUES (1)");
        }
        assertThat(restoredCount("after_the_sidecar")).isEqualTo(1);
    }

    @Test
    void manyDatabases() throws Exception {
        Path data = Files.createDirectories(directory.resolve("data"));
        Path backup = directory.resolve("backup");
        List<String> tenants = List.of("ada", "bob", "eve");
        // #many
        Map<String, DataSource> databases = new LinkedHashMap<>();
        for (String tenant : tenants) {
            LitestreamDataSource source = new LitestreamDataSource();
            source.setDatabaseName(data.resolve(tenant + ".db").toString());
            source.setReplica(backup.resolve(tenant).toUri().toString());
            source.setRestore("if-missing");
            source.setName(tenant);
            databases.put(tenant, source);
        }
        // #end
        List<Connection> open = new ArrayList<>();
        for (DataSource source : databases.values()) {
            ((LitestreamDataSource) source).setLinger("0");
            Connection connection = source.getConnection();
            open.add(connection);
            Sql.run(connection, "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT)");
            connection.unwrap(Replication.class).sync(Duration.ofSeconds(10));
        }
        assertThat(Databases.readings()).containsKeys("ada", "bob", "eve");
        await().until(GuideSamplesTest::areAllWell);
        for (Connection connection : open) {
            connection.close();
        }
        try (Connection restored =
                new TestDatabase(directory.resolve("eve.db"), backup.resolve("eve")).connectRestoring()) {
            assertThat(Sql.number(restored, "SELECT count(*) FROM note")).isZero();
        }
    }

    // #many-well
    static boolean areAllWell() {
        return Databases.readings().values().stream().allMatch(Databases::isWell);
    }
    // #end
}
