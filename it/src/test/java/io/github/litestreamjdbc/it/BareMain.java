package io.github.litestreamjdbc.it;

import java.sql.Connection;
import java.sql.DriverManager;

/** Replicates a commit and ends, in a JVM that has no more than JDBC. */
final class BareMain {
    private BareMain() {}

    public static void main(String[] urls) throws Exception {
        try (Connection connection = DriverManager.getConnection(urls[0] + "&linger=0")) {
            Sql.run(connection, "CREATE TABLE t (x)");
            TestDatabase.sync(connection);
            System.out.println("synced");
        }
    }
}
