package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.api.RestoreOptions;
import io.github.litestreamjdbc.api.RestoreTarget;
import io.github.litestreamjdbc.engine.ReplicaView;
import io.github.litestreamjdbc.s3testing.Fault;
import io.github.litestreamjdbc.s3testing.Fault.Operation;
import io.github.litestreamjdbc.s3testing.S3TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Hours of mixed load in one JVM, with another process at the file and an S3 service that keeps failing. Now and then
 * everything is held, and what the replica gives back at that TXID is compared with the database, byte for byte; what had
 * a snapshot taken of it is restored and compared once more at the end. Memory after a collection, file handles and
 * threads stay what they were after the warm-up, the first eighth of the time.
 */
@Tag("soak")
@EnabledOnOs(OS.LINUX)
class SoakTest {
    private static final int HOLDS = 8;
    private static final long HEAP_TOLERANCE_BYTES = 8L << 20;
    /** Connections to S3 and from the pool come and go. */
    private static final int HANDLE_TOLERANCE = 12;

    private static final int THREAD_TOLERANCE = 4;
    private static final String REPLICA = "s3://" + S3TestServer.BUCKET + "/soak";

    @TempDir
    private Path directory;

    private final Ledger ledger = new Ledger();
    private final List<State> snapshots = new ArrayList<>();
    private int faults;
    private int outages;

    /** A copy of the database as it was at a TXID. */
    private record State(long txid, Path copy) {}

    private record Reading(long heapBytes, long handles, long threads) {}

    @Test
    void staysTheSameSizeAndLosesNothingUnderConstantFaults() throws Exception {
        Duration duration = Duration.parse(System.getProperty("litestreamjdbc.soak", "PT1H"));
        long seed = Long.getLong("litestreamjdbc.seed", System.nanoTime());
        System.out.println("seed " + seed + " (-Dlitestreamjdbc.seed=" + seed + ")");
        Random random = new Random(seed);
        TestDatabase database = TestDatabase.in(Files.createDirectories(directory.resolve("app")));
        List<Reading> readings = new ArrayList<>();
        try (S3TestServer server = S3TestServer.http(Files.createDirectories(directory.resolve("s3")));
                BankProcess application = BankProcess.soak(directory.resolve("errors"), url(database, server));
                BankProcess outside = BankProcess.outside(directory.resolve("outside-errors"), random.nextLong(), 40)) {
            application.writesTo(ledger);
            outside.writesTo(ledger);
            application.answer("OPENED");
            for (int hold = 1; hold <= HOLDS; hold++) {
                outside.tell("GO " + database.file());
                makeTrouble(server, random, duration.dividedBy(HOLDS));
                outside.tell(random.nextBoolean() ? "PAUSE" : "CLOSE");
                outside.answer("PAUSED");
                readings.add(compare(server, database, application, hold));
            }
            for (State state : snapshots) {
                assertRestores(server, state);
            }
            application.kill();
        }
        System.out.printf(
                "%s: %d faults, %d outages, %d acknowledged transfers, database of %d bytes; the same to the byte at %d TXIDs,"
                        + " %d of them again at the end; heap after GC, handles, threads: %s%n",
                duration,
                faults,
                outages,
                ledger.acknowledged(),
                Files.size(database.file()),
                HOLDS,
                snapshots.size(),
                readings);
        Reading warm = readings.get(0);
        for (Reading reading : readings) {
            assertThat(reading.heapBytes()).as("heap after GC").isLessThan(warm.heapBytes() + HEAP_TOLERANCE_BYTES);
            assertThat(reading.handles()).as("file handles").isLessThanOrEqualTo(warm.handles() + HANDLE_TOLERANCE);
            assertThat(reading.threads()).as("threads").isLessThanOrEqualTo(warm.threads() + THREAD_TOLERANCE);
        }
    }

    private String url(TestDatabase database, S3TestServer server) throws IOException {
        Path config = directory.resolve("config.properties");
        Files.writeString(
                config,
                server.settings().entrySet().stream()
                        .map(setting -> setting.getKey() + "=" + setting.getValue())
                        .collect(Collectors.joining("\n")));
        return "jdbc:litestream:sqlite:" + database.file() + "?replica=" + REPLICA + "&config=" + config
                + "&busy_timeout=20000&sync-interval=200ms&levels=5s,30s&l0-retention=1m&snapshot-interval=3m"
                + "&retention-check-interval=20s&min-checkpoint-page-count=200&max-checkpoint-page-count=2000";
    }

    /** One fault after the other at the service. */
    private void makeTrouble(S3TestServer server, Random random, Duration time) throws Exception {
        long endNanos = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < endNanos) {
            int times = 1 + random.nextInt(4);
            switch (random.nextInt(7)) {
                case 0 -> server.add(Fault.refuse(Operation.PUT, times, 503, "SlowDown"));
                case 1 -> server.add(Fault.refuse(null, times, 500, "InternalError"));
                case 2 -> server.add(Fault.loseAnswer(key -> true, times));
                case 3 -> server.add(Fault.cut(key -> true, times, random.nextInt(5000)));
                case 4 -> server.add(Fault.refuse(Operation.LIST, times, 503, "ServiceUnavailable"));
                case 5 -> server.add(Fault.refuse(Operation.DELETE, times, 500, "InternalError"));
                default -> {
                    server.stop();
                    outages++;
                    TimeUnit.MILLISECONDS.sleep(random.nextInt(4000));
                    server.start();
                }
            }
            faults++;
            TimeUnit.MILLISECONDS.sleep(random.nextInt(3000));
        }
        server.clearFaults();
    }

    private Reading compare(S3TestServer server, TestDatabase database, BankProcess application, int hold)
            throws Exception {
        boolean snapshot = hold % 2 == 0;
        application.tell(snapshot ? "HOLD SNAPSHOT" : "HOLD");
        String[] held = application.answer("HELD").split(" ");
        Path copy = directory.resolve("state-" + hold + ".db");
        Files.copy(database.file(), copy);
        if (Files.exists(database.beside("-wal"))) {
            Files.copy(database.beside("-wal"), directory.resolve("state-" + hold + ".db-wal"));
        }
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + copy)) {
            Sql.number(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
            ledger.assertNothingIsMissing(connection);
            Bank.assertSound(connection);
        }
        application.tell("GO");
        State state = new State(Long.parseLong(held[0]), copy);
        assertRestores(server, state);
        if (snapshot) {
            snapshots.add(state);
        } else {
            Files.delete(copy);
        }
        System.out.printf(
                "hold %d at TXID %d: heap %s, handles %s, threads %s%n", hold, state.txid(), held[1], held[2], held[3]);
        return new Reading(Long.parseLong(held[1]), Long.parseLong(held[2]), Long.parseLong(held[3]));
    }

    private void assertRestores(S3TestServer server, State state) throws Exception {
        Path restored = directory.resolve("restored.db");
        Map<String, String> settings = server.settings();
        try (ReplicaView replica = ReplicaView.open(REPLICA, settings)) {
            RestoreOptions options = RestoreOptions.DEFAULTS.withTarget(new RestoreTarget.AtTxid(state.txid()));
            assertThat(replica.restore(restored, options, progress -> {})).isPresent();
        } catch (ReplicationException e) {
            throw new AssertionError("TXID " + state.txid() + " cannot be restored", e);
        }
        assertThat(Files.mismatch(restored, state.copy()))
                .as("first differing byte at TXID %d", state.txid())
                .isEqualTo(-1);
        Files.delete(restored);
    }
}
