package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("large")
class IdleDatabasesTest {
    private static final int DATABASES = 100;
    private static final int SECONDS = 20;

    @TempDir
    private Path directory;

    /** Prints the share of one processor that they take; asserts no time. */
    @Test
    void hundredIdleDatabasesShareAFewThreads() throws Exception {
        List<Connection> connections = new ArrayList<>();
        try {
            for (int i = 0; i < DATABASES; i++) {
                TestDatabase database = TestDatabase.in(Files.createDirectories(directory.resolve("app" + i)));
                Connection connection = database.connect("levels=30s,5m,1h");
                connections.add(connection);
                Sql.run(connection, "CREATE TABLE t (v)", "INSERT INTO t VALUES (1)");
                TestDatabase.sync(connection);
            }
            // Until the last level-0 files are merged and nothing is looked at more often than once a second.
            Thread.sleep(45_000);
            OperatingSystemMXBean process = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
            long before = process.getProcessCpuTime();
            Thread.sleep(SECONDS * 1000L);
            double share = (process.getProcessCpuTime() - before) / (SECONDS * 1e9);
            long threads = Thread.getAllStackTraces().keySet().stream()
                    .filter(thread -> thread.getName().startsWith("litestream-"))
                    .count();
            System.out.printf(
                    "%d idle databases: %.2f %% of one processor, %d threads%n", DATABASES, 100 * share, threads);
            assertThat(threads).isLessThan(20);
        } finally {
            for (Connection connection : connections) {
                connection.close();
            }
        }
    }
}
