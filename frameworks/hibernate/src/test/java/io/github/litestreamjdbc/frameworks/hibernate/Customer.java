package io.github.litestreamjdbc.frameworks.hibernate;

import io.github.litestreamjdbc.frameworks.shop.Sale;
import jakarta.persistence.CascadeType;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.OneToMany;
import jakarta.persistence.OrderBy;
import jakarta.persistence.Table;
import jakarta.persistence.Version;
import java.util.ArrayList;
import java.util.List;

/** Somebody who buys. */
@Entity
@Table(name = "customer")
class Customer {
    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    private Integer id;

    private String name;

    @Version
    private int version;

    @OneToMany(mappedBy = "customer", cascade = CascadeType.ALL)
    @OrderBy("id")
    private List<Purchase> purchases = new ArrayList<>();

    protected Customer() {}

    Customer(String name) {
        this.name = name;
    }

    void buy(Sale sale) {
        purchases.add(new Purchase(this, sale));
    }

    void rename(String newName) {
        name = newName;
    }

    List<Purchase> purchases() {
        return purchases;
    }
}
