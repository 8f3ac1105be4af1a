package io.github.litestreamjdbc.frameworks.shop;

import io.github.litestreamjdbc.engine.Replication;
import java.lang.reflect.Constructor;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;

/** A child JVM: a shop sells until it is killed, and says up to which sale the replica has everything. */
final class BusyShop {
    private BusyShop() {}

    /** The arguments are the test class, which opens the shop, and the URL. */
    public static void main(String[] args) throws Exception {
        Constructor<?> test = Class.forName(args[0]).getDeclaredConstructor();
        test.setAccessible(true);
        try (Shop shop = ((ShopContract) test.newInstance()).open(args[1]);
                Connection connection = DriverManager.getConnection(args[1])) {
            for (long id = shop.lastId() + 1; ; id += 5) {
                shop.sell("busy " + id % 3, id, 5);
                if (id % 4 == 1) {
                    connection.unwrap(Replication.class).sync(Duration.ofSeconds(20));
                    System.out.println("REPLICATED " + (id + 4));
                    System.out.flush();
                }
            }
        }
    }
}
