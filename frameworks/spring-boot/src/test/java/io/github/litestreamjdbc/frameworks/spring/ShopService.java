package io.github.litestreamjdbc.frameworks.spring;

import io.github.litestreamjdbc.frameworks.shop.Sale;
import java.util.List;
import java.util.stream.LongStream;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/** The application's business. */
@Service
public class ShopService {
    private final Customers customers;
    private final JdbcTemplate jdbc;

    ShopService(Customers customers, JdbcTemplate jdbc) {
        this.customers = customers;
        this.jdbc = jdbc;
    }

    /** One transaction: the customer if he is new, and so many purchases, written as a batch. */
    @Transactional
    public void sell(String name, long firstId, int count) {
        Customer customer = customers.findByName(name).orElseGet(() -> customers.save(new Customer(name)));
        LongStream.range(firstId, firstId + count).mapToObj(Sale::of).forEach(customer::buy);
    }

    /** Sells, and then something goes wrong. */
    @Transactional
    public void sellAndFail(String name, long firstId) {
        sell(name, firstId, 3);
        customers.flush();
        throw new IllegalStateException("out of stock");
    }

    @Transactional(readOnly = true)
    public List<Sale> salesOf(String name) {
        return customers.findByName(name).orElseThrow().purchases().stream()
                .map(Purchase::sale)
                .toList();
    }

    public long count() {
        Long count = jdbc.queryForObject("SELECT count(*) FROM purchase", Long.class);
        return count == null ? 0 : count;
    }

    public long lastId() {
        Long last = jdbc.queryForObject("SELECT coalesce(max(id), 0) FROM purchase", Long.class);
        return last == null ? 0 : last;
    }
}
