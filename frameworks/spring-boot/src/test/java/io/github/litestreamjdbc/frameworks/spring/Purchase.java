package io.github.litestreamjdbc.frameworks.spring;

import io.github.litestreamjdbc.frameworks.shop.Sale;
import jakarta.persistence.Entity;
import jakarta.persistence.FetchType;
import jakarta.persistence.Id;
import jakarta.persistence.ManyToOne;
import jakarta.persistence.PostLoad;
import jakarta.persistence.PostPersist;
import jakarta.persistence.Transient;
import org.springframework.data.domain.Persistable;

/** What somebody bought. */
@Entity
public class Purchase implements Persistable<Long> {
    @Id
    private Long id;

    @ManyToOne(fetch = FetchType.LAZY, optional = false)
    private Customer customer;

    private String article;
    private int amount;

    @Transient
    private boolean stored;

    protected Purchase() {}

    Purchase(Customer customer, Sale sale) {
        this.id = sale.id();
        this.customer = customer;
        this.article = sale.article();
        this.amount = sale.amount();
    }

    @PostLoad
    @PostPersist
    void markStored() {
        stored = true;
    }

    @Override
    public Long getId() {
        return id;
    }

    @Override
    public boolean isNew() {
        return !stored;
    }

    Sale sale() {
        return new Sale(id, article, amount);
    }
}
