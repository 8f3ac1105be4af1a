package io.github.litestreamjdbc.frameworks.mybatis;

import io.github.litestreamjdbc.frameworks.shop.Sale;
import java.util.List;
import org.apache.ibatis.annotations.Insert;
import org.apache.ibatis.annotations.Param;
import org.apache.ibatis.annotations.Select;
import org.apache.ibatis.annotations.Update;
import org.apache.ibatis.session.RowBounds;

/** The shop's statements. */
interface ShopMapper {
    @Select("SELECT id, name, version FROM customer WHERE name = #{name}")
    Customer customer(String name);

    @Insert("INSERT INTO customer (name, version) VALUES (#{name}, 0)")
    void add(String name);

    @Update("UPDATE customer SET name = #{newName}, version = version + 1"
            + " WHERE id = #{customer.id} AND version = #{customer.version}")
    int rename(@Param("customer") Customer customer, @Param("newName") String newName);

    @Insert("INSERT INTO purchase (id, customer_id, article, amount)"
            + " VALUES (#{sale.id}, #{customerId}, #{sale.article}, #{sale.amount})")
    void sell(@Param("customerId") int customerId, @Param("sale") Sale sale);

    @Select("SELECT p.id, article, amount FROM purchase p JOIN customer c ON c.id = p.customer_id"
            + " WHERE c.name = #{name} ORDER BY p.id")
    List<Sale> salesOf(String name);

    @Select("SELECT id, article, amount FROM purchase WHERE id = #{id}")
    Sale sale(long id);

    @Select("SELECT count(*) FROM purchase WHERE amount > #{amount}")
    long countAbove(int amount);

    @Select("SELECT id FROM purchase WHERE amount > #{amount} ORDER BY id DESC")
    List<Long> idsAbove(int amount, RowBounds page);

    @Select("SELECT coalesce(max(id), 0) FROM purchase")
    long lastId();
}
