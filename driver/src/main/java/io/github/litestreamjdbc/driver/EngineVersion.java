package io.github.litestreamjdbc.driver;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;
import org.sqlite.JDBC;
import org.sqlite.SQLiteConnection;

/** Refuses SQLite engines that corrupt databases under replication. */
final class EngineVersion {
    private static final int[] OLDEST = {3, 51, 3};

    private static volatile boolean checked;

    private EngineVersion() {}

    /** Asks the engine that is loaded, once a JVM; touches no file. */
    static void check() throws SQLException {
        if (!checked) {
            try (Connection memory = JDBC.createConnection("jdbc:sqlite::memory:", new Properties())) {
                check(memory.unwrap(SQLiteConnection.class).libversion());
            }
            checked = true;
        }
    }

    /**
     * Decides about a version.
     *
     * @throws SQLException with SQLState 08001 if it is too old
     */
    static void check(String version) throws SQLException {
        String[] parts = version.split("\\.");
        for (int i = 0; i < OLDEST.length; i++) {
            int part = i < parts.length ? Integer.parseInt(parts[i]) : 0;
            if (part > OLDEST[i]) {
                return;
            }
            if (part < OLDEST[i]) {
                throw SqlErrors.refused("SQLite " + version + " is refused: before 3.51.3 it has the WAL-reset bug,"
                        + " by which checkpoints beside writers lose pages. Use sqlite-jdbc 3.51.3.0 or later");
            }
        }
    }
}
