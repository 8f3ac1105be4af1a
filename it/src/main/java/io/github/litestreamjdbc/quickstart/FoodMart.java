package io.github.litestreamjdbc.quickstart;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.StringJoiner;
import java.util.function.Consumer;
import javax.sql.DataSource;
import net.hydromatic.foodmart.data.hsqldb.FoodmartHsqldb;

/** The sample database, read through HSQLDB and copied table by table: each table is one transaction. */
final class FoodMart {
    private static final String SCHEMA = "foodmart";

    private FoodMart() {}

    /** Copies all tables; {@code progress} gets a line for each. */
    static long copyTo(DataSource target, Consumer<String> progress) throws SQLException {
        long rows = 0;
        try (Connection source =
                DriverManager.getConnection(FoodmartHsqldb.URI, FoodmartHsqldb.USER, FoodmartHsqldb.PASSWORD)) {
            for (String table : tables(source)) {
                try (Connection connection = target.getConnection()) {
                    long copied = copy(source, table, connection);
                    rows += copied;
                    progress.accept(String.format("%-32s %,9d rows", table, copied));
                }
            }
        }
        return rows;
    }

    private static List<String> tables(Connection source) throws SQLException {
        List<String> names = new ArrayList<>();
        try (ResultSet tables = source.getMetaData().getTables(null, SCHEMA, "%", new String[] {"TABLE"})) {
            while (tables.next()) {
                names.add(tables.getString("TABLE_NAME"));
            }
        }
        return names;
    }

    private static long copy(Connection source, String table, Connection target) throws SQLException {
        target.setAutoCommit(false);
        try (Statement read = source.createStatement();
                ResultSet rows = read.executeQuery("SELECT * FROM \"" + SCHEMA + "\".\"" + table + "\"");
                Statement create = target.createStatement()) {
            ResultSetMetaData columns = rows.getMetaData();
            create.execute("CREATE TABLE \"" + table + "\" (" + declare(columns) + ")");
            long count = insert(rows, columns.getColumnCount(), table, target);
            target.commit();
            return count;
        } finally {
            target.setAutoCommit(true);
        }
    }

    private static long insert(ResultSet rows, int columns, String table, Connection target) throws SQLException {
        String marks = String.join(", ", Collections.nCopies(columns, "?"));
        long count = 0;
        try (PreparedStatement insert =
                target.prepareStatement("INSERT INTO \"" + table + "\" VALUES (" + marks + ")")) {
            while (rows.next()) {
                for (int i = 1; i <= columns; i++) {
                    insert.setString(i, rows.getString(i));
                }
                insert.addBatch();
                if (++count % 1000 == 0) {
                    insert.executeBatch();
                }
            }
            insert.executeBatch();
        }
        return count;
    }

    private static String declare(ResultSetMetaData columns) throws SQLException {
        StringJoiner declared = new StringJoiner(", ");
        for (int i = 1; i <= columns.getColumnCount(); i++) {
            declared.add("\"" + columns.getColumnName(i) + "\" " + affinity(columns.getColumnType(i)));
        }
        return declared.toString();
    }

    private static String affinity(int type) {
        return switch (type) {
            case Types.TINYINT, Types.SMALLINT, Types.INTEGER, Types.BIGINT -> "INTEGER";
            case Types.DECIMAL, Types.NUMERIC, Types.REAL, Types.DOUBLE -> "NUMERIC";
            default -> "TEXT";
        };
    }
}
