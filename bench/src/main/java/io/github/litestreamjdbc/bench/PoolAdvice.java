package io.github.litestreamjdbc.bench;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Ten threads in transactions that read a row and then change it, over HikariCP: by size of the pool, {@code transaction_mode} and
 * {@code busy_timeout}, on plain sqlite-jdbc and on ours in turns. For the advice in docs/guides.
 */
public final class PoolAdvice {
    private static final int THREADS = 10;
    private static final int ROWS = 1000;
    private static final int ROUNDS = 3;
    private static final long ROUND_NANOS = TimeUnit.MILLISECONDS.toNanos(Integer.getInteger("round.millis", 1500));

    /** One line of the table. */
    private record Setting(int connections, String transactionMode, int busyTimeoutMillis) {}

    /** What a round came to. */
    private record Result(long transactions, long refused, long worstNanos) {
        Result plus(Result other) {
            return new Result(
                    transactions + other.transactions, refused + other.refused, Math.max(worstNanos, other.worstNanos));
        }

        double perSecond() {
            return transactions * 1e9 / ROUND_NANOS / ROUNDS;
        }
    }

    private PoolAdvice() {}

    /** Takes two minutes. */
    public static void main(String[] args) throws Exception {
        Path directory = Files.createTempDirectory("pool-advice");
        List<Setting> settings = new ArrayList<>();
        for (String mode : List.of("DEFERRED", "IMMEDIATE")) {
            for (int connections : new int[] {1, 2, 4, 10}) {
                settings.add(new Setting(connections, mode, 5000));
            }
        }
        settings.add(new Setting(4, "IMMEDIATE", 0));
        settings.add(new Setting(4, "IMMEDIATE", 100));
        try {
            measure(directory, settings.get(0));
            System.out.printf(
                    "%11s %-10s %12s %10s %10s %6s %10s %10s %10s%n",
                    "connections", "mode", "busy_timeout", "plain/s", "ours/s", "ratio", "refused", "refused", "worst");
            for (Setting setting : settings) {
                System.out.println(measure(directory, setting));
            }
        } finally {
            Folders.delete(directory);
        }
    }

    private static String measure(Path directory, Setting setting) throws Exception {
        String sqlite = "journal_mode=WAL&synchronous=NORMAL&transaction_mode=" + setting.transactionMode()
                + "&busy_timeout=" + setting.busyTimeoutMillis();
        String plainUrl = "jdbc:sqlite:" + directory.resolve("plain.db") + "?" + sqlite;
        String oursUrl = "jdbc:litestream:sqlite:" + directory.resolve("ours.db") + "?linger=0&replica="
                + directory.resolve("replica").toUri() + "&" + sqlite;
        Result plain = new Result(0, 0, 0);
        Result ours = new Result(0, 0, 0);
        for (int round = 0; round < ROUNDS; round++) {
            plain = plain.plus(run(plainUrl, setting.connections()));
            ours = ours.plus(run(oursUrl, setting.connections()));
        }
        return String.format(
                "%11d %-10s %12d %,10.0f %,10.0f %6.2f %,10d %,10d %7d ms",
                setting.connections(),
                setting.transactionMode(),
                setting.busyTimeoutMillis(),
                plain.perSecond(),
                ours.perSecond(),
                ours.perSecond() / plain.perSecond(),
                plain.refused(),
                ours.refused(),
                TimeUnit.NANOSECONDS.toMillis(ours.worstNanos()));
    }

    private static Result run(String url, int connections) throws Exception {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(url);
        config.setMaximumPoolSize(connections);
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try (HikariDataSource pool = new HikariDataSource(config)) {
            prepare(pool);
            long end = System.nanoTime() + ROUND_NANOS;
            List<Future<Result>> workers = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                long first = i;
                workers.add(threads.submit(() -> work(pool, first, end)));
            }
            Result sum = new Result(0, 0, 0);
            for (Future<Result> worker : workers) {
                sum = sum.plus(worker.get());
            }
            return sum;
        } finally {
            threads.shutdown();
        }
    }

    private static void prepare(HikariDataSource pool) throws SQLException {
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement()) {
            statement.executeUpdate("CREATE TABLE IF NOT EXISTS account (id INTEGER PRIMARY KEY, balance INTEGER)");
            statement.executeUpdate(
                    "INSERT OR IGNORE INTO account WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1"
                            + " FROM n WHERE i < " + (ROWS - 1) + ") SELECT i, 0 FROM n");
        }
    }

    private static Result work(HikariDataSource pool, long first, long end) throws SQLException {
        long done = 0;
        long refused = 0;
        long worst = 0;
        for (long id = first; System.nanoTime() < end; id++) {
            long begun = System.nanoTime();
            try (Connection connection = pool.getConnection()) {
                connection.setAutoCommit(false);
                deposit(connection, id % ROWS);
                connection.commit();
                done++;
            } catch (SQLException e) {
                // Where SQLite refuses BEGIN IMMEDIATE, sqlite-jdbc takes itself for being in a transaction, also later
                // in the pool.
                if (!e.getMessage().contains("SQLITE_BUSY") && !e.getMessage().contains("no transaction is active")) {
                    throw e;
                }
                refused++;
            }
            worst = Math.max(worst, System.nanoTime() - begun);
        }
        return new Result(done, refused, worst);
    }

    private static void deposit(Connection connection, long id) throws SQLException {
        long balance;
        try (PreparedStatement select = connection.prepareStatement("SELECT balance FROM account WHERE id = ?")) {
            select.setLong(1, id);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                balance = row.getLong(1);
            }
        }
        try (PreparedStatement update = connection.prepareStatement("UPDATE account SET balance = ? WHERE id = ?")) {
            update.setLong(1, balance + 1);
            update.setLong(2, id);
            update.executeUpdate();
        }
    }
}
