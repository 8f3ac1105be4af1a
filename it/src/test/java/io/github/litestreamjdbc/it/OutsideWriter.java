package io.github.litestreamjdbc.it;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;

/**
 * A child JVM that uses the database with plain sqlite-jdbc, in one of several unfriendly ways, for some time. Says
 * {@code DONE ok failed} at the end: statements that succeeded, and that SQLite refused as busy.
 */
final class OutsideWriter {
    private OutsideWriter() {}

    public static void main(String[] args) throws SQLException {
        String url = "jdbc:sqlite:" + args[0] + "?busy_timeout=2000";
        long endNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(Long.parseLong(args[2]));
        long ok = 0;
        long failed = 0;
        while (System.nanoTime() < endNanos) {
            try {
                ok += round(args[1], url);
            } catch (SQLException e) {
                if ((e.getErrorCode() & 0xff) != 5) {
                    throw e;
                }
                failed++;
            }
        }
        System.out.println("DONE " + ok + " " + failed);
    }

    /** Each round opens and closes the database, as a shell does. */
    private static long round(String mode, String url) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url)) {
            switch (mode) {
                case "autocheckpoint" -> {
                    Sql.run(connection, "PRAGMA wal_autocheckpoint=3");
                    for (int i = 0; i < 20; i++) {
                        Sql.run(connection, "INSERT INTO outside (v) VALUES (randomblob(300))");
                    }
                    return 20;
                }
                case "checkpoints" -> {
                    for (String kind : new String[] {"TRUNCATE", "RESTART", "FULL", "PASSIVE"}) {
                        Sql.run(connection, "INSERT INTO outside (v) VALUES (randomblob(300))");
                        Sql.number(connection, "PRAGMA wal_checkpoint(" + kind + ")");
                    }
                    return 8;
                }
                case "vacuum" -> {
                    Sql.run(connection, "DELETE FROM outside WHERE id % 3 = 0", "VACUUM");
                    return 2;
                }
                default -> {
                    // Killed in the middle of a transaction that has spilled.
                    Sql.run(connection, "PRAGMA cache_size=5", "BEGIN IMMEDIATE");
                    for (int i = 0; i < 50; i++) {
                        Sql.run(connection, "INSERT INTO outside (v) VALUES (randomblob(3000))");
                    }
                    Runtime.getRuntime().halt(9);
                    return 0;
                }
            }
        }
    }
}
