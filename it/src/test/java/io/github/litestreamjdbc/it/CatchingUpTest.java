package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The replica was away for so long, and over a restart, that far more waits for it on this machine than the heap holds. */
@Timeout(120)
class CatchingUpTest {
    private static final String HEAP = "-Xmx24m";
    private static final int PAGES = 10_000;
    private static final int FILES = 200;

    @TempDir
    private Path directory;

    private TestDatabase database;

    @Test
    void everythingThatWaitsGoesUpInOrderWithASmallHeap() throws Exception {
        database = TestDatabase.in(directory);
        try (Connection plain = DriverManager.getConnection("jdbc:sqlite:" + database.file())) {
            Sql.run(plain, "CREATE TABLE t (x)", "INSERT INTO t VALUES (1)");
        }
        pileUp();
        try (ChildJvm child = start()) {
            assertThat(child.readLine()).as(() -> errors()).isEqualTo(String.valueOf(FILES + 1));
            assertThat(child.readLine()).isEqualTo(String.valueOf(FILES + 2));
            assertThat(child.exitCode()).isZero();
        }
        assertThat(Replicas.levelZero(database.replica())).hasSize(FILES + 2);
        Replicas.assertLevelZeroHasNoGap(database.replica());
        assertThat(arrivals()).isSorted();
        database.loseFileAndState();
        try (Connection restored = database.connectRestoring()) {
            assertThat(Sql.number(restored, "SELECT count(*) FROM t")).isEqualTo(2);
        }
    }

    /** Five times the heap, a third of it in one file. */
    private void pileUp() throws IOException {
        RandomLtx files = new RandomLtx(database.meta(), PAGES, Instant.now().minusMillis(FILES));
        files.write(1, PAGES, 1);
        for (int txid = 2; txid <= FILES; txid++) {
            files.write(txid, 100, PAGES / 200);
        }
    }

    private ChildJvm start() throws IOException {
        List<String> command = new ArrayList<>(
                ChildJvm.command(CatchingUpMain.class, database.url("levels=off", "sync-interval=1h", "linger=0")));
        command.set(1, HEAP);
        return ChildJvm.start(command, directory.resolve("errors"));
    }

    private String errors() {
        try {
            return Files.readString(directory.resolve("errors"));
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** When each file got its name in the replica, in the order of their TXIDs. */
    private List<FileTime> arrivals() throws IOException {
        List<FileTime> times = new ArrayList<>();
        for (String name : Replicas.levelZero(database.replica())) {
            Path file = database.replica().resolve("ltx/0").resolve(name);
            times.add((FileTime) Files.getAttribute(file, "unix:ctime"));
        }
        return times;
    }
}
