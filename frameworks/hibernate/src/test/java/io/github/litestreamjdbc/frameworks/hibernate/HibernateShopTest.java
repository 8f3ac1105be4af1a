package io.github.litestreamjdbc.frameworks.hibernate;

import io.github.litestreamjdbc.frameworks.shop.Shop;
import io.github.litestreamjdbc.frameworks.shop.ShopContract;
import jakarta.persistence.OptimisticLockException;

class HibernateShopTest extends ShopContract {
    @Override
    protected Shop open(String url) {
        return new HibernateShop(url);
    }

    @Override
    protected Class<? extends Throwable> staleVersion() {
        return OptimisticLockException.class;
    }
}
