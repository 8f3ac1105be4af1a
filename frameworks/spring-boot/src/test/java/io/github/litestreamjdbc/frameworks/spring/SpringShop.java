package io.github.litestreamjdbc.frameworks.spring;

import io.github.litestreamjdbc.frameworks.shop.Sale;
import io.github.litestreamjdbc.frameworks.shop.SalesPage;
import io.github.litestreamjdbc.frameworks.shop.Shop;
import java.util.List;
import java.util.Optional;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.data.domain.Page;
import org.springframework.data.domain.PageRequest;
import org.springframework.data.domain.Sort;
import org.springframework.jdbc.core.JdbcTemplate;

/** The application seen from outside. */
final class SpringShop implements Shop {
    private final ConfigurableApplicationContext application;
    private final String migrations;
    private final ShopService service;
    private final Customers customers;
    private final Purchases purchases;

    /** @param migrations the query for what was migrated */
    SpringShop(ConfigurableApplicationContext application, String migrations) {
        this.application = application;
        this.migrations = migrations;
        service = application.getBean(ShopService.class);
        customers = application.getBean(Customers.class);
        purchases = application.getBean(Purchases.class);
    }

    @Override
    public List<String> migrations() {
        return application.getBean(JdbcTemplate.class).queryForList(migrations, String.class);
    }

    @Override
    public void sell(String customer, long firstId, int count) {
        service.sell(customer, firstId, count);
    }

    @Override
    public void sellAndFail(String customer, long firstId) {
        service.sellAndFail(customer, firstId);
    }

    @Override
    public boolean knows(String customer) {
        return customers.findByName(customer).isPresent();
    }

    @Override
    public List<Sale> salesOf(String customer) {
        return service.salesOf(customer);
    }

    @Override
    public Optional<Sale> sale(long id) {
        return purchases.findById(id).map(Purchase::sale);
    }

    @Override
    public SalesPage salesAbove(int amount, int page, int size) {
        Page<Purchase> found = purchases.findByAmountGreaterThan(
                amount, PageRequest.of(page, size, Sort.by("id").descending()));
        return new SalesPage(
                found.getTotalElements(),
                found.getContent().stream().map(Purchase::getId).toList());
    }

    @Override
    public Runnable renaming(String customer, String newName) {
        Customer detached = customers.findByName(customer).orElseThrow();
        return () -> {
            detached.rename(newName);
            customers.save(detached);
        };
    }

    @Override
    public long count() {
        return service.count();
    }

    @Override
    public long lastId() {
        return service.lastId();
    }

    @Override
    public void close() {
        application.close();
    }
}
