package io.github.litestreamjdbc.frameworks.spring;

import java.util.stream.LongStream;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/** The application's business. */
@Service
public class Shop {
    private final Customers customers;
    private final JdbcTemplate jdbc;

    Shop(Customers customers, JdbcTemplate jdbc) {
        this.customers = customers;
        this.jdbc = jdbc;
    }

    /** One transaction: the customer if he is new, and so many purchases, written as a batch. */
    @Transactional
    public void sell(String name, long firstId, int count) {
        Customer customer = customers.findByName(name).orElseGet(() -> customers.save(new Customer(name)));
        LongStream.range(firstId, firstId + count).forEach(id -> customer.buy(id, "article " + id, 1 + (int) id % 7));
    }

    /** Sells, and then something goes wrong. */
    @Transactional
    public void sellAndFail(String name, long firstId) {
        sell(name, firstId, 3);
        customers.flush();
        throw new IllegalStateException("out of stock");
    }

    @Transactional
    public void rename(String name, String newName) {
        customers.findByName(name).orElseThrow().rename(newName);
    }

    @Transactional(readOnly = true)
    public int purchasesOf(String name) {
        return customers.findByName(name).orElseThrow().purchases().size();
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
