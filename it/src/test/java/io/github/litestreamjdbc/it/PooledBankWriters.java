package io.github.litestreamjdbc.it;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.engine.Replication;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * The application as a child JVM: four writers over HikariCP. It first warms up on a database of its own and says {@code
 * READY}, then reads a URL, opens it, says {@code OPENED txid} when all that it found is in the replica, and after a line
 * on its standard input writes until it is killed: {@code ACK writer n} after each commit, {@code REPLICATED n0 n1 …} when
 * the transfers up to those numbers are known to be in the replica.
 */
final class PooledBankWriters {
    private static final int SQLITE_BUSY = 5;

    private PooledBankWriters() {}

    public static void main(String[] args) throws SQLException, ReplicationException, IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        warmUp(TestDatabase.in(Path.of(args[0])));
        say("READY");
        String url = in.readLine();
        if (url == null) {
            return;
        }
        try (HikariDataSource dataSource = pool(url);
                Connection connection = dataSource.getConnection()) {
            Bank.open(connection);
            Replication replication = connection.unwrap(Replication.class);
            say("OPENED " + replication.sync(TestDatabase.TIMEOUT));
            if (in.readLine() == null) {
                return;
            }
            for (int writer = 0; writer < Bank.POOLED_WRITERS; writer++) {
                int id = writer;
                Thread thread = new Thread(() -> write(dataSource, id));
                thread.setDaemon(true);
                thread.start();
            }
            while (true) {
                String last = Arrays.stream(Bank.last(connection))
                        .mapToObj(Long::toString)
                        .collect(Collectors.joining(" "));
                replication.sync(TestDatabase.TIMEOUT);
                say("REPLICATED " + last);
            }
        }
    }

    private static void warmUp(TestDatabase scratch) throws SQLException, ReplicationException {
        try (HikariDataSource dataSource = pool(scratch.url("linger=0"));
                Connection connection = dataSource.getConnection()) {
            Bank.open(connection);
            Sql.run(connection, Bank.transfer(0));
            connection.unwrap(Replication.class).sync(TestDatabase.TIMEOUT);
        }
    }

    private static HikariDataSource pool(String url) {
        HikariConfig pool = new HikariConfig();
        pool.setJdbcUrl(url);
        pool.setMaximumPoolSize(Bank.POOLED_WRITERS + 1);
        pool.setMinimumIdle(0);
        return new HikariDataSource(pool);
    }

    private static void write(HikariDataSource dataSource, int writer) {
        try {
            while (true) {
                try (Connection connection = dataSource.getConnection()) {
                    // Half of them in transactions that begin with a read and turn into writing ones.
                    transfer(connection, writer, writer % 2 == 0 ? 1 : 3);
                } catch (SQLException e) {
                    // Other processes hold the lock, or have written since the transaction began to read.
                    if ((e.getErrorCode() & 0xff) != SQLITE_BUSY) {
                        throw e;
                    }
                }
            }
        } catch (SQLException e) {
            say("FAILED " + e);
        }
    }

    private static void transfer(Connection connection, int writer, int transfers) throws SQLException {
        connection.setAutoCommit(transfers == 1);
        long n = 0;
        for (int i = 0; i < transfers; i++) {
            if (transfers > 1) {
                Sql.text(connection, Bank.last(writer));
            }
            Sql.run(connection, Bank.transfer(writer));
        }
        if (transfers > 1) {
            n = Sql.number(connection, Bank.last(writer));
            connection.commit();
        } else {
            n = Sql.number(connection, Bank.last(writer));
        }
        say("ACK " + writer + " " + n);
    }

    private static synchronized void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
