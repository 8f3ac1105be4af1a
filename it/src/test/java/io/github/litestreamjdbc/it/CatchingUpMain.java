package io.github.litestreamjdbc.it;

import io.github.litestreamjdbc.engine.Replication;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;

/** Opens a database, has all that waits for its replica uploaded and a commit more, and prints the TXIDs. */
final class CatchingUpMain {
    private CatchingUpMain() {}

    public static void main(String[] args) throws Exception {
        try (Connection connection = DriverManager.getConnection(args[0])) {
            Replication replication = connection.unwrap(Replication.class);
            System.out.println(replication.sync(Duration.ofMinutes(1)));
            Sql.run(connection, "INSERT INTO t VALUES (2)");
            System.out.println(replication.sync(Duration.ofMinutes(1)));
        }
    }
}
