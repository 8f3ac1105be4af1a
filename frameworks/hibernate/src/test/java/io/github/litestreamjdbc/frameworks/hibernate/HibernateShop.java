package io.github.litestreamjdbc.frameworks.hibernate;

import io.github.litestreamjdbc.frameworks.shop.FlywayMigrations;
import io.github.litestreamjdbc.frameworks.shop.Sale;
import io.github.litestreamjdbc.frameworks.shop.SalesPage;
import io.github.litestreamjdbc.frameworks.shop.Shop;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.hibernate.Session;
import org.hibernate.SessionFactory;
import org.hibernate.cfg.Configuration;

/** The shop on Hibernate, which is given the URL and finds driver and dialect. */
final class HibernateShop implements Shop {
    private final FlywayMigrations migrations;
    private final SessionFactory sessions;

    HibernateShop(String url) {
        migrations = new FlywayMigrations(url);
        // #hibernate
        sessions = new Configuration()
                .addAnnotatedClass(Customer.class)
                .addAnnotatedClass(Purchase.class)
                .setProperty("jakarta.persistence.jdbc.url", url)
                .setProperty("hibernate.connection.pool_size", "4")
                .setProperty("hibernate.hbm2ddl.auto", "validate")
                .setProperty("hibernate.jdbc.batch_size", "20")
                .buildSessionFactory();
        // #end
    }

    @Override
    public List<String> migrations() {
        return migrations.applied();
    }

    @Override
    public void sell(String customer, long firstId, int count) {
        sessions.inTransaction(session -> sell(session, customer, firstId, count));
    }

    private static void sell(Session session, String name, long firstId, int count) {
        Customer customer = find(session, name).orElseGet(() -> {
            Customer added = new Customer(name);
            session.persist(added);
            return added;
        });
        LongStream.range(firstId, firstId + count).mapToObj(Sale::of).forEach(customer::buy);
    }

    private static Optional<Customer> find(Session session, String name) {
        return session.createQuery("from Customer where name = :name", Customer.class)
                .setParameter("name", name)
                .uniqueResultOptional();
    }

    @Override
    public void sellAndFail(String customer, long firstId) {
        sessions.inTransaction(session -> {
            sell(session, customer, firstId, 3);
            session.flush();
            throw new IllegalStateException("out of stock");
        });
    }

    @Override
    public boolean knows(String customer) {
        return sessions.fromSession(session -> find(session, customer).isPresent());
    }

    @Override
    public List<Sale> salesOf(String customer) {
        return sessions.fromSession(session -> find(session, customer).orElseThrow().purchases().stream()
                .map(Purchase::sale)
                .toList());
    }

    @Override
    public Optional<Sale> sale(long id) {
        return sessions.fromSession(
                session -> Optional.ofNullable(session.find(Purchase.class, id)).map(Purchase::sale));
    }

    @Override
    public SalesPage salesAbove(int amount, int page, int size) {
        return sessions.fromSession(session -> new SalesPage(
                session.createQuery("select count(*) from Purchase where amount > :amount", Long.class)
                        .setParameter("amount", amount)
                        .getSingleResult(),
                session.createQuery("select id from Purchase where amount > :amount order by id desc", Long.class)
                        .setParameter("amount", amount)
                        .setFirstResult(page * size)
                        .setMaxResults(size)
                        .getResultList()));
    }

    @Override
    public Runnable renaming(String customer, String newName) {
        Customer detached =
                sessions.fromSession(session -> find(session, customer).orElseThrow());
        return () -> {
            detached.rename(newName);
            sessions.inTransaction(session -> session.merge(detached));
        };
    }

    @Override
    public long count() {
        return number("select count(*) from Purchase");
    }

    @Override
    public long lastId() {
        return number("select coalesce(max(id), 0) from Purchase");
    }

    private long number(String query) {
        return sessions.fromSession(
                session -> session.createQuery(query, Long.class).getSingleResult());
    }

    @Override
    public void close() {
        sessions.close();
    }
}
