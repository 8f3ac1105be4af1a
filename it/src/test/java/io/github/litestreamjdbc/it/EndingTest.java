package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.engine.Replication;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CyclicBarrier;
import java.util.logging.Level;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Replication ends at any moment, also in the middle of a checkpoint, and more than once. */
class EndingTest {
    private static final int ENDS = Integer.getInteger("litestreamjdbc.ends", 100);

    @TempDir
    private Path directory;

    /** Something done at the same time as something else. */
    private interface Deed {
        void happen() throws Exception;
    }

    private static CompletableFuture<Void> meanwhile(CyclicBarrier together, Deed deed) {
        return CompletableFuture.runAsync(() -> {
            try {
                together.await();
                deed.happen();
            } catch (Exception e) {
                throw new CompletionException(e);
            }
        });
    }

    @Test
    void endInTheMiddleOfACheckpointAndTwiceAtOnceLosesNothingAndTheNextStartResumes() throws Exception {
        TestDatabase database = TestDatabase.in(directory);
        try (LogCapture log = new LogCapture("io.github.litestreamjdbc")) {
            for (int end = 0; end < ENDS; end++) {
                try (Connection connection = database.connect(
                        "sync-interval=10ms", "min-checkpoint-page-count=10", "max-checkpoint-page-count=20")) {
                    Sql.run(connection, "CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, v BLOB)");
                    Replication replication = connection.unwrap(Replication.class);
                    if (end > 0) {
                        TestDatabase.sync(connection);
                        assertThat(replication.status().reason()).startsWith("resumed");
                    }
                    Sql.run(
                            connection,
                            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)"
                                    + " INSERT INTO t (v) SELECT randomblob(2000) FROM n");
                    CyclicBarrier together = new CyclicBarrier(3);
                    List<CompletableFuture<Void>> deeds = new ArrayList<>();
                    deeds.add(meanwhile(together, () -> checkpoint(connection)));
                    if (end % 2 == 0) {
                        deeds.add(meanwhile(together, replication::close));
                        deeds.add(meanwhile(together, replication::close));
                    } else {
                        deeds.add(meanwhile(together, connection::close));
                        deeds.add(meanwhile(together, connection::close));
                    }
                    for (CompletableFuture<Void> deed : deeds) {
                        deed.join();
                    }
                }
            }
            assertThat(log.messages(Level.WARNING)).isEmpty();
        }
        Replicas.assertLevelZeroHasNoGap(database.replica());
        TestDatabase elsewhere = database.movedTo(directory.resolve("restored.db"));
        try (Connection restored = elsewhere.connectRestoring()) {
            assertThat(Sql.number(restored, "SELECT count(*) FROM t")).isEqualTo(40L * ENDS);
            assertThat(Sql.text(restored, "PRAGMA integrity_check")).isEqualTo("ok");
        }
    }

    /** Its connection may be closed by now. */
    private static void checkpoint(Connection connection) {
        try {
            Sql.text(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
        } catch (SQLException | NullPointerException closed) {
            return;
        }
    }
}
