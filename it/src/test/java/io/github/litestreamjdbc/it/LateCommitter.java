package io.github.litestreamjdbc.it;

import io.github.litestreamjdbc.api.ReplicationEvent;
import io.github.litestreamjdbc.api.ReplicationListener;
import io.github.litestreamjdbc.engine.Databases;
import io.github.litestreamjdbc.engine.Replication;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;

/** A child JVM whose own shutdown hook goes on committing, as a server does that ends in good order, and then closes. */
final class LateCommitter {
    static final int ROWS = 3000;

    private LateCommitter() {}

    public static void main(String[] args) throws Exception {
        Databases.addListener(new ReplicationListener() {
            @Override
            public void happened(ReplicationEvent event) {
                System.out.println(event.kind());
            }
        });
        Connection connection = DriverManager.getConnection(args[0]);
        Sql.run(connection, "CREATE TABLE t (v)");
        connection.unwrap(Replication.class).sync(Duration.ofSeconds(30));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> commit(connection)));
        System.exit(0);
    }

    private static void commit(Connection connection) {
        try (connection) {
            for (int i = 0; i < ROWS; i++) {
                Sql.run(connection, "INSERT INTO t VALUES (1)");
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
