package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Writes gigabytes. */
@Tag("large")
class LargeTransactionTest {
    @TempDir
    private Path directory;

    /** In a JVM of 128 MB. */
    @Test
    void oneTransactionOfMoreThanAGigabyteGoesThroughASmallHeapAndComesBack() throws Exception {
        TestDatabase database = TestDatabase.in(directory);
        Path errors = directory.resolve("errors");
        try (ChildJvm child = ChildJvm.start(LargeWriter.class, errors, database.url("restore=if-missing"))) {
            assertThat(child.readLine()).as("errors are in %s", errors).isEqualTo("REPLICATED");
            child.kill();
        }
        assertThat(Replicas.levelZero(database.replica())).hasSizeLessThan(6);
        try (Connection plain = DriverManager.getConnection("jdbc:sqlite:" + database.file())) {
            Sql.number(plain, "PRAGMA wal_checkpoint(TRUNCATE)");
        }
        assertThat(Files.size(database.file())).as("beyond the lock page").isGreaterThan(1_100_000_000L);
        TestDatabase elsewhere = database.movedTo(directory.resolve("restored.db"));
        elsewhere.connectRestoring().close();
        try (Connection restored = DriverManager.getConnection("jdbc:sqlite:" + elsewhere.file())) {
            Sql.number(restored, "PRAGMA wal_checkpoint(TRUNCATE)");
        }
        assertThat(Files.mismatch(elsewhere.file(), database.file()))
                .as("first differing byte")
                .isEqualTo(-1);
    }

    /** Commits 1.1 GB at once and waits for the replica. */
    static final class LargeWriter {
        private LargeWriter() {}

        public static void main(String[] args) throws Exception {
            try (Connection connection = DriverManager.getConnection(args[0])) {
                Sql.run(connection, "PRAGMA synchronous=NORMAL", "CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB)");
                Sql.run(
                        connection,
                        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1120)"
                                + " INSERT INTO t (v) SELECT randomblob(1000000) FROM n");
                connection
                        .unwrap(io.github.litestreamjdbc.engine.Replication.class)
                        .sync(Duration.ofMinutes(10));
                System.out.println("REPLICATED");
                System.out.flush();
                Thread.sleep(Duration.ofHours(1).toMillis());
            }
        }
    }
}
