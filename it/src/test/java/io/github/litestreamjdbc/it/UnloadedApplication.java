package io.github.litestreamjdbc.it;

import io.github.litestreamjdbc.engine.Replication;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Collections;

/** What a server loads, runs and removes: its own copy of the driver comes with it. Called by reflection. */
public final class UnloadedApplication {
    /** A connection that somebody forgot to close. */
    private static Connection forgotten;

    private UnloadedApplication() {}

    /** Opens, writes, closes; replication lingers. */
    public static void run(String url) throws Exception {
        Class.forName("io.github.litestreamjdbc.driver.LitestreamDriver");
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE t (x)");
            statement.execute("INSERT INTO t VALUES (1)");
            connection.unwrap(Replication.class).sync(Duration.ofSeconds(20));
            statement.execute("INSERT INTO t VALUES (2)");
        }
    }

    /** Opens one more and leaves it so. */
    public static void forget(String url) throws SQLException {
        forgotten = DriverManager.getConnection(url);
    }

    /** Writes through that connection, and closes it. */
    public static void remember() throws SQLException {
        try (Connection connection = forgotten;
                Statement statement = connection.createStatement()) {
            statement.execute("INSERT INTO t VALUES (3)");
        }
    }

    /** As servers do when they remove an application; drivers that are loaded by the question register themselves. */
    public static void deregister() throws SQLException {
        boolean found = true;
        while (found) {
            found = false;
            for (Driver driver : Collections.list(DriverManager.getDrivers())) {
                if (driver.getClass().getClassLoader() == UnloadedApplication.class.getClassLoader()) {
                    DriverManager.deregisterDriver(driver);
                    found = true;
                }
            }
        }
    }
}
