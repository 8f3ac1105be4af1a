package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A writing JVM is killed at random moments, again and again, over one database and one replica. */
class KilledWriterTest {
    private static final int CYCLES = Integer.getInteger("litestreamjdbc.kills", 30);

    @TempDir
    private Path directory;

    private long acknowledged;
    private long replicated;

    @Test
    void nothingReplicatedIsEverMissingAndRestartsLoseNothing() throws Exception {
        long seed = Long.getLong("litestreamjdbc.seed", System.nanoTime());
        System.out.println("seed " + seed + " (-Dlitestreamjdbc.seed=" + seed + ")");
        Random random = new Random(seed);
        Path database = directory.resolve("app.db");
        Path replica = directory.resolve("replica");
        String previousTxid = "";
        for (int cycle = 1; cycle <= CYCLES; cycle++) {
            writeUntilKilled(url(database, replica) + settings(random), random);
            String newestTxid = Replicas.newestTxid(replica);
            // A child that is killed at once may have uploaded nothing.
            assertThat(newestTxid).as("TXID after cycle %d", cycle).isGreaterThanOrEqualTo(previousTxid);
            Replicas.assertLevelZeroHasNoGap(replica);
            previousTxid = newestTxid;
            assertRestores(replica, cycle);
            if (random.nextInt(5) == 0) {
                loseTheMachine(database, replica);
            }
        }
        assertThat(acknowledged).as("rows written over all cycles").isGreaterThan(CYCLES);
    }

    private static String url(Path database, Path replica) {
        return "jdbc:litestream:sqlite:" + database + "?replica=" + replica.toUri() + "&restore=if-missing";
    }

    /** Small thresholds, so that kills hit checkpoints too. */
    private static String settings(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> "";
            case 1 -> "&min-checkpoint-page-count=20&max-checkpoint-page-count=60&sync-interval=50ms";
            case 2 -> "&min-checkpoint-page-count=5&max-checkpoint-page-count=10&sync-interval=0&synchronous=NORMAL";
            default -> "&synchronous=NORMAL&max-checkpoint-page-count=200";
        };
    }

    private void writeUntilKilled(String url, Random random) throws IOException, InterruptedException {
        long lifeNanos = TimeUnit.MILLISECONDS.toNanos(random.nextInt(600));
        long acknowledgedBefore = acknowledged;
        try (ChildJvm child =
                ChildJvm.start(LogWriter.class, directory.resolve("errors"), url, Long.toString(random.nextLong()))) {
            long killAtNanos = Long.MAX_VALUE;
            for (String line = child.readLine(); line != null; line = child.readLine()) {
                String[] words = line.split(" ");
                switch (words[0]) {
                    case "FOUND" -> {
                        assertThat(Long.parseLong(words[1]))
                                .as("rows, highest id")
                                .isEqualTo(Long.parseLong(words[2]));
                        assertThat(Long.parseLong(words[1]))
                                .as("rows found after the restart")
                                .isGreaterThanOrEqualTo(acknowledgedBefore);
                    }
                    case "ACK" -> {
                        acknowledged = Long.parseLong(words[1]);
                        if (killAtNanos == Long.MAX_VALUE) {
                            killAtNanos = System.nanoTime() + lifeNanos;
                        } else if (System.nanoTime() >= killAtNanos) {
                            child.kill();
                        }
                    }
                    case "REPLICATED" -> replicated = Long.parseLong(words[1]);
                    default -> throw new AssertionError(line);
                }
            }
            assertThat(child.exitCode())
                    .as("killed; its errors: %s", Files.readString(directory.resolve("errors")))
                    .isEqualTo(128 + 9);
        }
    }

    private void assertRestores(Path replica, int cycle) throws IOException, SQLException {
        Path copy = directory.resolve("copy-" + cycle);
        Replicas.copy(replica, copy.resolve("replica"));
        Path restored = copy.resolve("app.db");
        try (Connection connection =
                DriverManager.getConnection(url(restored, copy.resolve("replica")) + "&linger=0")) {
            assertThat(Sql.text(connection, "PRAGMA integrity_check")).isEqualTo("ok");
            long rows = Sql.number(connection, "SELECT count(*) FROM log");
            assertThat(rows)
                    .as("a prefix of the commits")
                    .isEqualTo(Sql.number(connection, "SELECT coalesce(max(id), 0) FROM log"));
            assertThat(rows).as("rows reported replicated are there").isGreaterThanOrEqualTo(replicated);
        }
    }

    /** What was replicated is the database from here on. */
    private void loseTheMachine(Path database, Path replica) throws IOException, SQLException {
        Files.delete(database);
        Files.deleteIfExists(database.resolveSibling("app.db-wal"));
        Files.deleteIfExists(database.resolveSibling("app.db-shm"));
        Replicas.delete(database.resolveSibling(".app.db-litestream"));
        acknowledged = replicated;
    }
}
