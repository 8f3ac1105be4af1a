package io.github.litestreamjdbc.frameworks.micronaut;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.engine.Replication;
import io.micronaut.context.ApplicationContext;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The line that Micronaut needs. */
class MicronautDataSourceTest {
    @TempDir
    private Path directory;

    @Test
    void dataSourceWithTheDriverClassReplicates() throws Exception {
        String url = "jdbc:litestream:sqlite:" + directory.resolve("app.db") + "?linger=0&replica=file:"
                + directory.resolve("replica");
        try (ApplicationContext application = ApplicationContext.run(Map.of(
                        "datasources.default.url",
                        url,
                        "datasources.default.driver-class-name",
                        "io.github.litestreamjdbc.driver.LitestreamDriver"));
                Connection connection = application.getBean(DataSource.class).getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE t (x)");
            assertThat(connection.unwrap(Replication.class).sync(Duration.ofSeconds(20)))
                    .isPositive();
        }
    }
}
