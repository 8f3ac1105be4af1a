package io.github.litestreamjdbc.frameworks.quarkus;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.engine.Replication;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** The lines that Quarkus needs, on the JVM: they are in application.properties. */
@QuarkusTest
class QuarkusDataSourceTest {
    @Inject
    DataSource source;

    @Test
    void dataSourceWithTheDriverClassReplicates() throws Exception {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE IF NOT EXISTS t (x)");
            assertThat(connection.unwrap(Replication.class).sync(Duration.ofSeconds(20)))
                    .isPositive();
        }
    }
}
