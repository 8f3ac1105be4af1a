package io.github.litestreamjdbc.frameworks.mybatis;

import io.github.litestreamjdbc.frameworks.shop.Shop;
import io.github.litestreamjdbc.frameworks.shop.ShopContract;
import java.util.ConcurrentModificationException;

class MyBatisShopTest extends ShopContract {
    @Override
    protected Shop open(String url) throws Exception {
        return new MyBatisShop(url);
    }

    @Override
    protected Class<? extends Throwable> staleVersion() {
        return ConcurrentModificationException.class;
    }
}
