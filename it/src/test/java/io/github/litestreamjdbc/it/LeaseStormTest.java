package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.s3testing.S3TestServer;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Properties;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Instances with a lease that are killed, paused and ended at random, over a directory and over an S3 server that is a
 * process of its own: no commit that was confirmed is lost or there twice, epochs never go back.
 */
class LeaseStormTest {
    private static final int TTL_SECONDS = 5;
    private static final Pattern GENERATION = Pattern.compile("\"generation\":(\\d+)");

    @TempDir
    private Path directory;

    private final Properties settings = new Properties();
    private final Set<String> confirmed = ConcurrentHashMap.newKeySet();
    private final List<LeasedInstance> instances = new ArrayList<>();
    private final TreeMap<String, List<Long>> takeoverMillis = new TreeMap<>();
    private String replica;
    private Path lock;
    private volatile boolean ended;
    private volatile String epochWentBack;
    private long epochs;
    private int lives;

    @AfterEach
    void endAll() throws IOException {
        ended = true;
        for (LeasedInstance each : instances) {
            each.close();
        }
    }

    @Test
    void threeInstancesOnAnS3ServerOfItsOwn() throws Exception {
        stormOnS3(3);
    }

    @Test
    void twoInstancesOnADirectory() throws Exception {
        stormOnDirectory(2, 2);
    }

    @Test
    @Tag("large")
    void threeInstancesOnAnS3ServerOfItsOwnForLong() throws Exception {
        stormOnS3(100);
    }

    @Test
    @Tag("large")
    void threeInstancesOnADirectoryForLong() throws Exception {
        stormOnDirectory(3, 100);
    }

    private void stormOnS3(int disturbances) throws Exception {
        Path objects = Files.createDirectory(directory.resolve("objects"));
        try (ChildJvm server =
                ChildJvm.start(S3ServerMain.class, directory.resolve("errors-server"), objects.toString())) {
            settings.setProperty("s3.endpoint", server.readLine());
            settings.setProperty("s3.access-key-id", S3TestServer.ACCESS_KEY_ID);
            settings.setProperty("s3.secret-access-key", S3TestServer.SECRET_ACCESS_KEY);
            replica = "s3://" + S3TestServer.BUCKET + "/app";
            lock = objects.resolve(S3TestServer.BUCKET).resolve("app/lock.json");
            storm(3, disturbances);
        }
    }

    private void stormOnDirectory(int count, int disturbances) throws Exception {
        replica = directory.resolve("replica").toUri().toString();
        lock = directory.resolve("replica/lock.json");
        storm(count, disturbances);
    }

    private void storm(int count, int disturbances) throws Exception {
        long seed = Long.getLong("litestreamjdbc.seed", System.nanoTime());
        System.out.println("seed " + seed + " (-Dlitestreamjdbc.seed=" + seed + ")");
        Random random = new Random(seed);
        for (int machine = 0; machine < count; machine++) {
            instances.add(start(machine));
        }
        Thread watch = new Thread(this::watchEpochs, "watches-epochs");
        watch.setDaemon(true);
        watch.start();
        awaitAcknowledgement(0, null);
        for (int i = 0; i < disturbances; i++) {
            disturb(random);
        }
        for (LeasedInstance each : instances) {
            each.jvm().writeLine("end");
        }
        for (LeasedInstance each : instances) {
            each.await(0, "END");
        }
        ended = true;
        watch.join();
        assertThat(epochWentBack).isNull();
        assertThat(epochs).as("epochs seen").isGreaterThan(1);
        System.out.println(epochs + " epochs, " + confirmed.size() + " commits confirmed; first commit after ms: "
                + takeoverMillis);
        assertEveryConfirmedRowIsThereOnce();
    }

    private LeasedInstance start(int machine) throws IOException {
        Path file = directory.resolve("settings");
        try (Writer writer = Files.newBufferedWriter(file)) {
            settings.store(writer, null);
        }
        String name = (char) ('a' + machine) + Integer.toString(++lives);
        return new LeasedInstance(
                name,
                ChildJvm.start(
                        LeasedWriter.class,
                        directory.resolve("errors-" + (char) ('a' + machine)),
                        url(Character.toString('a' + machine), "&durability=replica&lease-wait=100s"),
                        name,
                        file.toString()),
                confirmed);
    }

    private String url(String machine, String parameters) throws IOException {
        Path home = Files.createDirectories(directory.resolve(machine));
        return "jdbc:litestream:sqlite:" + home.resolve("app.db") + "?replica=" + replica
                + "&lease=on&restore=if-missing&linger=0&shutdown-sync-timeout=2s&lease-ttl=" + TTL_SECONDS + "s"
                + parameters;
    }

    /** Mostly to the one that writes. */
    private void disturb(Random random) throws Exception {
        awaitAcknowledgement(confirmed.size() + random.nextInt(30), null);
        int holder = holder();
        int victim = random.nextInt(4) == 0 ? random.nextInt(instances.size()) : holder;
        LeasedInstance one = instances.get(victim);
        int before = confirmed.size();
        long begun = System.nanoTime();
        switch (random.nextInt(5)) {
            case 0, 1 -> {
                one.jvm().kill();
                recordTakeover("kill", victim == holder, before, one, begun);
                instances.set(victim, start(victim));
            }
            case 2 -> {
                one.jvm().writeLine("end");
                one.await(0, "ENDED");
                recordTakeover("end", victim == holder, before, one, System.nanoTime());
                instances.set(victim, start(victim));
            }
            case 3 -> {
                one.jvm().pause();
                recordTakeover("pause", victim == holder, before, one, begun);
                one.jvm().resume();
            }
            default -> {
                // Shorter than the time after which somebody else may write, or longer.
                one.jvm().pause();
                TimeUnit.MILLISECONDS.sleep(random.nextInt(2 * TTL_SECONDS * 1000));
                one.jvm().resume();
                awaitAcknowledgement(confirmed.size(), null);
            }
        }
    }

    private void recordTakeover(String what, boolean ofHolder, int before, LeasedInstance gone, long begunNanos) {
        awaitAcknowledgement(before, gone.name());
        if (ofHolder) {
            takeoverMillis
                    .computeIfAbsent(what, kind -> new ArrayList<>())
                    .add((System.nanoTime() - begunNanos) / 1_000_000);
        }
    }

    /** Whoever confirmed last. */
    private int holder() {
        awaitAcknowledgement(confirmed.size(), null);
        int newest = 0;
        Set<String> before = Set.copyOf(confirmed);
        awaitAcknowledgement(before.size(), null);
        for (String row : confirmed) {
            if (!before.contains(row)) {
                String writer = row.substring(0, row.indexOf(' '));
                for (int i = 0; i < instances.size(); i++) {
                    if (instances.get(i).name().equals(writer)) {
                        newest = i;
                    }
                }
            }
        }
        return newest;
    }

    /** @param except who does not count; null if everybody does */
    private void awaitAcknowledgement(int before, String except) {
        Set<String> known = except == null ? Set.of() : Set.copyOf(confirmed);
        Awaitility.await("a confirmed commit; " + confirmed.size() + " were before")
                .atMost(120, TimeUnit.SECONDS)
                .pollInterval(5, TimeUnit.MILLISECONDS)
                .until(() -> except == null
                        ? confirmed.size() > before
                        : confirmed.stream().anyMatch(row -> !known.contains(row) && !row.startsWith(except + " ")));
    }

    private void watchEpochs() {
        long newest = 0;
        while (!ended) {
            try {
                Matcher found = GENERATION.matcher(Files.readString(lock));
                if (found.find()) {
                    long epoch = Long.parseLong(found.group(1));
                    if (epoch < newest) {
                        epochWentBack = epoch + " after " + newest;
                    }
                    newest = Math.max(newest, epoch);
                    epochs = newest;
                }
                TimeUnit.MILLISECONDS.sleep(20);
            } catch (IOException notYet) {
                Thread.onSpinWait();
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void assertEveryConfirmedRowIsThereOnce() throws Exception {
        List<String> found = new ArrayList<>();
        try (Connection connection = DriverManager.getConnection(url("restored", ""), settings);
                Statement statement = connection.createStatement()) {
            assertThat(Sql.text(connection, "PRAGMA integrity_check")).isEqualTo("ok");
            try (ResultSet row = statement.executeQuery("SELECT writer, n FROM log")) {
                while (row.next()) {
                    found.add(row.getString(1) + " " + row.getLong(2));
                }
            }
        }
        Set<String> distinct = new HashSet<>(found);
        assertThat(found).as("rows, each once").hasSameSizeAs(distinct);
        Set<String> missing = new HashSet<>(confirmed);
        missing.removeAll(distinct);
        assertThat(missing).as("confirmed and missing, of %d", confirmed.size()).isEmpty();
    }
}
