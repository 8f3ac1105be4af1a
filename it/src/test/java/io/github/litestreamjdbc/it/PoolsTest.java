package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.AgroalConnectionPoolConfiguration.ConnectionValidator;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.engine.Databases;
import io.github.litestreamjdbc.engine.Replication;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.apache.commons.dbcp2.BasicDataSource;
import org.apache.tomcat.jdbc.pool.PoolProperties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sqlite.SQLiteConnection;

/** What pools do to connections: keep, validate, evict, open anew, close; each in its own way. */
class PoolsTest {
    private static final int CONNECTIONS = 4;

    @TempDir
    private Path directory;

    /** A pool that is given the URL and how many connections it may have, and that keeps none of necessity. */
    interface Pool extends AutoCloseable {
        DataSource source();

        void evictIdle() throws Exception;

        int connections();

        @Override
        void close() throws SQLException;
    }

    enum Kind {
        HIKARI("claims to not accept jdbcUrl") {
            @Override
            void connectWith(String driver, String url) throws SQLException {
                HikariConfig config = new HikariConfig();
                config.setDriverClassName(driver);
                config.setJdbcUrl(url);
                try (HikariDataSource pool = new HikariDataSource(config)) {
                    pool.getConnection().close();
                }
            }

            @Override
            Pool open(String url) {
                HikariConfig config = new HikariConfig();
                config.setJdbcUrl(url);
                config.setMaximumPoolSize(CONNECTIONS);
                config.setMinimumIdle(0);
                HikariDataSource pool = new HikariDataSource(config);
                return new Pool() {
                    @Override
                    public DataSource source() {
                        return pool;
                    }

                    @Override
                    public void evictIdle() {
                        pool.getHikariPoolMXBean().softEvictConnections();
                    }

                    @Override
                    public int connections() {
                        return pool.getHikariPoolMXBean().getTotalConnections();
                    }

                    @Override
                    public void close() {
                        pool.close();
                    }
                };
            }
        },
        TOMCAT("returned null for URL") {
            @Override
            void connectWith(String driver, String url) throws SQLException {
                PoolProperties properties = new PoolProperties();
                properties.setDriverClassName(driver);
                properties.setUrl(url);
                org.apache.tomcat.jdbc.pool.DataSource pool = new org.apache.tomcat.jdbc.pool.DataSource(properties);
                try {
                    pool.getConnection().close();
                } finally {
                    pool.close();
                }
            }

            @Override
            Pool open(String url) {
                PoolProperties properties = new PoolProperties();
                properties.setUrl(url);
                properties.setMaxActive(CONNECTIONS);
                properties.setInitialSize(0);
                properties.setMinIdle(0);
                properties.setTestOnBorrow(true);
                properties.setValidationInterval(0);
                org.apache.tomcat.jdbc.pool.DataSource pool = new org.apache.tomcat.jdbc.pool.DataSource(properties);
                return new Pool() {
                    @Override
                    public DataSource source() {
                        return pool;
                    }

                    @Override
                    public void evictIdle() {
                        pool.purge();
                    }

                    @Override
                    public int connections() {
                        return pool.getSize();
                    }

                    @Override
                    public void close() {
                        pool.close();
                    }
                };
            }
        },
        DBCP2("Cannot create JDBC driver of class 'org.sqlite.JDBC'") {
            @Override
            void connectWith(String driver, String url) throws SQLException {
                try (BasicDataSource pool = new BasicDataSource()) {
                    pool.setDriverClassName(driver);
                    pool.setUrl(url);
                    pool.getConnection().close();
                }
            }

            @Override
            Pool open(String url) {
                BasicDataSource pool = new BasicDataSource();
                pool.setUrl(url);
                pool.setMaxTotal(CONNECTIONS);
                pool.setMinIdle(0);
                pool.setTestOnBorrow(true);
                pool.setMinEvictableIdle(Duration.ofMillis(1));
                pool.setNumTestsPerEvictionRun(CONNECTIONS);
                return new Pool() {
                    @Override
                    public DataSource source() {
                        return pool;
                    }

                    @Override
                    public void evictIdle() throws Exception {
                        pool.evict();
                    }

                    @Override
                    public int connections() {
                        return pool.getNumIdle() + pool.getNumActive();
                    }

                    @Override
                    public void close() throws SQLException {
                        pool.close();
                    }
                };
            }
        },
        AGROAL("does not support the provided URL") {
            @Override
            void connectWith(String driver, String url) throws SQLException {
                AgroalDataSourceConfigurationSupplier configuration = new AgroalDataSourceConfigurationSupplier()
                        .connectionPoolConfiguration(pool -> pool.maxSize(1)
                                .connectionFactoryConfiguration(
                                        factory -> factory.jdbcUrl(url).connectionProviderClassName(driver)));
                try (AgroalDataSource pool = AgroalDataSource.from(configuration)) {
                    pool.getConnection().close();
                }
            }

            @Override
            Pool open(String url) throws SQLException {
                AgroalDataSource pool = AgroalDataSource.from(new AgroalDataSourceConfigurationSupplier()
                        .connectionPoolConfiguration(configuration -> configuration
                                .maxSize(CONNECTIONS)
                                .minSize(0)
                                .validateOnBorrow(true)
                                .connectionValidator(ConnectionValidator.defaultValidator())
                                .connectionFactoryConfiguration(factory -> factory.jdbcUrl(url))));
                return new Pool() {
                    @Override
                    public DataSource source() {
                        return pool;
                    }

                    @Override
                    public void evictIdle() {
                        pool.flush(AgroalDataSource.FlushMode.IDLE);
                    }

                    @Override
                    public int connections() {
                        return (int) (pool.getMetrics().activeCount()
                                + pool.getMetrics().availableCount());
                    }

                    @Override
                    public void close() {
                        pool.close();
                    }
                };
            }
        };

        /** What it says to a driver that does not take the URL. */
        private final String refusal;

        Kind(String refusal) {
            this.refusal = refusal;
        }

        abstract Pool open(String url) throws SQLException;

        /** Opens a connection with a driver class configured, and closes everything. */
        abstract void connectWith(String driver, String url) throws SQLException;
    }

    private TestDatabase database(Kind kind) {
        return TestDatabase.in(directory.resolve(kind.name()));
    }

    private Pool open(Kind kind, String... parameters) throws Exception {
        Files.createDirectories(directory.resolve(kind.name()));
        return kind.open(database(kind).url(parameters) + "&busy_timeout=5000");
    }

    private static void write(Pool pool, int value) throws SQLException {
        try (Connection connection = pool.source().getConnection()) {
            connection.setAutoCommit(false);
            Sql.run(connection, "CREATE TABLE IF NOT EXISTS t (x)", "INSERT INTO t VALUES (" + value + ")");
            connection.commit();
            connection.setAutoCommit(true);
        }
    }

    private static long sum(Pool pool) throws SQLException {
        try (Connection connection = pool.source().getConnection()) {
            return Sql.number(connection, "SELECT sum(x) FROM t");
        }
    }

    @ParameterizedTest
    @EnumSource
    void connectionsOfAPoolAreValidAndUnwrapAndAreReplicatedByItsClose(Kind kind) throws Exception {
        try (Pool pool = open(kind, "linger=0")) {
            write(pool, 1);
            List<Connection> borrowed = new ArrayList<>();
            for (int i = 0; i < CONNECTIONS; i++) {
                borrowed.add(pool.source().getConnection());
            }
            for (Connection connection : borrowed) {
                assertThat(connection.isValid(1)).isTrue();
                // Tomcat's unwraps to what the driver's connection is an instance of, and no further.
                Replication replication =
                        connection.unwrap(SQLiteConnection.class).unwrap(Replication.class);
                await().until(() -> replication.status().state() == ReplicationState.STREAMING);
                connection.close();
            }
            try (Connection connection = pool.source().getConnection()) {
                connection.setAutoCommit(false);
                Sql.run(connection, "INSERT INTO t VALUES (100)");
                connection.rollback();
            }
            write(pool, 2);
            assertThat(sum(pool)).isEqualTo(3);
        }
        try (Connection restored = database(kind)
                .movedTo(directory.resolve(kind.name()).resolve("restored.db"))
                .connectRestoring()) {
            assertThat(Sql.number(restored, "SELECT sum(x) FROM t")).isEqualTo(3);
        }
    }

    @ParameterizedTest
    @EnumSource
    void poolThatEvictsItsLastConnectionEndsReplicationAndTheNextOneGoesOn(Kind kind) throws Exception {
        try (Pool pool = open(kind, "linger=0")) {
            for (int i = 1; i <= 3; i++) {
                write(pool, i);
                assertThat(isReplicated(kind)).isTrue();
                await().until(() -> {
                    pool.evictIdle();
                    return pool.connections() == 0;
                });
                await().until(() -> !isReplicated(kind));
            }
            assertThat(sum(pool)).isEqualTo(6);
        }
        Replicas.assertLevelZeroHasNoGap(database(kind).replica());
    }

    /** They ask that driver only, and it takes no URL of ours: the setting has to go, and they find the driver themselves. */
    @ParameterizedTest
    @EnumSource
    void driverClassOfSqliteJdbcThatIsLeftOverIsRefusedByThePool(Kind kind) throws Exception {
        Files.createDirectories(directory.resolve(kind.name()));
        assertThatThrownBy(
                        () -> kind.connectWith("org.sqlite.JDBC", database(kind).url("linger=0")))
                .hasMessageFindingMatch(kind.refusal);
        assertThat(database(kind).file()).doesNotExist();

        kind.connectWith(
                "io.github.litestreamjdbc.driver.LitestreamDriver",
                database(kind).url("linger=0"));
        assertThat(database(kind).file()).exists();
    }

    private boolean isReplicated(Kind kind) {
        String replica = database(kind).replica().toString();
        return Databases.readings().values().stream()
                .anyMatch(bean -> bean.getReplica().contains(replica));
    }

    /** With all settings as they come: replication lingers for five seconds, its threads a little longer. */
    @Test
    void noThreadIsLeftTenSecondsAfterTheLastCloseAndTheFilesCanBeDeleted() throws Exception {
        for (Kind kind : Kind.values()) {
            try (Pool pool = open(kind)) {
                write(pool, 1);
            }
        }
        await().atMost(Duration.ofSeconds(10)).until(() -> threads().isEmpty());
        // The handle on the database file itself stays: closing it would drop locks of other code in this process.
        assertThat(openFiles()).noneMatch(file -> file.startsWith(directory.toString()) && !file.endsWith("app.db"));
        for (Kind kind : Kind.values()) {
            Replicas.delete(directory.resolve(kind.name()));
            assertThat(Files.exists(directory.resolve(kind.name()))).isFalse();
        }
    }

    private static List<String> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("litestream-") && !name.equals("litestream-shutdown"))
                .toList();
    }

    /** On Linux any file can be deleted; elsewhere not one that is open. */
    private static List<String> openFiles() throws Exception {
        Path descriptors = Path.of("/proc/self/fd");
        if (!Files.isDirectory(descriptors)) {
            return List.of();
        }
        List<String> open = new ArrayList<>();
        try (Stream<Path> links = Files.list(descriptors)) {
            for (Path link : links.toList()) {
                try {
                    open.add(Files.readSymbolicLink(link).toString());
                } catch (NoSuchFileException e) {
                    // Closed meanwhile.
                }
            }
        }
        return open;
    }
}
