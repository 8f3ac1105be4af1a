package io.github.litestreamjdbc.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.api.RestoreOptions;
import io.github.litestreamjdbc.api.RestoreTarget;
import io.github.litestreamjdbc.restore.Restorer;
import io.github.litestreamjdbc.spi.KeyLayout;
import io.github.litestreamjdbc.store.LtxStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One seed: instances with a lease over one store. They are paused, between steps and in the middle of requests, killed,
 * ended and started, the clock is set, requests fail, answers get lost, the store goes away. What must hold: at most one
 * instance may write, epochs never go back, no key of level 0 ever gets other contents, and every commit that was confirmed
 * is in the replica in the end, once.
 */
final class LeaseSimulation implements AutoCloseable {
    private static final Pattern GENERATION = Pattern.compile("\"generation\":(\\d+)");
    private static final long TTL_NANOS = LeaseInstance.TTL.toNanos();
    private static final long END_NANOS = Duration.ofMinutes(10).toNanos();

    private final Path root;
    private final long seed;
    private final Random random;
    private final VirtualTime time;
    private final MemoryObjectStore remote = new MemoryObjectStore();
    private final List<LeaseInstance> instances = new ArrayList<>();
    private final TreeSet<Long> confirmed = new TreeSet<>();
    private final Map<String, byte[]> slots = new HashMap<>();
    private long newestEpoch;
    private long rows;
    private int directories;

    /** Whether an instance stands still in the middle of a request: one at a time. */
    private boolean standing;

    LeaseSimulation(Path root, long seed) throws IOException {
        this.root = root;
        this.seed = seed;
        this.random = new Random(seed);
        this.time = new VirtualTime(seed);
        int count = random.nextInt(2, 4);
        for (int i = 0; i < count; i++) {
            int index = i;
            instances.add(new LeaseInstance(
                    "i" + i, Files.createDirectory(newDirectory()), newLine(index), time, confirmed::add));
        }
    }

    long epochs() {
        return newestEpoch;
    }

    int confirmed() {
        return confirmed.size();
    }

    private Path newDirectory() {
        return root.resolve(seed + "-" + directories++);
    }

    private LeaseLine newLine(int instance) {
        return new LeaseLine(remote, random.nextLong(), this::stored, () -> standStill(instances.get(instance)));
    }

    private void stored(String key, byte[] bytes) {
        if (key.equals("lock.json")) {
            Matcher found = GENERATION.matcher(new String(bytes, StandardCharsets.UTF_8));
            assertThat(found.find()).isTrue();
            long epoch = Long.parseLong(found.group(1));
            assertThat(epoch).as("epoch").isGreaterThanOrEqualTo(newestEpoch);
            newestEpoch = epoch;
        } else if (key.startsWith("ltx/0/")) {
            byte[] before = slots.putIfAbsent(key, bytes);
            assertThat(before == null || Arrays.equals(before, bytes))
                    .as("%s was given before, to other contents", key)
                    .isTrue();
        }
    }

    void run() throws Exception {
        instances.get(0).start();
        pass(2_000_000_000L);
        int steps = random.nextInt(15, 45);
        for (int i = 0; i < steps; i++) {
            act();
            assertThat(instances.stream().filter(LeaseInstance::isOpen).count())
                    .as("instances that may write")
                    .isLessThanOrEqualTo(1);
        }
        heal();
        goOnInTheEnd();
        assertNothingIsMissing();
    }

    private LeaseInstance any() {
        return instances.get(random.nextInt(instances.size()));
    }

    private void act() throws IOException, SQLException {
        switch (random.nextInt(20)) {
            case 0, 1, 2, 3, 4, 5 -> write(random.nextInt(1, 4));
            case 6, 7 -> pass(random.nextLong(TTL_NANOS / 2));
            case 8, 9 -> pass(random.nextLong(2 * TTL_NANOS));
            case 10, 11 -> any().pause(random.nextLong(3 * TTL_NANOS));
            case 12 -> kill(random.nextInt(instances.size()));
            case 13 -> any().end();
            case 14, 15 -> {
                LeaseInstance one = any();
                if (one.state() == LeaseInstance.State.DOWN) {
                    one.start();
                }
            }
            case 16 -> time.setWall(random.nextLong(-3_600_000, 3_600_000));
            case 17 -> instances.forEach(one -> one.line().faults(random.nextInt(3) * 0.1, random.nextInt(3) * 0.02));
            case 18 -> {
                // For all, or for one whose files then pile up while another takes over.
                List<LeaseInstance> cut = random.nextBoolean() ? instances : List.of(any());
                cut.forEach(one -> one.line().down(true));
                write(random.nextInt(16));
                pass(random.nextLong(3 * TTL_NANOS));
                cut.forEach(one -> one.line().down(false));
            }
            default -> pass(random.nextInt(8) == 0 ? Duration.ofMinutes(25).toNanos() : TTL_NANOS);
        }
    }

    private void write(int commits) throws IOException, SQLException {
        for (int i = 0; i < commits; i++) {
            for (LeaseInstance each : instances) {
                each.commit(++rows);
            }
            pass(random.nextLong(300_000_000));
        }
    }

    private void kill(int index) throws IOException, SQLException {
        instances.get(index).kill(newDirectory(), newLine(index));
    }

    /** The others live on; what happens to them is decided as ever. */
    private void standStill(LeaseInstance instance) throws IOException {
        if (standing) {
            return;
        }
        standing = true;
        instance.standing(true);
        try {
            for (LeaseInstance each : instances) {
                if (each.state() == LeaseInstance.State.DOWN && random.nextBoolean()) {
                    each.start();
                }
            }
            pass(random.nextLong(2 * TTL_NANOS));
            for (LeaseInstance each : instances) {
                each.commit(++rows);
            }
            pass(random.nextLong(TTL_NANOS));
        } catch (SQLException e) {
            throw new AssertionError(e);
        } finally {
            instance.standing(false);
            standing = false;
        }
    }

    private void pass(long nanos) throws IOException, SQLException {
        long until = time.nanoTime() + nanos;
        for (int i = 0; i < 400 && time.nanoTime() < until; i++) {
            long next = Long.MAX_VALUE;
            for (LeaseInstance each : instances) {
                each.run(random, 20);
                next = Math.min(next, each.untilNextNanos());
            }
            time.advance(Math.max(1, Math.min(next, until - time.nanoTime())));
        }
        time.advance(Math.max(0, until - time.nanoTime()));
    }

    private void heal() {
        for (LeaseInstance each : instances) {
            each.line().faults(0, 0);
            each.line().down(false);
            each.pause(0);
        }
    }

    /** Once faults stop, somebody gets the lease and confirms a commit within bounded time. */
    private void goOnInTheEnd() throws IOException, SQLException {
        int before = confirmed.size();
        long until = time.nanoTime() + END_NANOS;
        while (confirmed.size() == before) {
            assertThat(time.nanoTime()).as(() -> "nobody goes on: " + instances).isLessThan(until);
            for (LeaseInstance each : instances) {
                if (each.state() == LeaseInstance.State.DOWN) {
                    each.start();
                }
                each.commit(++rows);
            }
            pass(1_000_000_000L);
        }
    }

    private void assertNothingIsMissing() throws Exception {
        Path directory = Files.createDirectory(newDirectory());
        Path file = directory.resolve("restored.db");
        new Restorer(new LtxStore(remote, KeyLayout.DIRECTORY), "simulated:")
                .restore(
                        file,
                        new RestoreOptions(
                                new RestoreTarget.Latest(),
                                RestoreOptions.Format.LTX,
                                false,
                                ReplicationConfig.IntegrityCheck.FULL,
                                1),
                        progress -> {},
                        result -> {})
                .orElseThrow();
        List<Long> found = new ArrayList<>();
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT n FROM log")) {
            while (row.next()) {
                found.add(row.getLong(1));
            }
        }
        assertThat(found).as("rows").doesNotHaveDuplicates();
        assertThat(new TreeSet<>(found)).as("confirmed rows").containsAll(confirmed);
        Files.delete(file);
        Files.deleteIfExists(directory.resolve("restored.db-wal"));
        Files.deleteIfExists(directory.resolve("restored.db-shm"));
    }

    @Override
    public void close() throws SQLException, IOException {
        for (LeaseInstance each : instances) {
            each.close();
        }
    }
}
