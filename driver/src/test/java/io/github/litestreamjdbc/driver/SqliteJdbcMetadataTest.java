package io.github.litestreamjdbc.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tools decide by metadata what database they have: ours are sqlite-jdbc's, but for the driver's name and version. */
class SqliteJdbcMetadataTest {
    @TempDir
    private Path directory;

    @Test
    void everyAnswerIsSqliteJdbcsButTheDriversName() throws Exception {
        Path database = directory.resolve("app.db");
        Map<String, String> plain;
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement()) {
            statement.executeUpdate("CREATE TABLE parent (id INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL UNIQUE);"
                    + "CREATE TABLE child (a, b, p INTEGER REFERENCES parent (id) ON DELETE CASCADE, PRIMARY KEY (a, b));"
                    + "CREATE INDEX by_p ON child (p); CREATE VIEW both AS SELECT * FROM parent, child");
            plain = answers(connection);
        }
        Map<String, String> ours;
        try (Connection connection = DriverManager.getConnection(
                "jdbc:litestream:sqlite:" + database + "?linger=0&replica=file:" + directory.resolve("replica"))) {
            ours = answers(connection);
            assertThat(connection.getMetaData().getDriverName()).isEqualTo("litestream-jdbc");
        }
        for (String driver :
                List.of("getDriverName", "getDriverVersion", "getDriverMajorVersion", "getDriverMinorVersion")) {
            assertThat(plain.remove(driver)).isNotNull();
            assertThat(ours.remove(driver)).isNotNull();
        }
        assertThat(plain).containsEntry("getURL", "jdbc:sqlite:" + database).hasSizeGreaterThan(120);
        assertThat(ours).isEqualTo(plain);
    }

    private static Map<String, String> answers(Connection connection) throws Exception {
        DatabaseMetaData metadata = connection.getMetaData();
        Map<String, String> answers = new TreeMap<>();
        for (Method method : DatabaseMetaData.class.getMethods()) {
            if (method.getParameterCount() == 0 && !method.getName().equals("getConnection")) {
                answers.put(method.getName(), answer(() -> invoke(method, metadata)));
            }
        }
        answers.put("getTables", answer(() -> metadata.getTables(null, null, "%", null)));
        answers.put("getTables, views", answer(() -> metadata.getTables(null, null, "%", new String[] {"VIEW"})));
        answers.put("getColumns", answer(() -> metadata.getColumns(null, null, "%", "%")));
        for (String table : List.of("parent", "child")) {
            answers.put("getPrimaryKeys " + table, answer(() -> metadata.getPrimaryKeys(null, null, table)));
            answers.put("getIndexInfo " + table, answer(() -> metadata.getIndexInfo(null, null, table, false, true)));
            answers.put("getImportedKeys " + table, answer(() -> metadata.getImportedKeys(null, null, table)));
            answers.put("getExportedKeys " + table, answer(() -> metadata.getExportedKeys(null, null, table)));
        }
        answers.put(
                "getCrossReference",
                answer(() -> metadata.getCrossReference(null, null, "parent", null, null, "child")));
        return answers;
    }

    private interface Question {
        Object ask() throws Exception;
    }

    private static Object invoke(Method method, DatabaseMetaData metadata) throws Exception {
        try {
            return method.invoke(metadata);
        } catch (InvocationTargetException e) {
            throw e.getCause() instanceof SQLException refused ? refused : e;
        }
    }

    private static String answer(Question question) throws Exception {
        try {
            Object answer = question.ask();
            return answer instanceof ResultSet rows ? rows(rows) : String.valueOf(answer);
        } catch (SQLException e) {
            return e.toString();
        }
    }

    private static String rows(ResultSet rows) throws SQLException {
        List<String> all = new ArrayList<>();
        try (rows) {
            int columns = rows.getMetaData().getColumnCount();
            while (rows.next()) {
                for (int i = 1; i <= columns; i++) {
                    all.add(rows.getMetaData().getColumnName(i) + "=" + rows.getString(i));
                }
            }
        }
        return all.toString();
    }
}
