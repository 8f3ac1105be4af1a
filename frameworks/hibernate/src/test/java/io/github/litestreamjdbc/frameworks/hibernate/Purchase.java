package io.github.litestreamjdbc.frameworks.hibernate;

import io.github.litestreamjdbc.frameworks.shop.Sale;
import jakarta.persistence.Entity;
import jakarta.persistence.FetchType;
import jakarta.persistence.Id;
import jakarta.persistence.JoinColumn;
import jakarta.persistence.ManyToOne;
import jakarta.persistence.Table;

/** What somebody bought. */
@Entity
@Table(name = "purchase")
class Purchase {
    @Id
    private Long id;

    @ManyToOne(fetch = FetchType.LAZY, optional = false)
    @JoinColumn(name = "customer_id")
    private Customer customer;

    private String article;
    private int amount;

    protected Purchase() {}

    Purchase(Customer customer, Sale sale) {
        this.id = sale.id();
        this.customer = customer;
        this.article = sale.article();
        this.amount = sale.amount();
    }

    Sale sale() {
        return new Sale(id, article, amount);
    }
}
