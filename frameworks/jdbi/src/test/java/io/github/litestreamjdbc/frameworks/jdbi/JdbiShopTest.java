package io.github.litestreamjdbc.frameworks.jdbi;

import io.github.litestreamjdbc.frameworks.shop.Shop;
import io.github.litestreamjdbc.frameworks.shop.ShopContract;
import java.util.ConcurrentModificationException;

class JdbiShopTest extends ShopContract {
    @Override
    protected Shop open(String url) {
        return new JdbiShop(url);
    }

    @Override
    protected Class<? extends Throwable> staleVersion() {
        return ConcurrentModificationException.class;
    }
}
