package io.github.litestreamjdbc.frameworks.exposed

import io.github.litestreamjdbc.frameworks.shop.Shop
import io.github.litestreamjdbc.frameworks.shop.ShopContract

internal class ExposedShopTest : ShopContract() {
    override fun open(url: String): Shop = ExposedShop(url)

    override fun staleVersion(): Class<out Throwable> = StaleCustomer::class.java
}
