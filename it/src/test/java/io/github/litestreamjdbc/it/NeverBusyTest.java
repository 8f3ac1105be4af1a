package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.api.ReplicationMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import javax.management.JMX;
import javax.management.ObjectName;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * An application with one connection and no busy timeout: with plain sqlite-jdbc nothing of it ever fails with SQLITE_BUSY,
 * so whatever does is our doing. We checkpoint all the time meanwhile.
 */
@Timeout(120)
class NeverBusyTest {
    private static final int BUSY = 5;
    private static final int SEALS = 60;
    private static final int TRANSACTIONS = 3_000;

    private static final String[] SETTINGS = {
        "busy_timeout=0",
        "synchronous=NORMAL",
        "min-checkpoint-page-count=20",
        "max-checkpoint-page-count=60",
        "sync-interval=5ms",
        "monitor-interval=10ms"
    };

    @TempDir
    private Path directory;

    private TestDatabase database;

    private interface Transaction {
        void run(Connection connection) throws SQLException;
    }

    @BeforeEach
    void database() {
        database = TestDatabase.in(directory);
    }

    @Test
    void statementOnItsOwnNeverFailsBecauseOfOurCheckpoints() throws Exception {
        assertThat(busy(connection -> Sql.run(connection, "INSERT INTO t (v) VALUES (1)")))
                .isZero();
    }

    @Test
    void transactionThatBeginsByReadingNeverFailsBecauseOfOurCheckpoints() throws Exception {
        assertThat(busy(connection -> {
                    connection.setAutoCommit(false);
                    try {
                        Sql.number(connection, "SELECT max(v) FROM t");
                        Sql.run(connection, "UPDATE t SET v = v + 1 WHERE id = 1");
                        Sql.run(connection, "INSERT INTO t (v) VALUES (1)");
                        connection.commit();
                    } finally {
                        connection.rollback();
                        connection.setAutoCommit(true);
                    }
                }))
                .isZero();
    }

    @Test
    void transactionThatIsBegunByHandNeverFailsBecauseOfOurCheckpoints() throws Exception {
        assertThat(busy(connection -> {
                    Sql.run(connection, "BEGIN");
                    try {
                        Sql.number(connection, "SELECT max(v) FROM t");
                        Sql.run(connection, "INSERT INTO t (v) VALUES (1)");
                    } catch (SQLException e) {
                        Sql.run(connection, "ROLLBACK");
                        throw e;
                    }
                    Sql.run(connection, "COMMIT");
                }))
                .isZero();
    }

    @Test
    void checkpointThatTheApplicationAsksForNeverFailsAnything() throws Exception {
        assertThat(busy(connection -> {
                    Sql.run(connection, "INSERT INTO t (v) VALUES (1)");
                    Sql.number(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
                }))
                .isZero();
    }

    /** How many transactions failed with SQLITE_BUSY while so many checkpoints had the write lock. */
    private long busy(Transaction transaction) throws Exception {
        long busy = 0;
        try (Connection connection = database.connect(SETTINGS)) {
            Sql.run(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER)", "INSERT INTO t VALUES (1, 0)");
            ReplicationMXBean readings = JMX.newMXBeanProxy(
                    ManagementFactory.getPlatformMBeanServer(),
                    new ObjectName("io.github.litestreamjdbc:type=Replication,name=app.db"),
                    ReplicationMXBean.class);
            for (int i = 0; i < TRANSACTIONS || readings.getSealCheckpoints() < SEALS; i++) {
                try {
                    transaction.run(connection);
                } catch (SQLException e) {
                    assertThat(e.getErrorCode() & 0xff).as(e.toString()).isEqualTo(BUSY);
                    busy++;
                }
            }
        }
        return busy;
    }
}
