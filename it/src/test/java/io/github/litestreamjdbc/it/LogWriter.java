package io.github.litestreamjdbc.it;

import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.engine.Replication;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A child JVM that appends to a table until it is killed. Says {@code FOUND rows max}, then {@code ACK n} after each
 * commit and {@code REPLICATED n} once everything up to n is known to be in the replica.
 */
final class LogWriter {
    private LogWriter() {}

    public static void main(String[] args) throws SQLException {
        Random random = new Random(Long.parseLong(args[1]));
        try (Connection connection = DriverManager.getConnection(args[0])) {
            long last = open(connection);
            AtomicLong acknowledged = new AtomicLong(last);
            reportReplicated(connection.unwrap(Replication.class), acknowledged);
            while (true) {
                last = append(connection, last, random);
                acknowledged.set(last);
                say("ACK " + last);
            }
        }
    }

    private static long open(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE IF NOT EXISTS log (id INTEGER PRIMARY KEY, payload BLOB)");
            statement.execute("CREATE INDEX IF NOT EXISTS log_payload ON log (payload)");
            try (ResultSet row = statement.executeQuery("SELECT count(*), coalesce(max(id), 0) FROM log")) {
                row.next();
                say("FOUND " + row.getLong(1) + " " + row.getLong(2));
                return row.getLong(2);
            }
        }
    }

    /** One commit of one to twenty rows. */
    private static long append(Connection connection, long last, Random random) throws SQLException {
        int rows = 1 + random.nextInt(20);
        connection.setAutoCommit(rows == 1);
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO log VALUES (?, ?)")) {
            for (int i = 1; i <= rows; i++) {
                byte[] payload = new byte[random.nextInt(random.nextInt(10) == 0 ? 20_000 : 200)];
                random.nextBytes(payload);
                insert.setLong(1, last + i);
                insert.setBytes(2, payload);
                insert.executeUpdate();
            }
        }
        if (rows > 1) {
            connection.commit();
        }
        return last + rows;
    }

    private static void reportReplicated(Replication replication, AtomicLong acknowledged) {
        Thread reporter = new Thread(() -> {
            while (true) {
                long id = acknowledged.get();
                try {
                    replication.sync(Duration.ofSeconds(10));
                    say("REPLICATED " + id);
                } catch (ReplicationException e) {
                    say("NOT REPLICATED " + e.getMessage());
                    return;
                }
            }
        });
        reporter.setDaemon(true);
        reporter.start();
    }

    private static synchronized void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
