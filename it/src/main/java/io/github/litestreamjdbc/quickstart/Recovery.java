package io.github.litestreamjdbc.quickstart;

import io.github.litestreamjdbc.api.ReplicationListener;
import io.github.litestreamjdbc.api.RestoreProgress;
import io.github.litestreamjdbc.api.RestoreReport;
import io.github.litestreamjdbc.engine.Databases;
import io.github.litestreamjdbc.engine.Replication;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

/** The application on its new machine: the same URL, and a look at what is there. */
public final class Recovery {
    private Recovery() {}

    /**
     * Opens the database and reports on standard output.
     *
     * @param args the JDBC URL
     */
    public static void main(String[] args) throws Exception {
        Databases.addListener(new Progress());
        try (Connection connection = DriverManager.getConnection(args[0])) {
            System.out.println("INTEGRITY " + query(connection, "PRAGMA integrity_check"));
            System.out.println("ROWS " + query(connection, "SELECT count(*) FROM orders"));
            System.out.println("LAST " + query(connection, "SELECT coalesce(max(id), 0) FROM orders"));
            System.out.println("SALES "
                    + query(
                            connection,
                            "SELECT (SELECT count(*) FROM sales_fact_1997) + (SELECT count(*) FROM sales_fact_1998)"));
            try (Statement statement = connection.createStatement()) {
                statement.execute("INSERT INTO orders(product) VALUES ('first order on the new machine')");
            }
            long txid = connection.unwrap(Replication.class).sync(Duration.ofSeconds(10));
            System.out.println("CONTINUED " + hex(txid));
        }
    }

    private static String query(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    private static String hex(long txid) {
        return String.format("%016x", txid);
    }

    /** A line for every tenth of the way. */
    private static final class Progress implements ReplicationListener {
        private int tenths;

        @Override
        public void restoring(RestoreProgress progress) {
            int reached = 10 * progress.files() / progress.totalFiles();
            if (reached > tenths) {
                tenths = reached;
                System.out.println("RESTORING " + progress.files() + " of " + progress.totalFiles() + " files, "
                        + progress.bytes() + " of " + progress.totalBytes() + " bytes");
            }
        }

        @Override
        public void restored(RestoreReport report) {
            System.out.println(
                    "RESTORED " + hex(report.txid()) + " " + report.duration().toMillis());
        }
    }
}
