package io.github.litestreamjdbc.frameworks.hibernate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.litestreamjdbc.frameworks.shop.Shop;
import io.github.litestreamjdbc.frameworks.shop.ShopContract;
import jakarta.persistence.OptimisticLockException;
import org.hibernate.HibernateException;
import org.hibernate.cfg.Configuration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HibernateShopTest extends ShopContract {
    @Override
    protected Shop open(String url) {
        return new HibernateShop(url);
    }

    /** Hibernate asks that driver only, and it takes no URL of ours. */
    @ParameterizedTest
    @ValueSource(strings = {"jakarta.persistence.jdbc.driver", "hibernate.connection.driver_class"})
    void driverClassOfSqliteJdbcThatIsLeftOverIsRefusedByHibernate(String setting) {
        assertThatThrownBy(() -> start(setting, "org.sqlite.JDBC")).isInstanceOf(HibernateException.class);
        assertThat(database()).doesNotExist();

        start(setting, "io.github.litestreamjdbc.driver.LitestreamDriver");
        assertThat(database()).exists();
    }

    private void start(String setting, String driver) {
        new Configuration()
                .setProperty("jakarta.persistence.jdbc.url", replicated())
                .setProperty(setting, driver)
                .buildSessionFactory()
                .close();
    }

    @Override
    protected Class<? extends Throwable> staleVersion() {
        return OptimisticLockException.class;
    }
}
