package io.github.litestreamjdbc.it;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * A child JVM with four writers under {@code durability=replica}. Says {@code FOUND writer rows last} for each writer, then
 * {@code ACK writer n} when the commit of row n has returned, and {@code FAILED} with the reason if it did not.
 */
final class DurableWriter {
    static final int WRITERS = 4;

    private DurableWriter() {}

    public static void main(String[] args) throws SQLException {
        try (Connection connection = DriverManager.getConnection(args[0]);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE IF NOT EXISTS log (writer, n, payload, PRIMARY KEY (writer, n))");
        } catch (SQLException e) {
            say("FAILED " + e);
            return;
        }
        for (int writer = 0; writer < WRITERS; writer++) {
            int id = writer;
            new Thread(() -> write(args[0], id)).start();
        }
    }

    private static void write(String url, int writer) {
        try (Connection connection = DriverManager.getConnection(url);
                PreparedStatement insert = connection.prepareStatement(
                        "INSERT INTO log VALUES (?, ?, randomblob(abs(random()) % 3000))")) {
            long n = find(connection, writer);
            connection.setAutoCommit(writer % 2 == 0);
            while (true) {
                insert.setInt(1, writer);
                insert.setLong(2, ++n);
                insert.executeUpdate();
                if (!connection.getAutoCommit()) {
                    connection.commit();
                }
                say("ACK " + writer + " " + n);
            }
        } catch (SQLException e) {
            say("FAILED " + e);
        }
    }

    private static long find(Connection connection, int writer) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT count(*), coalesce(max(n), 0) FROM log WHERE writer = " + writer)) {
            row.next();
            say("FOUND " + writer + " " + row.getLong(1) + " " + row.getLong(2));
            return row.getLong(2);
        }
    }

    private static synchronized void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
