package io.github.litestreamjdbc.it;

import io.github.litestreamjdbc.engine.Replication;
import io.github.litestreamjdbc.ltx.Txid;
import java.io.BufferedReader;
import java.io.FileReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;

/**
 * An instance of an application with a lease: waits for its turn, writes rows that say who wrote them, and says on standard
 * output which were confirmed. A line on standard input ends it in good order.
 */
final class LeasedWriter {
    private LeasedWriter() {}

    /** Arguments: URL, name of the writer, file of properties. */
    public static void main(String[] arguments) throws Exception {
        Properties info = new Properties();
        try (FileReader reader = new FileReader(arguments[2], StandardCharsets.UTF_8)) {
            info.load(reader);
        }
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        long n = 0;
        while (!commands.ready()) {
            try (Connection connection = DriverManager.getConnection(arguments[0], info)) {
                Sql.run(connection, "CREATE TABLE IF NOT EXISTS log (writer TEXT, n INTEGER)");
                System.out.println("HOLDS " + System.currentTimeMillis());
                while (!commands.ready()) {
                    n++;
                    Sql.run(connection, "INSERT INTO log VALUES ('" + arguments[1] + "', " + n + ")");
                    System.out.println("ACK " + n);
                    if (n == 1) {
                        Replication replication = connection.unwrap(Replication.class);
                        System.out.println("TXID " + Txid.format(replication.committed(Duration.ofSeconds(20))));
                    }
                }
            } catch (SQLException e) {
                System.out.println("ERR " + e.getSQLState() + " " + e.getMessage());
            }
        }
        System.out.println("ENDED " + System.currentTimeMillis());
    }
}
