package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.litestreamjdbc.api.ReplicationMXBean;
import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.engine.Databases;
import io.github.litestreamjdbc.engine.Replication;
import io.github.litestreamjdbc.s3testing.Fault;
import io.github.litestreamjdbc.s3testing.S3TestServer;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;

/** One writer at a time: instances on machines of their own, each with a file of its own, and one replica. */
class LeaseTest {
    private static final int TTL_SECONDS = 5;

    @TempDir
    private Path directory;

    private final Set<String> confirmed = ConcurrentHashMap.newKeySet();

    private String url(String machine, String replica, String... parameters) throws IOException {
        Path home = Files.createDirectories(directory.resolve(machine));
        return "jdbc:litestream:sqlite:" + home.resolve("app.db") + "?replica=" + replica
                + "&lease=on&restore=if-missing&linger=0&lease-ttl=" + TTL_SECONDS + "s"
                + Stream.of(parameters).map(parameter -> "&" + parameter).reduce("", String::concat);
    }

    private LeasedInstance start(String name, String replica, Map<String, String> settings, String... parameters)
            throws IOException {
        Properties properties = new Properties();
        properties.putAll(settings);
        Path file = directory.resolve("settings");
        try (Writer writer = Files.newBufferedWriter(file)) {
            properties.store(writer, null);
        }
        return new LeasedInstance(
                name,
                ChildJvm.start(
                        LeasedWriter.class,
                        directory.resolve("errors-" + name),
                        url(
                                name,
                                replica,
                                Stream.concat(Stream.of("durability=replica", "lease-wait=100s"), Stream.of(parameters))
                                        .toArray(String[]::new)),
                        name,
                        file.toString()),
                confirmed);
    }

    @Test
    void handsOverAfterReleaseCrashAndPauseOnADirectory() throws Exception {
        handOver(directory.resolve("replica").toUri().toString(), Map.of());
    }

    @Test
    void handsOverAfterReleaseCrashAndPauseOnS3() throws Exception {
        try (S3TestServer server = S3TestServer.http()) {
            handOver("s3://" + S3TestServer.BUCKET + "/app", server.settings());
            assertThat(server.requests()).noneMatch(request -> request.equals("DELETE app/lock.json"));
        }
    }

    private void handOver(String replica, Map<String, String> settings) throws Exception {
        try (LeasedInstance a = start("a", replica, settings)) {
            a.await(0, "ACK 3");
            long begun;
            try (LeasedInstance b = start("b", replica, settings)) {
                a.await(() -> Files.exists(directory.resolve("errors-b"))
                        && text("errors-b").contains("waits for it"));
                assertThat(b.lines()).isEmpty();
                begun = System.nanoTime();
                a.jvm().writeLine("end");
                b.await(0, "ACK 3");
                tell("release", begun, 2_000);
                try (LeasedInstance c = start("c", replica, settings)) {
                    c.await(() -> text("errors-c").contains("waits for it"));
                    begun = System.nanoTime();
                    b.jvm().kill();
                    c.await(0, "ACK 3");
                    tell("crash", begun, TTL_SECONDS * 1_000 + 2_000);
                    try (LeasedInstance d = start("d", replica, settings)) {
                        d.await(() -> text("errors-d").contains("waits for it"));
                        begun = System.nanoTime();
                        c.jvm().pause();
                        d.await(0, "ACK 3");
                        tell("pause", begun, TTL_SECONDS * 1_000 + 2_000);
                        int before = c.lines().size();
                        c.jvm().resume();
                        c.await(before, "ERR ");
                        String error = c.lines().stream()
                                .filter(line -> line.startsWith("ERR "))
                                .findFirst()
                                .orElseThrow();
                        // By the lease, or by the next key that the other one took: whichever it asks first.
                        assertThat(error).containsPattern("^ERR (25006|58030) .*(lease|another writer)");
                        c.await(() -> text("errors-c").contains("state=FENCED "));
                        before = c.lines().size();
                        d.jvm().writeLine("end");
                        c.await(before, "ACK ");
                        assertThat(text("errors-c")).contains("app.db.aside");
                        c.jvm().writeLine("end");
                        c.await(before, "ENDED");
                    }
                }
            }
        }
        assertEveryConfirmedRowIsThereOnce(replica, settings);
    }

    private static void tell(String what, long begunNanos, long limitMillis) {
        long millis = (System.nanoTime() - begunNanos) / 1_000_000;
        System.out.println(
                "taken over " + millis + " ms after a " + what + " (limit on a quiet machine " + limitMillis + " ms)");
    }

    private String text(String file) {
        try {
            return Files.readString(directory.resolve(file));
        } catch (IOException notYet) {
            return "";
        }
    }

    private void assertEveryConfirmedRowIsThereOnce(String replica, Map<String, String> settings) throws Exception {
        Properties info = new Properties();
        info.putAll(settings);
        try (Connection connection = DriverManager.getConnection(url("restored", replica), info)) {
            assertThat(Sql.text(connection, "PRAGMA integrity_check")).isEqualTo("ok");
            assertThat(confirmed).isNotEmpty();
            for (String row : confirmed) {
                String[] words = row.split(" ");
                assertThat(Sql.number(
                                connection,
                                "SELECT count(*) FROM log WHERE writer = '" + words[0] + "' AND n = " + words[1]))
                        .as(row)
                        .isEqualTo(1);
            }
        }
    }

    @Test
    void theSecondInstanceWaitsThenFailsThenGoesOnFromWhatTheFirstOneWrote() throws Exception {
        String replica = directory.resolve("replica").toUri().toString();
        try (Connection first = DriverManager.getConnection(url("a", replica))) {
            Sql.run(first, "CREATE TABLE t (v)");
            assertThatThrownBy(() -> DriverManager.getConnection(url("b", replica, "lease-wait=1s")))
                    .hasMessageContaining("lease-wait=1s")
                    .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("08001"));
            assertThat(directory.resolve("b/app.db")).doesNotExist();
        }
        try (Connection second = DriverManager.getConnection(url("b", replica))) {
            Sql.run(second, "INSERT INTO t VALUES (1)");
        }
        // The first machine's file is older now.
        try (Connection first = DriverManager.getConnection(url("a", replica))) {
            assertThat(Sql.number(first, "SELECT count(*) FROM t")).isEqualTo(1);
            Sql.run(first, "INSERT INTO t VALUES (2)");
        }
        assertThat(directory.resolve("a/app.db.aside/app.db")).exists();
        // Nobody else wrote: it goes on with its own file.
        try (Connection first = DriverManager.getConnection(url("a", replica))) {
            assertThat(Sql.number(first, "SELECT count(*) FROM t")).isEqualTo(2);
        }
        assertThat(directory.resolve("a/app.db.aside.2")).doesNotExist();
        Matcher generation = Pattern.compile("\"generation\":(\\d+)")
                .matcher(Files.readString(directory.resolve("replica/lock.json")));
        assertThat(generation.find()).isTrue();
        assertThat(Integer.parseInt(generation.group(1))).isEqualTo(4);
    }

    @Test
    void whoWaitsForTheLeaseStandsByAndSaysWhoHasIt() throws Exception {
        String replica = directory.resolve("replica").toUri().toString();
        ExecutorService application = Executors.newSingleThreadExecutor();
        Connection first = DriverManager.getConnection(url("a", replica, "name=a"));
        try {
            Sql.run(first, "CREATE TABLE t (v)");
            Future<Connection> second = application.submit(
                    () -> DriverManager.getConnection(url("b", replica, "name=b", "lease-wait=100s")));
            Awaitility.await()
                    .atMost(60, TimeUnit.SECONDS)
                    .ignoreExceptions()
                    .until(() -> waiting().getState() == ReplicationState.STANDBY);
            assertThat(waiting().getReason())
                    .contains(
                            "the lease is held by ",
                            ":" + ProcessHandle.current().pid() + ",")
                    .endsWith("waits for it up to 100 s");
            String since = waiting().getStateSince();
            assertThat(since).isNotEmpty();
            assertThat(waiting().getReplicationLagMillis()).isEqualTo(-1);
            assertThat(Databases.isWell(waiting())).isTrue();
            assertThat(waiting().getStateSince()).isEqualTo(since);

            first.close();
            try (Connection open = second.get(60, TimeUnit.SECONDS)) {
                assertThat(Sql.number(open, "SELECT count(*) FROM t")).isZero();
                Awaitility.await()
                        .atMost(60, TimeUnit.SECONDS)
                        .until(() -> waiting().getState() == ReplicationState.STREAMING);
                assertThat(waiting().getStateSince()).isGreaterThan(since);
            }
        } finally {
            first.close();
            application.shutdown();
        }
    }

    private static ReplicationMXBean waiting() {
        return Databases.readings().get("b");
    }

    @Test
    void jvmThatEndsWithOpenConnectionsGivesTheLeaseBackAndLosesNothing() throws Exception {
        String replica = directory.resolve("replica").toUri().toString();
        try (LeasedInstance a = start("a", replica, Map.of(), "shutdown-sync-timeout=2s")) {
            a.await(0, "ACK 3");
            // It goes on writing while the JVM ends.
            a.jvm().terminate();
            a.jvm().exitCode();
            a.await(() -> a.lines().contains("END"));
            assertThat(Files.readString(directory.resolve("replica/lock.json"))).contains("\"released\"");
        }
        assertEveryConfirmedRowIsThereOnce(replica, Map.of());
    }

    @Test
    void holderThatCannotRenewStopsInTimeSaysSoAndGoesOnWhenTheStoreAnswersAgain() throws Exception {
        try (S3TestServer server = S3TestServer.http()) {
            Properties info = new Properties();
            info.putAll(server.settings());
            String replica = "s3://" + S3TestServer.BUCKET + "/app";
            try (Connection connection = DriverManager.getConnection(url("a", replica, "lease-wait=1s"), info)) {
                Sql.run(connection, "CREATE TABLE t (v)");
                TestDatabase.sync(connection);
                server.add(Fault.refuse(null, Fault.ALWAYS, 503, "SlowDown"));
                Awaitility.await()
                        .atMost(60, TimeUnit.SECONDS)
                        .untilAsserted(() -> assertThatThrownBy(() -> Sql.run(connection, "INSERT INTO t VALUES (1)"))
                                .hasMessageContaining("lease cannot be confirmed")
                                .satisfies(e -> assertThat(((SQLException) e).getSQLState())
                                        .isEqualTo("25006")));
                long rows = Sql.number(connection, "SELECT count(*) FROM t");
                server.clearFaults();
                Awaitility.await()
                        .atMost(60, TimeUnit.SECONDS)
                        .ignoreExceptions()
                        .untilAsserted(() -> Sql.run(connection, "INSERT INTO t VALUES (2)"));
                assertThat(Sql.number(connection, "SELECT count(*) FROM t")).isEqualTo(rows + 1);
                TestDatabase.sync(connection);
            }
            try (Connection other = DriverManager.getConnection(url("b", replica), info)) {
                assertThat(Sql.number(other, "SELECT count(*) FROM t WHERE v = 2"))
                        .isEqualTo(1);
            }
        }
    }

    @Test
    void lostAnswersToTheLeaseDoNotCostIt() throws Exception {
        try (S3TestServer server = S3TestServer.http()) {
            Properties info = new Properties();
            info.putAll(server.settings());
            server.add(Fault.loseAnswer(key -> key.endsWith("lock.json"), 1));
            try (Connection connection =
                    DriverManager.getConnection(url("a", "s3://" + S3TestServer.BUCKET + "/app"), info)) {
                Sql.run(connection, "CREATE TABLE t (v)");
                server.add(Fault.loseAnswer(key -> key.endsWith("lock.json"), 1));
                long before = leasePuts(server);
                Awaitility.await().atMost(60, TimeUnit.SECONDS).until(() -> leasePuts(server) > before + 2);
                Sql.run(connection, "INSERT INTO t VALUES (1)");
                TestDatabase.sync(connection);
            }
        }
    }

    private static long leasePuts(S3TestServer server) {
        return server.requests().stream()
                .filter(request -> request.equals("PUT app/lock.json"))
                .count();
    }

    @Test
    void whoMeetsAWriterWithoutALeaseIsToldWhatToDoAndGoesOnBehindIt() throws Exception {
        String replica = directory.resolve("replica").toUri().toString();
        try (Connection connection = DriverManager.getConnection(url("a", replica))) {
            Sql.run(connection, "CREATE TABLE t (v)");
            TestDatabase.sync(connection);
            try (Connection without = DriverManager.getConnection("jdbc:litestream:sqlite:"
                    + Files.createDirectories(directory.resolve("b")).resolve("app.db") + "?replica=" + replica
                    + "&restore=if-missing&linger=0")) {
                Sql.run(without, "INSERT INTO t VALUES (1)");
                TestDatabase.sync(without);
            }
            Sql.run(connection, "INSERT INTO t VALUES (2)");
            Awaitility.await()
                    .atMost(60, TimeUnit.SECONDS)
                    .untilAsserted(() -> assertThatThrownBy(() -> Sql.run(connection, "INSERT INTO t VALUES (3)"))
                            .hasMessageContaining("the next connect waits for the lease")
                            .satisfies(e ->
                                    assertThat(((SQLException) e).getSQLState()).isEqualTo("25006")));
            assertOnlyReadingGoesOn(connection);
        }
        try (Connection again = DriverManager.getConnection(url("a", replica))) {
            assertThat(Sql.text(again, "SELECT group_concat(v) FROM t")).isEqualTo("1");
        }
        assertThat(directory.resolve("a/app.db.aside/app.db")).exists();
    }

    private static void assertOnlyReadingGoesOn(Connection connection) throws SQLException {
        for (String read : List.of(
                "WITH a AS (SELECT 2 AS v) SELECT v FROM t WHERE v IN (SELECT v FROM a)",
                "PRAGMA table_info(t)",
                "PRAGMA main.index_list('t')",
                "PRAGMA integrity_check(1)",
                "PRAGMA busy_timeout=1000")) {
            Sql.run(connection, read);
            try (PreparedStatement prepared = connection.prepareStatement(read)) {
                prepared.execute();
            }
        }
        String before = Sql.text(connection, "SELECT group_concat(v) FROM t");
        for (String write : List.of(
                "WITH a AS (SELECT 9) INSERT INTO t SELECT * FROM a",
                "WITH a AS (SELECT 9) REPLACE INTO t SELECT * FROM a",
                "WITH a AS (SELECT 9) UPDATE t SET v = 9",
                "WITH a AS (SELECT 9) DELETE FROM t",
                "WITH \"select\" AS (SELECT 9) DELETE FROM t",
                "PRAGMA user_version=9",
                "PRAGMA incremental_vacuum",
                "PRAGMA optimize")) {
            assertThatThrownBy(() -> Sql.run(connection, write))
                    .as(write)
                    .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("25006"));
        }
        assertThat(Sql.text(connection, "SELECT group_concat(v) FROM t")).isEqualTo(before);
        assertThat(Sql.number(connection, "PRAGMA user_version")).isZero();
    }

    @Test
    void positionOfACommitTellsAnotherProcessWhetherItSeesIt() throws Exception {
        String replica = directory.resolve("replica").toUri().toString();
        try (LeasedInstance a = start("a", replica, Map.of())) {
            a.await(0, "TXID ");
            long token = Long.parseLong(a.line("TXID ").substring("TXID ".length()), 16);
            a.jvm().writeLine("end");
            a.await(0, "ENDED");
            try (Connection other = DriverManager.getConnection(url("b", replica))) {
                assertThat(other.unwrap(Replication.class).replicated()).isGreaterThanOrEqualTo(token);
                assertThat(Sql.number(other, "SELECT count(*) FROM log WHERE n = 1"))
                        .isEqualTo(1);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(value = S3TestServer.Conditions.class, mode = Mode.EXCLUDE, names = "HONOURED")
    void refusesAStoreWithoutConditionalPuts(S3TestServer.Conditions conditions) throws Exception {
        try (S3TestServer server = S3TestServer.http()) {
            server.conditions(conditions);
            Properties info = new Properties();
            info.putAll(server.settings());
            assertThatThrownBy(
                            () -> DriverManager.getConnection(url("a", "s3://" + S3TestServer.BUCKET + "/app"), info))
                    .hasMessageContaining("conditional puts")
                    .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("08001"));
            assertThat(server.requests()).noneMatch(request -> request.contains(".ltx"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"fencing=off", "fencing=auto", "l0-retention=5m", "lease-ttl=1s"})
    void refusesSettingsThatALeaseCannotGoWith(String parameter) throws Exception {
        String url = url("a", directory.resolve("replica").toUri().toString());
        String given =
                parameter.startsWith("lease-ttl") ? url.replace("lease-ttl=5s", parameter) : url + "&" + parameter;
        assertThatThrownBy(() -> DriverManager.getConnection(given))
                .hasMessageContaining(parameter)
                .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("08001"));
        assertThat(directory.resolve("replica")).doesNotExist();
    }
}
