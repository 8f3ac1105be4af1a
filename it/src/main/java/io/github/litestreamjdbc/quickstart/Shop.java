package io.github.litestreamjdbc.quickstart;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.engine.Replication;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The application: loads the sample database through a HikariCP pool, then takes orders until it is killed. It says on
 * standard output what a customer would be told: {@code ACK n} once order n is committed, {@code REPLICATED n} once all
 * orders up to n are known to be in the replica.
 */
public final class Shop {
    private static final Duration SYNC_TIMEOUT = Duration.ofSeconds(10);

    private Shop() {}

    /**
     * Runs until killed.
     *
     * @param args the JDBC URL
     */
    public static void main(String[] args) throws SQLException {
        HikariConfig pool = new HikariConfig();
        pool.setJdbcUrl(args[0]);
        pool.setMaximumPoolSize(4);
        try (HikariDataSource dataSource = new HikariDataSource(pool)) {
            long rows = FoodMart.copyTo(dataSource, line -> say("LOADED " + line));
            say(String.format("LOADED %-32s %,9d rows", "all tables", rows));
            takeOrders(dataSource);
        }
    }

    private static void takeOrders(HikariDataSource dataSource) throws SQLException {
        AtomicLong acknowledged = new AtomicLong();
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, product TEXT)");
            reportReplicated(connection.unwrap(Replication.class), acknowledged);
            try (PreparedStatement order = connection.prepareStatement(
                    "INSERT INTO orders SELECT ?, customer_id, (SELECT product_name FROM product LIMIT 1 OFFSET ? % 1000)"
                            + " FROM customer LIMIT 1 OFFSET ? % 10000")) {
                for (long id = 1; ; id++) {
                    order.setLong(1, id);
                    order.setLong(2, id);
                    order.setLong(3, id);
                    order.executeUpdate();
                    acknowledged.set(id);
                    say("ACK " + id);
                }
            }
        }
    }

    private static void reportReplicated(Replication replication, AtomicLong acknowledged) {
        Thread reporter = new Thread(
                () -> {
                    while (true) {
                        long id = acknowledged.get();
                        try {
                            replication.sync(SYNC_TIMEOUT);
                            say("REPLICATED " + id);
                        } catch (ReplicationException e) {
                            say("NOT REPLICATED " + e.getMessage());
                        }
                    }
                },
                "reporter");
        reporter.setDaemon(true);
        reporter.start();
    }

    private static synchronized void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
