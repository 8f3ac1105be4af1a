package io.github.litestreamjdbc.it;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.engine.Replication;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A child JVM under mixed load: writers, readers that stay for seconds, large updates and checkpoints, until its standard
 * input ends. Reads {@code HOLD} or {@code HOLD SNAPSHOT} and answers {@code HELD txid heapBytes handles threads}: nothing of
 * it writes then, and the replica has that TXID; {@code GO} lets it go on. Says {@code ACK} and {@code REPLICATED} as {@link
 * PooledBankWriters} does.
 */
final class SoakApplication {
    private static final int SQLITE_BUSY = 5;
    private static final int WRITERS = 3;
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private final HikariDataSource dataSource;
    private final Replication replication;
    private final ReadWriteLock holding = new ReentrantReadWriteLock(true);
    private final Random random = new Random();

    private SoakApplication(HikariDataSource dataSource, Replication replication) {
        this.dataSource = dataSource;
        this.replication = replication;
    }

    private interface Work {
        void run(Connection connection) throws Exception;
    }

    public static void main(String[] args) throws Exception {
        HikariConfig pool = new HikariConfig();
        pool.setJdbcUrl(args[0]);
        pool.setMaximumPoolSize(WRITERS + 4);
        try (HikariDataSource dataSource = new HikariDataSource(pool);
                Connection first = dataSource.getConnection()) {
            Bank.open(first);
            SoakApplication application = new SoakApplication(dataSource, first.unwrap(Replication.class));
            for (int writer = 0; writer < WRITERS; writer++) {
                int id = writer;
                application.repeat(100, true, connection -> write(connection, id));
            }
            application.repeat(8_000, false, application::readForSeconds);
            application.repeat(
                    20_000,
                    true,
                    connection -> Sql.run(
                            connection,
                            "UPDATE transfer SET payload = randomblob(200) WHERE n % 40 = abs(random()) % 40"));
            application.repeat(5_000, true, connection -> Sql.text(connection, "PRAGMA wal_checkpoint(TRUNCATE)"));
            application.repeat(1_000, false, application::report);
            say("OPENED");
            application.obey();
        }
    }

    private static void write(Connection connection, int writer) throws SQLException {
        Sql.run(connection, Bank.transfer(writer));
        say("ACK " + writer + " " + Sql.number(connection, Bank.last(writer)));
    }

    private void readForSeconds(Connection connection) throws Exception {
        connection.setAutoCommit(false);
        Sql.number(connection, "SELECT count(*) FROM account");
        Thread.sleep(random.nextInt(15_000));
        connection.rollback();
    }

    private void report(Connection connection) throws Exception {
        String last =
                Arrays.stream(Bank.last(connection)).mapToObj(Long::toString).collect(Collectors.joining(" "));
        try {
            replication.sync(PATIENCE);
            say("REPLICATED " + last);
        } catch (ReplicationException.Transient theReplicaIsAway) {
            return;
        }
    }

    /** Does something again and again on a thread, with random rests. */
    private void repeat(int restMillis, boolean writes, Work work) {
        Thread thread = new Thread(() -> {
            try {
                while (true) {
                    once(writes, work);
                    Thread.sleep(random.nextInt(restMillis));
                }
            } catch (Exception e) {
                say("FAILED " + e);
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    private void once(boolean writes, Work work) throws Exception {
        if (writes) {
            holding.readLock().lock();
        }
        try (Connection connection = dataSource.getConnection()) {
            work.run(connection);
        } catch (SQLException e) {
            // The lock was another process's for longer than the busy timeout.
            if ((e.getErrorCode() & 0xff) != SQLITE_BUSY) {
                throw e;
            }
        } finally {
            if (writes) {
                holding.readLock().unlock();
            }
        }
    }

    private void obey() throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String command = in.readLine(); command != null; command = in.readLine()) {
            if (command.startsWith("HOLD")) {
                holding.writeLock().lock();
                long txid = command.endsWith("SNAPSHOT") ? replication.snapshot(PATIENCE) : replication.sync(PATIENCE);
                say("HELD " + txid + " " + heapBytes() + " " + handles() + " "
                        + ManagementFactory.getThreadMXBean().getThreadCount());
            } else {
                holding.writeLock().unlock();
            }
        }
    }

    private static long heapBytes() {
        // Twice: what the first finds dead may hold what only the second can free.
        System.gc();
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    /** The least of some seconds: a merge has all of its inputs open, dozens of them, for a moment. */
    private static long handles() throws IOException, InterruptedException {
        long least = Long.MAX_VALUE;
        for (int look = 0; look < 40; look++) {
            try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
                least = Math.min(least, open.count());
            }
            Thread.sleep(100);
        }
        return least;
    }

    private static synchronized void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
