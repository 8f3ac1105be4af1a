package io.github.litestreamjdbc.s3;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.agent.Agent;
import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.ltx.TxidRange;
import io.github.litestreamjdbc.replica.HistoryRig;
import io.github.litestreamjdbc.spi.FetchedObject;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.ObjectStore;
import io.github.litestreamjdbc.spi.Precondition;
import io.github.litestreamjdbc.spi.StoredObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An hour without the service, in virtual time: two databases, each with its agents, behind the gate of one endpoint. */
class OutageTest {
    private static final Duration OUTAGE = Duration.ofHours(1);

    /** How long a request hangs while nobody answers. */
    private static final Duration HANGS = Duration.ofSeconds(10);

    private static final ReplicationConfig.Maintenance NO_MERGING = new ReplicationConfig.Maintenance(
            List.of(), Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ofHours(1));

    @TempDir
    private Path directory;

    private final HistoryRig.Time time = new HistoryRig.Time();
    private final EndpointGate gate = new EndpointGate("https://s3.example.com", time::nanoTime);
    private final List<Application> applications = new ArrayList<>();
    private final List<String> log = new CopyOnWriteArrayList<>();

    private boolean serviceIsDown;
    private int asking;
    private int askedAtOnceWhileShut;
    private int asked;
    private int spared;

    /** Commits every five seconds; its upload agent is stepped when that is due. */
    private final class Application implements AutoCloseable {
        private final Map<String, Integer> puts = new HashMap<>();
        private final Path home;
        private final HistoryRig rig;
        private long commitDue = time.nanoTime();
        private long uploadDue = time.nanoTime();
        private int commits;
        private boolean hintable = true;
        private boolean hinted;
        private boolean uploading;

        Application(String name) throws Exception {
            home = Files.createDirectories(directory.resolve(name));
            rig = new HistoryRig(home, NO_MERGING, store -> new Line(store, puts), time);
        }

        long due() {
            return uploading ? commitDue : Math.min(commitDue, uploadDue);
        }

        void step() throws Exception {
            if (commitDue <= time.nanoTime()) {
                rig.run("INSERT INTO counter VALUES (1, " + time.millis() + ", randomblob(3000))");
                rig.take();
                commitDue += Duration.ofSeconds(5).toNanos();
                commits++;
                hinted = true;
            } else {
                uploading = true;
                hinted = false;
                Agent.Next next = rig.upload();
                uploading = false;
                hintable = next.hintable();
                uploadDue = next.delayNanos() == Long.MAX_VALUE ? Long.MAX_VALUE : time.nanoTime() + next.delayNanos();
            }
            if (hinted && hintable && !uploading) {
                uploadDue = time.nanoTime();
            }
        }

        @Override
        public void close() throws IOException, SQLException {
            rig.close();
        }
    }

    /** The way to the service as a store has it; others go on while a request hangs. */
    private final class Line implements ObjectStore {
        private final ObjectStore store;
        private final Map<String, Integer> puts;

        Line(ObjectStore store, Map<String, Integer> puts) {
            this.store = store;
            this.puts = puts;
        }

        private void ask() throws IOException {
            boolean shut = gate.isDown();
            try {
                gate.enter();
            } catch (IOException another) {
                spared++;
                throw another;
            }
            if (!serviceIsDown) {
                gate.answered();
                return;
            }
            asked++;
            asking++;
            if (shut) {
                askedAtOnceWhileShut = Math.max(askedAtOnceWhileShut, asking);
            }
            pass(HANGS);
            asking--;
            gate.failed("no answer");
            throw new IOException("no answer");
        }

        @Override
        public void list(String prefix, String after, Consumer<? super StoredObject> visitor) throws IOException {
            ask();
            store.list(prefix, after, visitor);
        }

        @Override
        public FetchedObject get(String key, long offset, long lengthBytes) throws IOException {
            ask();
            return store.get(key, offset, lengthBytes);
        }

        @Override
        public StoredObject put(String key, ObjectBody body, Instant created, Precondition precondition)
                throws IOException {
            ask();
            StoredObject stored = store.put(key, body, created, precondition);
            puts.merge(key, 1, Integer::sum);
            return stored;
        }

        @Override
        public void delete(Collection<String> keys) throws IOException {
            ask();
            store.delete(keys);
        }

        @Override
        public void close() {
            store.close();
        }
    }

    /** Lets time pass, and everybody do what is due in it. */
    private void pass(Duration duration) {
        long end = time.nanoTime() + duration.toNanos();
        while (true) {
            Application next = applications.get(0);
            for (Application application : applications) {
                next = application.due() < next.due() ? application : next;
            }
            if (next.due() > end) {
                time.advance(Duration.ofNanos(Math.max(0, end - time.nanoTime())));
                return;
            }
            time.advance(Duration.ofNanos(Math.max(0, next.due() - time.nanoTime())));
            try {
                next.step();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }
    }

    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord record) {
            log.add(new SimpleFormatter().formatMessage(record));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @Test
    void hourWithoutTheServiceLosesAndDoublesNothingAndIsAskedForByOneAtATime() throws Exception {
        Logger logger = Logger.getLogger("io.github.litestreamjdbc");
        try (Application one = new Application("one");
                Application other = new Application("other")) {
            applications.addAll(List.of(one, other));
            pass(Duration.ofMinutes(3));
            logger.addHandler(handler);
            serviceIsDown = true;
            pass(OUTAGE);
            for (Application application : applications) {
                assertThat(application.rig.progress().replicaError()).isNotNull();
                assertThat(application.rig.progress().captured()
                                - application.rig.progress().uploaded())
                        .as("files that wait; what the WAL has room for waits there")
                        .isGreaterThanOrEqualTo(5);
            }
            serviceIsDown = false;
            pass(Duration.ofMinutes(3));
            logger.removeHandler(handler);
            for (Application application : applications) {
                assertEverythingIsThereOnce(application);
            }
        } finally {
            logger.removeHandler(handler);
        }
        assertThat(askedAtOnceWhileShut).as("probes at one time").isEqualTo(1);
        assertThat(spared).as("the other one wanted to ask meanwhile").isPositive();
        assertThat(asked).as("requests in an hour").isBetween(60, 360);
        assertThat(log)
                .as("two lines for each database, and two for the endpoint")
                .hasSize(6)
                .allSatisfy(line -> assertThat(line).matches("(endpoint|database)=\\S+ [^\\p{Cntrl}]+"));
        assertThat(log).filteredOn(line -> line.contains("cannot be reached")).hasSize(2);
        assertThat(log)
                .filteredOn(line -> line.contains("can be reached again"))
                .hasSize(2);
        assertThat(log).filteredOn(line -> line.contains("is down: no success")).hasSize(1);
        assertThat(log).filteredOn(line -> line.contains("answers again")).hasSize(1);
    }

    private static void assertEverythingIsThereOnce(Application application) throws Exception {
        long newest = application.rig.progress().captured();
        assertThat(application.commits).isGreaterThan(750);
        assertThat(application.rig.progress().replicaError()).isNull();
        assertThat(application.rig.progress().uploaded()).isEqualTo(newest);
        assertThat(application.rig.listing())
                .allMatch(file -> file.level() == 0)
                .extracting(file -> file.txids())
                .containsExactlyElementsOf(LongStream.rangeClosed(1, newest)
                        .mapToObj(TxidRange::of)
                        .toList());
        assertThat(application.puts.values())
                .as("puts of each key")
                .hasSize((int) newest)
                .containsOnly(1);
        Path restored = application.home.resolve("restored.db");
        application.rig.restore(restored);
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + restored);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT count(*) FROM counter")) {
            assertThat(rows.getInt(1)).isEqualTo(application.commits);
        }
        assertThat(HistoryRig.hash(Files.readAllBytes(restored))).isEqualTo(application.rig.hash());
    }
}
