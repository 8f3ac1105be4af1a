package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqlFunctionsTest {
    @TempDir
    Path directory;

    @Test
    void everyConnectionCanAskHowReplicationIsDoing() throws Exception {
        TestDatabase database = TestDatabase.in(directory);
        try (Connection writer = database.connect("sync-interval=10ms");
                Connection asker = database.connect("sync-interval=10ms")) {
            Sql.run(writer, "CREATE TABLE t (x)", "INSERT INTO t VALUES (1)");
            String txid = String.format("%016x", TestDatabase.sync(writer));
            assertThat(Sql.text(asker, "SELECT litestream_txid()")).isEqualTo(txid);
            assertThat(Sql.text(asker, "SELECT litestream_replicated_txid()")).isEqualTo(txid);
            assertThat(Sql.text(asker, "SELECT litestream_status()")).isEqualTo("STREAMING");
            assertThat(Sql.number(asker, "SELECT litestream_lag_ms()")).isZero();

            Replicas.delete(database.replica());
            Files.createFile(database.replica());
            Sql.run(writer, "INSERT INTO t VALUES (2)");
            await().until(() -> Sql.number(asker, "SELECT litestream_lag_ms()") > 50);
            assertThat(Sql.text(asker, "SELECT litestream_replicated_txid()")).isEqualTo(txid);
            Files.delete(database.replica());
        }
    }
}
