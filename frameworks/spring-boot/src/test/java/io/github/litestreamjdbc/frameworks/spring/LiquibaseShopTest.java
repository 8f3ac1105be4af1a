package io.github.litestreamjdbc.frameworks.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.frameworks.shop.Shop;
import io.github.litestreamjdbc.frameworks.shop.ShopContract;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.dao.OptimisticLockingFailureException;

/** The same application with Liquibase. */
@Tag("every-framework")
class LiquibaseShopTest extends ShopContract {
    private static Shop shop(String... settings) {
        List<String> all = new ArrayList<>(List.of("spring.flyway.enabled=false", "spring.liquibase.enabled=true"));
        all.addAll(List.of(settings));
        return new SpringShop(
                ShopApplication.start(all.toArray(String[]::new)),
                "SELECT id FROM databasechangelog ORDER BY orderexecuted");
    }

    @Override
    protected Shop open(String url) {
        return shop("spring.datasource.url=" + url);
    }

    @ParameterizedTest
    @ValueSource(strings = {"spring.liquibase.user=sa", "spring.liquibase.driver-class-name=org.sqlite.JDBC"})
    void migrationsMayHaveAUrlOfTheirOwn(String setting) {
        try (Shop shop =
                shop("spring.datasource.url=" + replicated(), "spring.liquibase.url=" + replicated(), setting)) {
            assertThat(shop.migrations()).containsExactly("1", "2");
        }
    }

    @Override
    protected Class<? extends Throwable> staleVersion() {
        return OptimisticLockingFailureException.class;
    }
}
