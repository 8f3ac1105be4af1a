package io.github.litestreamjdbc.frameworks.shop;

import java.util.List;
import java.util.Optional;

/**
 * The business of a small shop: customers who bought things. Each framework does it in the way that is usual there, and knows
 * nothing of replication.
 */
public interface Shop extends AutoCloseable {
    /** The migrations that the tool for them has recorded as done, in order. */
    List<String> migrations();

    /** One transaction: the customer if he is new, and the sales {@code firstId}, {@code firstId + 1}… written as a batch. */
    void sell(String customer, long firstId, int count);

    /** Sells three, and throws an {@link IllegalStateException} before the transaction ends. */
    void sellAndFail(String customer, long firstId);

    /** Whether there is such a customer. */
    boolean knows(String customer);

    /** What he bought, by id, through the relation. */
    List<Sale> salesOf(String customer);

    /** The sale with that id. */
    Optional<Sale> sale(long id);

    /** Sales of more than that amount, the newest first. Pages count from 0. */
    SalesPage salesAbove(int amount, int page, int size);

    /**
     * Reads the customer now; the result renames him when it runs, in a transaction of its own, and throws what the framework
     * throws if he was changed in between.
     */
    Runnable renaming(String customer, String newName);

    /** How many sales there are. */
    long count();

    /** The largest id of a sale, 0 if there is none. */
    long lastId();

    @Override
    void close();
}
