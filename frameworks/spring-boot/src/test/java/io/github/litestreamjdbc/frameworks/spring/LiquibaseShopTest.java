package io.github.litestreamjdbc.frameworks.spring;

import io.github.litestreamjdbc.frameworks.shop.Shop;
import io.github.litestreamjdbc.frameworks.shop.ShopContract;
import org.junit.jupiter.api.Tag;
import org.springframework.dao.OptimisticLockingFailureException;

/** The same application with Liquibase. */
@Tag("every-framework")
class LiquibaseShopTest extends ShopContract {
    @Override
    protected Shop open(String url) {
        return new SpringShop(
                ShopApplication.start(
                        "spring.datasource.url=" + url, "spring.flyway.enabled=false", "spring.liquibase.enabled=true"),
                "SELECT id FROM databasechangelog ORDER BY orderexecuted");
    }

    @Override
    protected Class<? extends Throwable> staleVersion() {
        return OptimisticLockingFailureException.class;
    }
}
