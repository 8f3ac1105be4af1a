package io.github.litestreamjdbc.restore;

import io.github.litestreamjdbc.api.ReplicationConfig.IntegrityCheck;
import io.github.litestreamjdbc.api.ReplicationException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import org.sqlite.JDBC;

/** SQLite's own check of a restored file, before it gets its name. */
final class IntegrityChecks {
    private IntegrityChecks() {}

    /** Nobody else knows the file, so it is opened as one that does not change: no WAL and no locks come into being. */
    static void run(Path file, IntegrityCheck check) throws ReplicationException {
        if (check == IntegrityCheck.NONE) {
            return;
        }
        String pragma = check == IntegrityCheck.QUICK ? "quick_check" : "integrity_check";
        String url = JDBC.PREFIX + file.toUri() + "?immutable=1&mode=ro";
        try (Connection connection = JDBC.createConnection(url, new Properties());
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("PRAGMA " + pragma)) {
            row.next();
            String answer = row.getString(1);
            if (!answer.equals("ok")) {
                throw new ReplicationException.Corrupt(
                        "integrity-check=" + (check == IntegrityCheck.QUICK ? "quick" : "full")
                                + ": the restored database is damaged: " + answer,
                        null);
            }
        } catch (SQLException e) {
            throw new ReplicationException.Corrupt("the restored database cannot be read: " + e.getMessage(), e);
        }
    }
}
