package io.github.litestreamjdbc.frameworks.jooq;

import static io.github.litestreamjdbc.frameworks.jooq.tables.Tables.CUSTOMER;
import static io.github.litestreamjdbc.frameworks.jooq.tables.Tables.PURCHASE;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.github.litestreamjdbc.frameworks.jooq.tables.tables.records.CustomerRecord;
import io.github.litestreamjdbc.frameworks.jooq.tables.tables.records.PurchaseRecord;
import io.github.litestreamjdbc.frameworks.shop.FlywayMigrations;
import io.github.litestreamjdbc.frameworks.shop.Sale;
import io.github.litestreamjdbc.frameworks.shop.SalesPage;
import io.github.litestreamjdbc.frameworks.shop.Shop;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.jooq.DSLContext;
import org.jooq.SQLDialect;
import org.jooq.conf.Settings;
import org.jooq.impl.DSL;

/** The shop on jOOQ over HikariCP. */
final class JooqShop implements Shop {
    private final FlywayMigrations migrations;
    private final HikariDataSource pool;
    private final DSLContext jooq;

    JooqShop(String url) {
        migrations = new FlywayMigrations(url);
        // #jooq
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(url);
        config.setMaximumPoolSize(4);
        pool = new HikariDataSource(config);
        jooq = DSL.using(
                pool,
                SQLDialect.SQLITE,
                new Settings().withExecuteWithOptimisticLocking(true).withRenderSchema(false));
        // #end
    }

    @Override
    public List<String> migrations() {
        return migrations.applied();
    }

    @Override
    public void sell(String customer, long firstId, int count) {
        jooq.transaction(transaction -> sell(transaction.dsl(), customer, firstId, count));
    }

    private static void sell(DSLContext transaction, String customer, long firstId, int count) {
        Integer customerId = transaction
                .select(CUSTOMER.ID)
                .from(CUSTOMER)
                .where(CUSTOMER.NAME.eq(customer))
                .fetchOptional(CUSTOMER.ID)
                .orElseGet(() -> transaction
                        .insertInto(CUSTOMER, CUSTOMER.NAME, CUSTOMER.VERSION)
                        .values(customer, 0)
                        .returning(CUSTOMER.ID)
                        .fetchSingle(CUSTOMER.ID));
        transaction
                .batchInsert(LongStream.range(firstId, firstId + count)
                        .mapToObj(Sale::of)
                        .map(sale -> new PurchaseRecord(sale.id(), customerId, sale.article(), sale.amount()))
                        .toList())
                .execute();
    }

    @Override
    public void sellAndFail(String customer, long firstId) {
        jooq.transaction(transaction -> {
            sell(transaction.dsl(), customer, firstId, 3);
            throw new IllegalStateException("out of stock");
        });
    }

    @Override
    public boolean knows(String customer) {
        return jooq.fetchExists(CUSTOMER, CUSTOMER.NAME.eq(customer));
    }

    @Override
    public List<Sale> salesOf(String customer) {
        return jooq.selectFrom(PURCHASE)
                .where(PURCHASE.customer().NAME.eq(customer))
                .orderBy(PURCHASE.ID)
                .fetch(JooqShop::sale);
    }

    @Override
    public Optional<Sale> sale(long id) {
        return jooq.fetchOptional(PURCHASE, PURCHASE.ID.eq(id)).map(JooqShop::sale);
    }

    private static Sale sale(PurchaseRecord purchase) {
        return new Sale(purchase.getId(), purchase.getArticle(), purchase.getAmount());
    }

    @Override
    public SalesPage salesAbove(int amount, int page, int size) {
        return new SalesPage(
                jooq.fetchCount(PURCHASE, PURCHASE.AMOUNT.gt(amount)),
                jooq.select(PURCHASE.ID)
                        .from(PURCHASE)
                        .where(PURCHASE.AMOUNT.gt(amount))
                        .orderBy(PURCHASE.ID.desc())
                        .limit(size)
                        .offset(page * size)
                        .fetch(PURCHASE.ID));
    }

    @Override
    public Runnable renaming(String customer, String newName) {
        CustomerRecord record = jooq.fetchSingle(CUSTOMER, CUSTOMER.NAME.eq(customer));
        return () -> {
            record.setName(newName);
            record.store();
        };
    }

    @Override
    public long count() {
        return jooq.fetchCount(PURCHASE);
    }

    @Override
    public long lastId() {
        return jooq.select(DSL.coalesce(DSL.max(PURCHASE.ID), 0L))
                .from(PURCHASE)
                .fetchSingle()
                .value1();
    }

    @Override
    public void close() {
        pool.close();
    }
}
