package io.github.litestreamjdbc.frameworks.jdbi;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.github.litestreamjdbc.frameworks.shop.FlywayMigrations;
import io.github.litestreamjdbc.frameworks.shop.Sale;
import io.github.litestreamjdbc.frameworks.shop.SalesPage;
import io.github.litestreamjdbc.frameworks.shop.Shop;
import java.util.ConcurrentModificationException;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.mapper.reflect.ConstructorMapper;
import org.jdbi.v3.core.statement.PreparedBatch;

/** The shop on Jdbi over HikariCP. */
final class JdbiShop implements Shop {
    private final FlywayMigrations migrations;
    private final HikariDataSource pool;
    private final Jdbi jdbi;

    /** Somebody who buys. */
    public record Customer(int id, String name, int version) {}

    JdbiShop(String url) {
        migrations = new FlywayMigrations(url);
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(url);
        config.setMaximumPoolSize(4);
        pool = new HikariDataSource(config);
        jdbi = Jdbi.create(pool)
                .registerRowMapper(ConstructorMapper.factory(Customer.class))
                .registerRowMapper(ConstructorMapper.factory(Sale.class));
    }

    @Override
    public List<String> migrations() {
        return migrations.applied();
    }

    @Override
    public void sell(String customer, long firstId, int count) {
        jdbi.useTransaction(handle -> sell(handle, customer, firstId, count));
    }

    private static void sell(Handle handle, String name, long firstId, int count) {
        int customerId = find(handle, name)
                .map(Customer::id)
                .orElseGet(() -> handle.createUpdate("INSERT INTO customer (name, version) VALUES (:name, 0)")
                        .bind("name", name)
                        .executeAndReturnGeneratedKeys()
                        .mapTo(Integer.class)
                        .one());
        PreparedBatch batch = handle.prepareBatch("INSERT INTO purchase (id, customer_id, article, amount)"
                + " VALUES (:id, :customerId, :article, :amount)");
        LongStream.range(firstId, firstId + count)
                .mapToObj(Sale::of)
                .forEach(sale ->
                        batch.bindMethods(sale).bind("customerId", customerId).add());
        batch.execute();
    }

    private static Optional<Customer> find(Handle handle, String name) {
        return handle.createQuery("SELECT id, name, version FROM customer WHERE name = :name")
                .bind("name", name)
                .mapTo(Customer.class)
                .findOne();
    }

    @Override
    public void sellAndFail(String customer, long firstId) {
        jdbi.useTransaction(handle -> {
            sell(handle, customer, firstId, 3);
            throw new IllegalStateException("out of stock");
        });
    }

    @Override
    public boolean knows(String customer) {
        return jdbi.withHandle(handle -> find(handle, customer)).isPresent();
    }

    @Override
    public List<Sale> salesOf(String customer) {
        return jdbi.withHandle(handle -> handle.createQuery("SELECT p.id, article, amount FROM purchase p"
                        + " JOIN customer c ON c.id = p.customer_id WHERE c.name = :name ORDER BY p.id")
                .bind("name", customer)
                .mapTo(Sale.class)
                .list());
    }

    @Override
    public Optional<Sale> sale(long id) {
        return jdbi.withHandle(handle -> handle.createQuery("SELECT id, article, amount FROM purchase WHERE id = :id")
                .bind("id", id)
                .mapTo(Sale.class)
                .findOne());
    }

    @Override
    public SalesPage salesAbove(int amount, int page, int size) {
        return jdbi.withHandle(handle -> new SalesPage(
                handle.createQuery("SELECT count(*) FROM purchase WHERE amount > :amount")
                        .bind("amount", amount)
                        .mapTo(Long.class)
                        .one(),
                handle.createQuery("SELECT id FROM purchase WHERE amount > :amount"
                                + " ORDER BY id DESC LIMIT :size OFFSET :offset")
                        .bind("amount", amount)
                        .bind("size", size)
                        .bind("offset", page * size)
                        .mapTo(Long.class)
                        .list()));
    }

    @Override
    public Runnable renaming(String customer, String newName) {
        Customer read = jdbi.withHandle(handle -> find(handle, customer)).orElseThrow();
        return () -> jdbi.useTransaction(handle -> {
            int changed = handle.createUpdate("UPDATE customer SET name = :newName, version = version + 1"
                            + " WHERE id = :id AND version = :version")
                    .bindMethods(read)
                    .bind("newName", newName)
                    .execute();
            if (changed == 0) {
                throw new ConcurrentModificationException(read.toString());
            }
        });
    }

    @Override
    public long count() {
        return number("SELECT count(*) FROM purchase");
    }

    @Override
    public long lastId() {
        return number("SELECT coalesce(max(id), 0) FROM purchase");
    }

    private long number(String query) {
        return jdbi.withHandle(
                handle -> handle.createQuery(query).mapTo(Long.class).one());
    }

    @Override
    public void close() {
        pool.close();
    }
}
