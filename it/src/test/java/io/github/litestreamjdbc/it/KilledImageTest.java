package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A database that exists is replicated for the first time, and the process dies while the full image is written. */
class KilledImageTest {
    private static final int ATTEMPTS = 10;

    @TempDir
    private Path directory;

    @Test
    void nextStartDeletesWhatIsHalfWrittenAndTakesTheImageAnew() throws Exception {
        TestDatabase database = TestDatabase.in(directory);
        try (Connection plain = DriverManager.getConnection("jdbc:sqlite:" + database.file())) {
            Sql.run(
                    plain,
                    "CREATE TABLE filler (v BLOB)",
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)"
                            + " INSERT INTO filler SELECT randomblob(1000000) FROM n");
        }
        killWhileTheImageIsWritten(database);
        try (Connection connection = database.connect()) {
            TestDatabase.sync(connection);
            assertThat(files(database.meta(), ".tmp")).isZero();
            Sql.run(connection, "INSERT INTO filler VALUES (1)");
            TestDatabase.sync(connection);
        }
        Replicas.assertLevelZeroHasNoGap(database.replica());
        TestDatabase elsewhere = database.movedTo(directory.resolve("restored.db"));
        try (Connection restored = elsewhere.connectRestoring("integrity-check=full")) {
            assertThat(Sql.number(restored, "SELECT count(*) FROM filler")).isEqualTo(101);
        }
    }

    /** The image takes some hundred milliseconds; a kill that comes too late is tried again without local state. */
    private void killWhileTheImageIsWritten(TestDatabase database) throws Exception {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            try (ChildJvm child = ChildJvm.start(LogWriter.class, directory.resolve("errors"), database.url(), "1")) {
                while (files(database.meta(), ".ltx") + files(database.meta(), ".tmp") == 0) {
                    Thread.onSpinWait();
                }
                child.kill();
                while (child.readLine() != null) {
                    Thread.onSpinWait();
                }
            }
            if (files(database.meta(), ".ltx") == 0) {
                assertThat(files(database.meta(), ".tmp")).as("half an image").isPositive();
                return;
            }
            Replicas.delete(database.meta());
            Replicas.delete(database.replica());
        }
        throw new AssertionError("in " + ATTEMPTS + " attempts the image was complete before the kill");
    }

    private static long files(Path meta, String suffix) throws IOException {
        Path level = meta.resolve("ltx/0");
        if (!Files.isDirectory(level)) {
            return 0;
        }
        try (Stream<Path> files = Files.list(level)) {
            return files.filter(file -> file.toString().endsWith(suffix)).count();
        }
    }
}
