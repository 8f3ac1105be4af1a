package io.github.litestreamjdbc.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.github.litestreamjdbc.engine.Replication;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Properties;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LitestreamDataSourceTest {
    @TempDir
    private Path directory;

    private final LitestreamDataSource source = new LitestreamDataSource();

    private static Method setter(DriverProperty property) {
        String name = "SET" + property.name().replace("_", "");
        return Arrays.stream(LitestreamDataSource.class.getMethods())
                .filter(one -> one.getName().toUpperCase(Locale.ROOT).equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no bean property for " + property.parameter()));
    }

    /** What was set is seen where a connection needs it: in the message that refuses it, which for all is the same path. */
    @ParameterizedTest
    @EnumSource
    void everyParameterIsABeanPropertyThatReachesTheConnection(DriverProperty property) throws Exception {
        source.setDatabaseName(directory.resolve("app.db").toString());
        source.setReplica("file:" + directory.resolve("replica"));
        setter(property).invoke(source, "");
        assertThatThrownBy(source::getConnection)
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("'" + property.parameter())
                .hasMessageContaining("(connection property) is empty");
        setter(property).invoke(source, (Object) null);
        if (property != DriverProperty.REPLICA) {
            source.setLinger("0");
            source.getConnection().close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void textFormHasNoValue(DriverProperty property) throws Exception {
        source.setUrl("jdbc:litestream:sqlite:app.db?password=hunter2");
        setter(property).invoke(source, "hunter2");
        assertThat(source.toString()).contains("app.db", property.parameter()).doesNotContain("hunter2");
    }

    @Test
    void beanPropertyWinsOverTheUrl() throws Exception {
        source.setUrl("jdbc:litestream:sqlite:" + directory.resolve("app.db") + "?replica=file:/nowhere&linger=1h");
        source.setReplica("file:" + directory.resolve("replica"));
        source.setLinger("0");
        Properties sqlite = new Properties();
        sqlite.setProperty("busy_timeout", "4321");
        source.setConnectionProperties(sqlite);
        try (Connection connection = source.getConnection("user", "ignored")) {
            connection.createStatement().execute("CREATE TABLE t (v)");
            assertThat(connection
                            .createStatement()
                            .executeQuery("PRAGMA busy_timeout")
                            .getInt(1))
                    .isEqualTo(4321);
            connection.unwrap(Replication.class).sync(Duration.ofSeconds(20));
        }
        assertThat(directory.resolve("replica/ltx/0")).isNotEmptyDirectory();
    }

    @Test
    void withoutAUrlItSaysWhatToCall() {
        assertThatThrownBy(source::getConnection)
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("setUrl")
                .hasMessageContaining("setDatabaseName");
        source.setUrl("jdbc:sqlite:app.db");
        assertThatThrownBy(source::getConnection).hasMessageContaining("url=jdbc:sqlite:app.db");
    }

    @Test
    void unwrapsToItself() throws SQLException {
        assertThat(source.isWrapperFor(DataSource.class)).isTrue();
        assertThat(source.unwrap(LitestreamDataSource.class)).isSameAs(source);
        assertThatThrownBy(() -> source.unwrap(String.class)).isInstanceOf(SQLException.class);
    }

    @Test
    void poolConfiguresItByClassName() throws SQLException {
        HikariConfig config = new HikariConfig();
        config.setDataSourceClassName(LitestreamDataSource.class.getName());
        config.addDataSourceProperty("databaseName", directory.resolve("app.db").toString());
        config.addDataSourceProperty("replica", "file:" + directory.resolve("replica"));
        config.addDataSourceProperty("syncInterval", "250ms");
        config.addDataSourceProperty("linger", "0");
        config.setMaximumPoolSize(2);
        try (HikariDataSource pool = new HikariDataSource(config);
                Connection connection = pool.getConnection()) {
            assertThat(connection.isWrapperFor(Replication.class)).isTrue();
        }
    }
}
