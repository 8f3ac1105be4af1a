package io.github.litestreamjdbc.frameworks.spring;

import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.engine.Replication;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import javax.sql.DataSource;
import org.springframework.context.ConfigurableApplicationContext;

/** A child JVM: the shop sells until it is killed, and says up to which purchase the replica has everything. */
final class BusyShop {
    private BusyShop() {}

    public static void main(String[] args) throws SQLException, ReplicationException {
        try (ConfigurableApplicationContext application = ShopApplication.start("spring.datasource.url=" + args[0])) {
            Shop shop = application.getBean(Shop.class);
            for (long id = shop.lastId() + 1; ; id += 5) {
                shop.sell("busy " + id % 3, id, 5);
                if (id % 4 == 1) {
                    sync(application.getBean(DataSource.class));
                    System.out.println("REPLICATED " + (id + 4));
                    System.out.flush();
                }
            }
        }
    }

    private static void sync(DataSource pool) throws SQLException, ReplicationException {
        try (Connection connection = pool.getConnection()) {
            connection.unwrap(Replication.class).sync(Duration.ofSeconds(20));
        }
    }
}
