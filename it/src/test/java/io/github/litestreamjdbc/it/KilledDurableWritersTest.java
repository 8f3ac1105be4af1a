package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A JVM whose commits return when the replica has them is killed at random moments; every other time the machine is lost
 * with it. No commit that returned is ever missing.
 */
class KilledDurableWritersTest {
    @TempDir
    private Path directory;

    private final long[] confirmed = new long[DurableWriter.WRITERS];

    @Test
    void noConfirmedCommitIsMissing() throws Exception {
        killAgainAndAgain(50);
    }

    @Test
    @Tag("large")
    void noConfirmedCommitIsMissingAfterAThousandKills() throws Exception {
        killAgainAndAgain(1000);
    }

    private void killAgainAndAgain(int kills) throws Exception {
        long seed = Long.getLong("litestreamjdbc.seed", System.nanoTime());
        System.out.println("seed " + seed + " (-Dlitestreamjdbc.seed=" + seed + ")");
        Random random = new Random(seed);
        TestDatabase database = TestDatabase.in(directory);
        for (int kill = 1; kill <= kills; kill++) {
            writeUntilKilled(database, random);
            Replicas.assertLevelZeroHasNoGap(database.replica());
            if (kill % 2 == 0) {
                database.loseFileAndState();
            }
        }
        TestDatabase elsewhere = database.movedTo(directory.resolve("restored.db"));
        try (Connection connection = elsewhere.connectRestoring()) {
            assertThat(Sql.text(connection, "PRAGMA integrity_check")).isEqualTo("ok");
            for (int writer = 0; writer < confirmed.length; writer++) {
                String rows = " FROM log WHERE writer = " + writer;
                assertThat(Sql.number(connection, "SELECT count(*)" + rows))
                        .as("all rows of writer %d up to the last", writer)
                        .isEqualTo(Sql.number(connection, "SELECT max(n)" + rows))
                        .isGreaterThanOrEqualTo(confirmed[writer])
                        .isPositive();
            }
        }
    }

    private void writeUntilKilled(TestDatabase database, Random random) throws Exception {
        String url = database.url(
                "restore=if-missing",
                "durability=replica",
                "busy_timeout=30000",
                // Level 0 is looked at for gaps, so it must stay.
                "l0-retention=1h",
                random.nextBoolean() ? "sync-interval=0" : "max-checkpoint-page-count=50");
        long lifeNanos = TimeUnit.MILLISECONDS.toNanos(random.nextInt(300));
        long[] before = confirmed.clone();
        long killAtNanos = Long.MAX_VALUE;
        try (ChildJvm child = ChildJvm.start(DurableWriter.class, directory.resolve("errors"), url)) {
            for (String line = child.readLine(); line != null; line = child.readLine()) {
                String[] words = line.split(" ");
                switch (words[0]) {
                    case "FOUND" -> {
                        assertThat(words[2]).as("rows, last").isEqualTo(words[3]);
                        assertThat(Long.parseLong(words[3]))
                                .as("rows of writer %s after the restart", words[1])
                                .isGreaterThanOrEqualTo(before[Integer.parseInt(words[1])]);
                    }
                    case "ACK" -> {
                        confirmed[Integer.parseInt(words[1])] = Long.parseLong(words[2]);
                        if (killAtNanos == Long.MAX_VALUE) {
                            killAtNanos = System.nanoTime() + lifeNanos;
                        } else if (System.nanoTime() - killAtNanos >= 0) {
                            child.kill();
                        }
                    }
                    default -> throw new AssertionError(line);
                }
            }
            assertThat(child.exitCode())
                    .as("killed; its errors: %s", Files.readString(directory.resolve("errors")))
                    .isEqualTo(128 + 9);
        }
    }
}
