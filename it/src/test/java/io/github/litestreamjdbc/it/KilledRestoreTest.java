package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A JVM is killed while it restores. */
class KilledRestoreTest {
    private static final int KILLS = 8;

    @TempDir
    private Path directory;

    @Test
    void leavesNothingThatLooksLikeADatabaseUnlessItIsComplete() throws Exception {
        long seed = Long.getLong("litestreamjdbc.seed", System.nanoTime());
        System.out.println("seed " + seed + " (-Dlitestreamjdbc.seed=" + seed + ")");
        Random random = new Random(seed);
        TestDatabase database = TestDatabase.in(directory);
        try (Connection connection = database.connect("synchronous=OFF")) {
            Sql.run(connection, "CREATE TABLE log (id INTEGER PRIMARY KEY, payload BLOB)");
            for (int i = 0; i < 30; i++) {
                Sql.run(
                        connection,
                        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
                                + " INSERT INTO log (payload) SELECT randomblob(1500) FROM n");
            }
            TestDatabase.sync(connection);
        }
        int cutOff = 0;
        for (int i = 0; i < KILLS; i++) {
            database.loseFileAndState();
            cutOff += killWhileItRestores(database, random) ? 1 : 0;
            if (Files.exists(database.file())) {
                try (Connection plain = java.sql.DriverManager.getConnection("jdbc:sqlite:" + database.file())) {
                    assertThat(Sql.number(plain, "SELECT count(*) FROM log")).isGreaterThanOrEqualTo(30_000);
                }
            }
            try (Connection connection = database.connectRestoring()) {
                assertThat(Sql.number(connection, "SELECT count(*) FROM log")).isGreaterThanOrEqualTo(30_000);
                assertThat(Sql.text(connection, "PRAGMA quick_check")).isEqualTo("ok");
            }
            try (Stream<Path> files = Files.list(directory)) {
                assertThat(files.map(path -> path.getFileName().toString()))
                        .as("what is left after the restore that followed kill %d", i)
                        .noneMatch(name -> name.endsWith(".tmp"));
            }
        }
        System.out.println(cutOff + " of " + KILLS + " kills came before the file had its name");
    }

    /** True if the file had no name yet when the JVM was dead. */
    private boolean killWhileItRestores(TestDatabase database, Random random) throws Exception {
        try (ChildJvm child =
                ChildJvm.start(LogWriter.class, directory.resolve("errors"), database.url("restore=if-missing"), "1")) {
            while (!restoreHasBegun()) {
                LockSupport.parkNanos(100_000);
            }
            LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(random.nextInt(200_000)));
            child.kill();
            child.exitCode();
            return !Files.exists(database.file());
        }
    }

    private boolean restoreHasBegun() throws Exception {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(path -> path.getFileName().toString())
                    .anyMatch(name -> name.equals("app.db") || (name.startsWith("app.db.") && name.endsWith(".tmp")));
        }
    }
}
