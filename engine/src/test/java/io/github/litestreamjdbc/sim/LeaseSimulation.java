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
import java.util.stream.Stream;

/**
 * One seed: instances with a lease over one store, their clocks unequally fast. They are paused, between steps and in the
 * middle of requests, killed, ended and started, the clock is set, requests fail or arrive late, answers get lost, the store
 * goes away. What must hold: at most one instance may write, and while one may no other tries; once it has taken over nothing
 * of those before takes a key of level 0; epochs never go back, no key of level 0 gets other contents that count, and every commit
 * that was confirmed is in the replica in the end, once.
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
    private final List<Arrival> arrivals = new ArrayList<>();
    private long newestEpoch;
    private long rows;
    private int directories;

    /** Whether an instance stands still in the middle of a request: one at a time. */
    private boolean standing;

    /** A request that nobody waits for any more. */
    private record Arrival(long dueNanos, Runnable put) {}

    LeaseSimulation(Path root, long seed) throws IOException {
        this.root = root;
        this.seed = seed;
        this.random = new Random(seed);
        this.time = new VirtualTime(seed);
        int count = random.nextInt(2, 4);
        for (int i = 0; i < count; i++) {
            int index = i;
            instances.add(new LeaseInstance(
                    "i" + i,
                    Files.createDirectory(newDirectory()),
                    newLine(index),
                    time,
                    new UnequalClock(time, random.nextDouble(0.8, 1.2), random.nextLong(-3_600, 3_600)),
                    confirmed::add));
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
        return new LeaseLine(remote, random.nextLong(), new LeaseLine.Witness() {
            @Override
            public void sending(String key) {
                assertThat(others(instance).filter(LeaseInstance::isOpen))
                        .as("those who may write while %s sends %s", instances.get(instance), key)
                        .isEmpty();
            }

            @Override
            public void stored(String key, byte[] bytes) {
                boolean emptied = slots.containsKey(key);
                check(instances.get(instance), key, bytes);
                if (key.startsWith("ltx/0/") && !emptied) {
                    assertThat(others(instance).filter(LeaseInstance::hasClosedTheChain))
                            .as("those who have taken over when %s of %s arrives", key, instances.get(instance))
                            .isEmpty();
                }
            }

            @Override
            public void standStill() throws IOException {
                LeaseSimulation.this.standStill(instances.get(instance));
            }

            @Override
            public void later(Runnable arrival) {
                arrivals.add(new Arrival(time.nanoTime() + random.nextLong(3 * TTL_NANOS), arrival));
            }
        });
    }

    private Stream<LeaseInstance> others(int instance) {
        return instances.stream().filter(each -> each != instances.get(instance));
    }

    private void check(LeaseInstance sender, String key, byte[] bytes) {
        if (key.equals("lock.json")) {
            Matcher found = GENERATION.matcher(new String(bytes, StandardCharsets.UTF_8));
            assertThat(found.find()).isTrue();
            long epoch = Long.parseLong(found.group(1));
            assertThat(epoch).as("epoch").isGreaterThanOrEqualTo(newestEpoch);
            newestEpoch = epoch;
        } else if (key.startsWith("ltx/0/")) {
            byte[] before = slots.putIfAbsent(key, bytes);
            // With the clock set forward retention empties a key while an old put to it is on its way: that one does
            // not
            // count, for who sent it has lost the lease.
            assertThat(before == null || Arrays.equals(before, bytes) || !sender.isOpen())
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
        switch (random.nextInt(23)) {
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
            case 19, 20 -> {
                // What it has committed is not captured, or not sent, when others take over.
                LeaseInstance one = any();
                one.commit(++rows);
                if (random.nextBoolean()) {
                    one.pause(TTL_NANOS + random.nextLong(2 * TTL_NANOS));
                } else {
                    one.line().stallNextPut();
                }
                pass(random.nextLong(3 * TTL_NANOS));
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
            if (random.nextBoolean()) {
                for (LeaseInstance each : instances) {
                    each.commit(++rows);
                }
                pass(random.nextLong(TTL_NANOS));
            }
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
            arrive();
            long next = arrivals.stream()
                    .mapToLong(each -> each.dueNanos() - time.nanoTime())
                    .min()
                    .orElse(Long.MAX_VALUE);
            for (LeaseInstance each : instances) {
                each.run(random, 20);
                next = Math.min(next, each.untilNextNanos());
            }
            time.advance(Math.max(1, Math.min(next, until - time.nanoTime())));
        }
        time.advance(Math.max(0, until - time.nanoTime()));
    }

    private void arrive() {
        List<Arrival> due = arrivals.stream()
                .filter(each -> each.dueNanos() <= time.nanoTime())
                .toList();
        arrivals.removeAll(due);
        due.forEach(each -> each.put().run());
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
