package io.github.litestreamjdbc.frameworks.spring;

import java.util.Optional;
import org.springframework.data.jpa.repository.JpaRepository;

/** All customers. */
public interface Customers extends JpaRepository<Customer, Integer> {
    Optional<Customer> findByName(String name);
}
