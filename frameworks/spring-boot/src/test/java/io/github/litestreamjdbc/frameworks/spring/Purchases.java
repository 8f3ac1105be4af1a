package io.github.litestreamjdbc.frameworks.spring;

import org.springframework.data.domain.Page;
import org.springframework.data.domain.Pageable;
import org.springframework.data.jpa.repository.JpaRepository;

/** All purchases. */
public interface Purchases extends JpaRepository<Purchase, Long> {
    Page<Purchase> findByAmountGreaterThan(int amount, Pageable page);
}
