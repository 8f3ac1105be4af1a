package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.litestreamjdbc.api.ReplicaFile;
import io.github.litestreamjdbc.engine.ReplicaView;
import io.github.litestreamjdbc.engine.Replication;
import io.github.litestreamjdbc.testing.Golden;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sqlite.SQLiteConnection;

/** Replicas that Litestream wrote, merged and pruned, go on with us: capture, levels, snapshots and retention. */
class LitestreamsHistoryTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "levels-all-kept",
                "levels-pruned",
                "pitr",
                "frame-then-block",
                "frame-format-0.5.9",
                "wal-restart"
            })
    void goesOnWhereLitestreamLeftOff(String name) throws Exception {
        TestDatabase database = TestDatabase.in(directory);
        Golden.load().named(name).copyTo(database.replica());
        long theirs = newest(database, 0);
        long mergedByThem = newest(database, 1);
        byte[] last;
        try (Connection connection = database.connectRestoring("levels=1s,2s", "l0-retention=1s", "retention=24h")) {
            Sql.run(connection, "CREATE TABLE ours (v)");
            for (int i = 0; i < 3; i++) {
                Sql.run(connection, "INSERT INTO ours VALUES (randomblob(5000))");
                TestDatabase.sync(connection);
            }
            long ours = TestDatabase.sync(connection);
            assertThat(ours).isGreaterThan(theirs);
            await("what we captured is merged behind what they merged")
                    .until(() -> newest(database, 1) == ours && newest(database, 2) == ours);
            assertThat(files(database))
                    .as("every TXID between is in a merged file")
                    .anySatisfy(file -> {
                        assertThat(file.level()).isEqualTo(1);
                        assertThat(file.minTxid()).isLessThanOrEqualTo(mergedByThem + 1);
                        assertThat(file.maxTxid()).isGreaterThan(mergedByThem);
                    });
            await("merged level-0 files go, but for the newest")
                    .until(() -> files(database).stream()
                                    .filter(file -> file.level() == 0)
                                    .count()
                            == 1);
            connection.unwrap(Replication.class).snapshot(TestDatabase.TIMEOUT);
            last = connection.unwrap(SQLiteConnection.class).serialize("main");
        }
        database.loseFileAndState();
        try (Connection connection = database.connectRestoring()) {
            assertThat(Sql.number(connection, "SELECT count(*) FROM ours")).isEqualTo(3);
            assertThat(Sql.text(connection, "PRAGMA integrity_check")).isEqualTo("ok");
            assertThat(connection.unwrap(SQLiteConnection.class).serialize("main"))
                    .isEqualTo(last);
        }
    }

    private static List<ReplicaFile> files(TestDatabase database) throws Exception {
        try (ReplicaView view = ReplicaView.open(database.replica().toUri().toString(), Map.of())) {
            return view.files();
        }
    }

    private static long newest(TestDatabase database, int level) throws Exception {
        return files(database).stream()
                .filter(file -> file.level() == level)
                .mapToLong(ReplicaFile::maxTxid)
                .max()
                .orElse(0);
    }
}
