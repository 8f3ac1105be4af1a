package io.github.litestreamjdbc.frameworks.mybatis;

import io.github.litestreamjdbc.frameworks.shop.LiquibaseMigrations;
import io.github.litestreamjdbc.frameworks.shop.Sale;
import io.github.litestreamjdbc.frameworks.shop.SalesPage;
import io.github.litestreamjdbc.frameworks.shop.Shop;
import java.util.ConcurrentModificationException;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.LongStream;
import liquibase.exception.LiquibaseException;
import org.apache.ibatis.datasource.pooled.PooledDataSource;
import org.apache.ibatis.mapping.Environment;
import org.apache.ibatis.session.Configuration;
import org.apache.ibatis.session.ExecutorType;
import org.apache.ibatis.session.RowBounds;
import org.apache.ibatis.session.SqlSession;
import org.apache.ibatis.session.SqlSessionFactory;
import org.apache.ibatis.session.SqlSessionFactoryBuilder;
import org.apache.ibatis.transaction.jdbc.JdbcTransactionFactory;

/** The shop on MyBatis with its own pool; Liquibase makes the tables and is given the URL. */
final class MyBatisShop implements Shop {
    private final LiquibaseMigrations migrations;
    private final PooledDataSource pool;
    private final SqlSessionFactory sessions;

    MyBatisShop(String url) throws LiquibaseException {
        migrations = new LiquibaseMigrations(url);
        pool = new PooledDataSource();
        pool.setDriver("org.sqlite.JDBC");
        pool.setUrl(url);
        Configuration configuration = new Configuration(new Environment("shop", new JdbcTransactionFactory(), pool));
        configuration.setArgNameBasedConstructorAutoMapping(true);
        configuration.addMapper(ShopMapper.class);
        sessions = new SqlSessionFactoryBuilder().build(configuration);
    }

    @Override
    public List<String> migrations() {
        return migrations.applied();
    }

    @Override
    public void sell(String customer, long firstId, int count) {
        try (SqlSession session = sessions.openSession(ExecutorType.BATCH)) {
            sell(session, customer, firstId, count);
            session.commit();
        }
    }

    private static void sell(SqlSession session, String name, long firstId, int count) {
        ShopMapper mapper = session.getMapper(ShopMapper.class);
        if (mapper.customer(name) == null) {
            mapper.add(name);
            session.flushStatements();
        }
        int customerId = mapper.customer(name).id();
        LongStream.range(firstId, firstId + count).mapToObj(Sale::of).forEach(sale -> mapper.sell(customerId, sale));
        session.flushStatements();
    }

    @Override
    public void sellAndFail(String customer, long firstId) {
        try (SqlSession session = sessions.openSession(ExecutorType.BATCH)) {
            sell(session, customer, firstId, 3);
            throw new IllegalStateException("out of stock");
        }
    }

    @Override
    public boolean knows(String customer) {
        return ask(mapper -> mapper.customer(customer)) != null;
    }

    @Override
    public List<Sale> salesOf(String customer) {
        return ask(mapper -> mapper.salesOf(customer));
    }

    @Override
    public Optional<Sale> sale(long id) {
        return Optional.ofNullable(ask(mapper -> mapper.sale(id)));
    }

    @Override
    public SalesPage salesAbove(int amount, int page, int size) {
        return ask(mapper ->
                new SalesPage(mapper.countAbove(amount), mapper.idsAbove(amount, new RowBounds(page * size, size))));
    }

    @Override
    public Runnable renaming(String customer, String newName) {
        Customer read = ask(mapper -> mapper.customer(customer));
        return () -> {
            try (SqlSession session = sessions.openSession()) {
                if (session.getMapper(ShopMapper.class).rename(read, newName) == 0) {
                    throw new ConcurrentModificationException(read.toString());
                }
                session.commit();
            }
        };
    }

    @Override
    public long count() {
        return ask(mapper -> mapper.countAbove(0));
    }

    @Override
    public long lastId() {
        return ask(ShopMapper::lastId);
    }

    private <T> T ask(Function<ShopMapper, T> question) {
        try (SqlSession session = sessions.openSession()) {
            return question.apply(session.getMapper(ShopMapper.class));
        }
    }

    @Override
    public void close() {
        pool.forceCloseAll();
    }
}
