package io.github.litestreamjdbc.frameworks.spring;

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

    Purchase(long id, Customer customer, String article, int amount) {
        this.id = id;
        this.customer = customer;
        this.article = article;
        this.amount = amount;
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

    String article() {
        return article;
    }

    int amount() {
        return amount;
    }
}
