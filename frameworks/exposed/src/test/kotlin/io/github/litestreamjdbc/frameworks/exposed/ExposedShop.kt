package io.github.litestreamjdbc.frameworks.exposed

import io.github.litestreamjdbc.driver.LitestreamDriver
import io.github.litestreamjdbc.frameworks.shop.FlywayMigrations
import io.github.litestreamjdbc.frameworks.shop.Sale
import io.github.litestreamjdbc.frameworks.shop.SalesPage
import io.github.litestreamjdbc.frameworks.shop.Shop
import java.util.Optional
import org.jetbrains.exposed.v1.core.ResultRow
import org.jetbrains.exposed.v1.core.SortOrder
import org.jetbrains.exposed.v1.core.Table
import org.jetbrains.exposed.v1.core.and
import org.jetbrains.exposed.v1.core.dao.id.IntIdTable
import org.jetbrains.exposed.v1.core.eq
import org.jetbrains.exposed.v1.core.greater
import org.jetbrains.exposed.v1.core.max
import org.jetbrains.exposed.v1.jdbc.Database
import org.jetbrains.exposed.v1.jdbc.batchInsert
import org.jetbrains.exposed.v1.jdbc.insertAndGetId
import org.jetbrains.exposed.v1.jdbc.select
import org.jetbrains.exposed.v1.jdbc.selectAll
import org.jetbrains.exposed.v1.jdbc.transactions.TransactionManager
import org.jetbrains.exposed.v1.jdbc.transactions.transaction
import org.jetbrains.exposed.v1.jdbc.update

internal object Customers : IntIdTable("customer") {
    val name = varchar("name", 100)
    val version = integer("version")
}

internal object Purchases : Table("purchase") {
    val id = long("id")
    val customer = reference("customer_id", Customers)
    val article = varchar("article", 100)
    val amount = integer("amount")
    override val primaryKey = PrimaryKey(id)
}

internal class StaleCustomer(id: Int) : RuntimeException("customer $id was changed by somebody else")

/** The shop on Exposed, which is given the URL. */
internal class ExposedShop(url: String) : Shop {
    private val migrations = FlywayMigrations(url)
    private val database: Database

    init {
        Database.registerJdbcDriver("jdbc:litestream:sqlite", LitestreamDriver::class.java.name, "SQLite")
        database = Database.connect(url)
    }

    override fun migrations(): List<String> = migrations.applied()

    override fun sell(customer: String, firstId: Long, count: Int) = transaction(database) { sale(customer, firstId, count) }

    private fun sale(name: String, firstId: Long, count: Int) {
        val customerId =
            Customers.select(Customers.id).where { Customers.name eq name }.singleOrNull()?.get(Customers.id)
                ?: Customers.insertAndGetId {
                    it[Customers.name] = name
                    it[version] = 0
                }
        Purchases.batchInsert(firstId until firstId + count) { id ->
            val sale = Sale.of(id)
            this[Purchases.id] = id
            this[Purchases.customer] = customerId
            this[Purchases.article] = sale.article()
            this[Purchases.amount] = sale.amount()
        }
    }

    override fun sellAndFail(customer: String, firstId: Long) {
        transaction(database) {
            sale(customer, firstId, 3)
            throw IllegalStateException("out of stock")
        }
    }

    override fun knows(customer: String): Boolean =
        transaction(database) { !Customers.selectAll().where { Customers.name eq customer }.empty() }

    override fun salesOf(customer: String): List<Sale> =
        transaction(database) {
            (Customers innerJoin Purchases)
                .selectAll()
                .where { Customers.name eq customer }
                .orderBy(Purchases.id)
                .map(::toSale)
        }

    override fun sale(id: Long): Optional<Sale> =
        transaction(database) {
            Optional.ofNullable(Purchases.selectAll().where { Purchases.id eq id }.singleOrNull()?.let(::toSale))
        }

    private fun toSale(row: ResultRow) = Sale(row[Purchases.id], row[Purchases.article], row[Purchases.amount])

    override fun salesAbove(amount: Int, page: Int, size: Int): SalesPage =
        transaction(database) {
            val above = { Purchases.select(Purchases.id).where { Purchases.amount greater amount } }
            val ids =
                above()
                    .orderBy(Purchases.id, SortOrder.DESC)
                    .limit(size)
                    .offset(page.toLong() * size)
                    .map { it[Purchases.id] }
            SalesPage(above().count(), ids)
        }

    override fun renaming(customer: String, newName: String): Runnable {
        val read = transaction(database) { Customers.selectAll().where { Customers.name eq customer }.single() }
        return Runnable {
            transaction(database) {
                val changed =
                    Customers.update({ (Customers.id eq read[Customers.id]) and (Customers.version eq read[Customers.version]) }) {
                        it[name] = newName
                        it[version] = read[version] + 1
                    }
                if (changed == 0) {
                    throw StaleCustomer(read[Customers.id].value)
                }
            }
        }
    }

    override fun count(): Long = transaction(database) { Purchases.selectAll().count() }

    override fun lastId(): Long =
        transaction(database) {
            val last = Purchases.id.max()
            Purchases.select(last).single()[last] ?: 0
        }

    override fun close() = TransactionManager.closeAndUnregister(database)
}
