package io.github.litestreamjdbc.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.wal.WalCursor;
import io.github.litestreamjdbc.wal.WalEnd;
import io.github.litestreamjdbc.wal.WalFile;
import io.github.litestreamjdbc.wal.WalHeader;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A database at rest is looked at without SQLite: whatever is committed ends the rest, by whomever and however. */
class RestTest {
    @TempDir
    private Path directory;

    private Connection application;
    private CaptureRig rig;

    @BeforeEach
    void open() throws Exception {
        Path file = directory.resolve("app.db");
        application = CaptureRig.application(file);
        CaptureRig.run(application, "CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB)");
        rig = CaptureRig.open(file, Duration.ofNanos(1)).begin();
        rest();
    }

    @AfterEach
    void close() throws Exception {
        rig.close();
        application.close();
    }

    private void commit() throws Exception {
        CaptureRig.run(application, "INSERT INTO t (v) VALUES (randomblob(100))");
    }

    /** Everything is captured and copied back. */
    private void rest() throws Exception {
        rig.agent.checkpoint();
        rig.run().run();
    }

    private void assertSeen(long commits) throws Exception {
        long before = rig.progress.unreplicatedCommits();
        rig.run();
        assertThat(rig.progress.unreplicatedCommits()).isEqualTo(before + commits);
        assertThat(rig.replayEqualsLive()).isTrue();
    }

    @Test
    void commitIsSeen() throws Exception {
        commit();
        assertSeen(1);
        commit();
        assertSeen(1);
    }

    @Test
    void commitAfterOneThatBeganTheWalAnewIsSeen() throws Exception {
        commit();
        assertSeen(1);
        rest();
        commit();
        commit();
        assertSeen(2);
    }

    @Test
    void commitOfAWalThatAnotherProcessEmptiedIsSeen() throws Exception {
        CaptureRig.run(application, "PRAGMA wal_checkpoint(TRUNCATE)");
        rig.run();
        commit();
        assertSeen(1);
    }

    /** The frames that are in the WAL before the commit are those that the commit leaves there. */
    @Test
    void commitWhoseFramesWereInTheWalBeforeIsSeen() throws Exception {
        // Each page is written once: SQLite writes pages that change again in the frame that they have.
        for (int i = 0; i < 100; i++) {
            CaptureRig.run(application, "INSERT INTO t (v) VALUES (zeroblob(3000))");
        }
        rig.run();
        // And the WAL goes on where it is, for somebody reads it.
        try (Connection reader = CaptureRig.application(rig.file)) {
            CaptureRig.run(reader, "BEGIN", "SELECT * FROM t");
            rest();
            CaptureRig.run(application, "PRAGMA cache_size=1", "BEGIN");
            for (int i = 1; i <= 100; i++) {
                CaptureRig.run(application, "UPDATE t SET v = randomblob(3000) WHERE id = " + i);
            }
            assertSeen(0);
            assertSeen(0);
            CaptureRig.run(application, "COMMIT");
            assertSeen(1);
        }
    }

    @Test
    void endOfAWalIsTheSameUntilSomethingIsWrittenBehindIt() throws Exception {
        commit();
        rig.run();
        WalHeader header = rig.database.wal().header().orElseThrow();
        try (WalFile wal = new WalFile(rig.database.wal().path())) {
            WalCursor cursor = new WalCursor(header.salts(), rig.database.noop().log(), header.checksum());
            Optional<WalEnd> end = wal.endAt(cursor);
            assertThat(end).isPresent();
            assertThat(wal.endAt(cursor)).isEqualTo(end);
            assertThat(wal.endAt(new WalCursor(cursor.salts(), cursor.frame() - 1, cursor.checksum())))
                    .as("a frame follows")
                    .isEmpty();
            CaptureRig.run(application, "PRAGMA cache_size=1", "BEGIN");
            for (int i = 0; i < 100; i++) {
                CaptureRig.run(application, "INSERT INTO t (v) VALUES (zeroblob(3000))");
            }
            assertThat(wal.endAt(cursor)).as("frames of a transaction").isEmpty();
            CaptureRig.run(application, "ROLLBACK");
            rest();
            commit();
            assertThat(wal.endAt(cursor)).as("another generation").isEmpty();
        }
    }
}
