package io.github.litestreamjdbc.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.wal.WalHeader;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PinnedViewTest {
    @TempDir
    private Path directory;

    @Test
    void commitThatBeginsTheWalAnewDuringTheLookIsNotTakenForTheOldWal() throws Exception {
        Path file = directory.resolve("app.db");
        String insert = "INSERT INTO t (v) VALUES (randomblob(100))";
        try (Connection application = CaptureRig.application(file)) {
            CaptureRig.run(application, "CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB)", insert);
            CaptureRig.numbers(application, "PRAGMA wal_checkpoint(TRUNCATE)");
            CaptureRig.run(application, insert);
            CaptureRig.numbers(application, "PRAGMA wal_checkpoint(PASSIVE)");
            Database database = Database.open(file, new WriteGate());
            try {
                database.pins().hold();
                Optional<WalHeader> before = database.wal().header();
                WalStatus status = database.noop();
                assertThat(status.complete()).as("everything is copied back").isTrue();
                assertThat(PinnedView.of(database, before, status)).isPresent();

                CaptureRig.run(application, insert);
                assertThat(database.wal().header()).as("a new generation").isNotEqualTo(before);
                assertThat(database.noop().log()).as("of as many frames").isEqualTo(status.log());
                assertThat(PinnedView.of(database, before, status)).isEmpty();
                assertThat(PinnedView.of(database))
                        .hasValueSatisfying(view -> assertThat(view.complete()).isFalse());
            } finally {
                database.close();
            }
        }
    }
}
