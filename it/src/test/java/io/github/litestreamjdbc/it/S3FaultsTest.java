package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.engine.Replication;
import io.github.litestreamjdbc.s3testing.Fault;
import io.github.litestreamjdbc.s3testing.Fault.Operation;
import io.github.litestreamjdbc.s3testing.Line;
import io.github.litestreamjdbc.s3testing.S3TestServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.core.SdkGlobalTime;

/** Faults of S3 under a running application: state, log, and that nothing is lost or doubled. */
class S3FaultsTest {
    private static S3TestServer server;

    @TempDir
    private Path directory;

    private Path file;
    private String bucketPath;
    private final List<LogRecord> log = new CopyOnWriteArrayList<>();
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord record) {
            log.add(record);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    /** Held, for the log manager forgets loggers that nobody holds. */
    private final Logger logger = Logger.getLogger("io.github.litestreamjdbc");

    @BeforeAll
    static void startServer() throws Exception {
        server = S3TestServer.http();
    }

    @AfterAll
    static void stopServer() throws Exception {
        server.close();
    }

    @BeforeEach
    void prepare(TestInfo test) {
        file = directory.resolve("app.db");
        bucketPath = test.getTestMethod().orElseThrow().getName() + "-" + directory.getFileName();
        logger.addHandler(handler);
    }

    @AfterEach
    void cleanUp() {
        server.clearFaults();
        logger.removeHandler(handler);
    }

    private Connection connect(String... properties) throws SQLException {
        Properties info = new Properties();
        info.putAll(server.settings());
        info.setProperty("linger", "0");
        info.setProperty("restore", "if-missing");
        info.setProperty("shutdown-sync-timeout", "20s");
        for (int i = 0; i < properties.length; i += 2) {
            info.setProperty(properties[i], properties[i + 1]);
        }
        return DriverManager.getConnection(
                "jdbc:litestream:sqlite:" + file + "?replica=s3://" + S3TestServer.BUCKET + "/" + bucketPath, info);
    }

    private static void write(Connection connection) throws SQLException {
        Sql.run(connection, "CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY)");
        Sql.run(connection, "INSERT INTO t DEFAULT VALUES");
    }

    private void loseTheMachine() throws Exception {
        Files.delete(file);
        Files.deleteIfExists(file.resolveSibling("app.db-wal"));
        Files.deleteIfExists(file.resolveSibling("app.db-shm"));
        Replicas.delete(file.resolveSibling(".app.db-litestream"));
    }

    private void assertRestores(long rows) throws Exception {
        loseTheMachine();
        try (Connection connection = connect()) {
            assertThat(Sql.text(connection, "PRAGMA integrity_check")).isEqualTo("ok");
            assertThat(Sql.number(connection, "SELECT count(*) FROM t")).isEqualTo(rows);
        }
    }

    private List<String> lines(String words) {
        return log.stream()
                .map(record -> new java.util.logging.SimpleFormatter().formatMessage(record))
                .filter(line -> line.contains(words))
                .toList();
    }

    /** What was worth a warning, from any thread. */
    /** Idle connections are cut as well, and a request gives up after some attempts that meet them. */
    private void assertOnlyUnreachable() {
        assertThat(troubles()).allSatisfy(line -> assertThat(line).contains("cannot be reached, retried"));
    }

    private List<String> troubles() {
        return log.stream()
                .filter(record -> record.getLevel().intValue() >= Level.WARNING.intValue())
                .map(record -> new java.util.logging.SimpleFormatter().formatMessage(record))
                .toList();
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource({
        "500, InternalError, cannot be reached",
        "503, SlowDown, cannot be reached",
        "403, AccessDenied, until somebody changes something",
        "403, ExpiredToken, until somebody changes something",
        "507, InsufficientStorage, until somebody changes something",
    })
    void failingPutsHurtNobodyAndAreMadeUpFor(int status, String code, String words) throws Exception {
        bucketPath += code;
        try (Connection connection = connect()) {
            Replication replication = connection.unwrap(Replication.class);
            write(connection);
            replication.sync(TestDatabase.TIMEOUT);
            server.add(Fault.refuse(Operation.PUT, Fault.ALWAYS, status, code));
            write(connection);
            write(connection);
            await().until(() -> replication.status().replicaError() != null);
            assertThat(replication.status().replicaError()).contains(code);
            assertThat(replication.status().state()).isEqualTo(ReplicationState.STREAMING);
            assertThat(replication.status().unreplicatedCommits()).isPositive();
            server.clearFaults();
            replication.sync(TestDatabase.TIMEOUT);
            assertThat(replication.status().replicaError()).isNull();
            assertThat(lines(words)).as("said once, not each time").hasSize(1);
            assertThat(lines("can be reached again")).hasSize(1);
            assertNothingDoubled(replication.replicated());
        }
        assertRestores(3);
    }

    @Test
    void lostAnswersNeitherFenceNorDouble() throws Exception {
        try (Connection connection = connect()) {
            Replication replication = connection.unwrap(Replication.class);
            for (int i = 0; i < 5; i++) {
                server.add(Fault.loseAnswer(key -> key.contains(bucketPath + "/0000/"), 1));
                write(connection);
                replication.sync(TestDatabase.TIMEOUT);
            }
            assertThat(replication.status().state()).isEqualTo(ReplicationState.STREAMING);
            assertThat(replication.status().replicaError()).isNull();
            assertNothingDoubled(replication.replicated());
        }
        assertThat(troubles()).as("the content told whose object it was").isEmpty();
        assertRestores(5);
    }

    /** Each of its transactions is in one level-0 object, in order, and no object was replaced. */
    private void assertNothingDoubled(long newestTxid) {
        List<String> stored = server.stored().stream()
                .filter(key -> key.startsWith(bucketPath + "/0000/"))
                .toList();
        assertThat(stored)
                .isEqualTo(LongStream.rangeClosed(1, newestTxid)
                        .mapToObj(txid -> String.format("%s/0000/%016x-%016x.ltx", bucketPath, txid, txid))
                        .toList());
    }

    @Test
    void connectionThatBreaksBehindAStoredPutNeitherFencesNorDoubles() throws Exception {
        try (Line line = server.line();
                Connection connection = connect("s3.endpoint", line.endpoint().toString())) {
            Replication replication = connection.unwrap(Replication.class);
            for (int i = 0; i < 5; i++) {
                server.add(Fault.then(Operation.PUT, key -> key.contains(bucketPath + "/0000/"), 1, line::cut));
                write(connection);
                replication.sync(TestDatabase.TIMEOUT);
            }
            assertThat(replication.status().state()).isEqualTo(ReplicationState.STREAMING);
            assertThat(replication.status().replicaError()).isNull();
            assertNothingDoubled(replication.replicated());
        }
        assertOnlyUnreachable();
        assertRestores(5);
    }

    @Test
    void connectionThatBreaksBehindACompletedUploadInPartsNeitherFencesNorDoubles() throws Exception {
        try (Line line = server.line();
                Connection connection = connect("s3.endpoint", line.endpoint().toString())) {
            Replication replication = connection.unwrap(Replication.class);
            write(connection);
            replication.sync(TestDatabase.TIMEOUT);
            server.add(Fault.then(Operation.COMPLETE, key -> key.contains(bucketPath + "/0000/"), 1, line::cut));
            Sql.run(connection, "CREATE TABLE big (b BLOB)", "INSERT INTO big VALUES (randomblob(8000000))");
            replication.sync(TestDatabase.TIMEOUT);
            assertThat(server.requests()).anyMatch(request -> request.startsWith("COMPLETE " + bucketPath));
            assertThat(replication.status().state()).isEqualTo(ReplicationState.STREAMING);
            assertThat(replication.status().replicaError()).isNull();
            assertNothingDoubled(replication.replicated());
        }
        assertThat(lines("another writer")).isEmpty();
        assertRestores(1);
    }

    @Test
    void resetInTheMiddleOfAnUploadIsMadeUpFor() throws Exception {
        try (Line line = server.line();
                Connection connection = connect("s3.endpoint", line.endpoint().toString())) {
            Replication replication = connection.unwrap(Replication.class);
            write(connection);
            replication.sync(TestDatabase.TIMEOUT);
            line.cutAfter(500_000);
            Sql.run(connection, "CREATE TABLE big (b BLOB)", "INSERT INTO big VALUES (randomblob(2000000))");
            replication.sync(TestDatabase.TIMEOUT);
            assertThat(line.isCutDue()).as("it was cut").isFalse();
            assertThat(replication.status().state()).isEqualTo(ReplicationState.STREAMING);
            assertThat(replication.status().replicaError()).isNull();
            assertNothingDoubled(replication.replicated());
        }
        assertOnlyUnreachable();
        assertRestores(1);
    }

    /** The keys lose their rights when half of a large transaction has been sent. */
    @Test
    void refusalInTheMiddleOfAnUploadInPartsIsMadeUpFor() throws Exception {
        try (Connection connection = connect()) {
            Replication replication = connection.unwrap(Replication.class);
            write(connection);
            replication.sync(TestDatabase.TIMEOUT);
            Fault refusal = Fault.refuse(null, Fault.ALWAYS, 403, "AccessDenied");
            server.add(Fault.then(
                    Operation.PART, key -> key.contains(bucketPath + "/0000/"), 1, () -> server.add(refusal)));
            Sql.run(connection, "CREATE TABLE big (b BLOB)", "INSERT INTO big VALUES (randomblob(12000000))");
            await().until(() -> replication.status().replicaError() != null);
            assertThat(replication.status().replicaError()).contains("no permission");
            assertThat(replication.status().state()).isEqualTo(ReplicationState.STREAMING);
            server.clearFaults();
            replication.sync(TestDatabase.TIMEOUT);
            assertThat(replication.status().replicaError()).isNull();
            assertThat(lines("until somebody changes something")).hasSize(1);
            assertThat(lines("can be reached again")).hasSize(1);
            assertNothingDoubled(replication.replicated());
        }
        assertRestores(1);
    }

    @Test
    void refusalIsReportedAtOnceAndTheDatabaseOpens() throws Exception {
        try (Connection connection = connect()) {
            write(connection);
        }
        try (Connection connection = connect("s3.secret-access-key", "hunter2", "shutdown-sync-timeout", "10ms")) {
            assertThat(connection.unwrap(Replication.class).status().replicaError())
                    .contains("the secret does not belong to the access key");
            assertThat(lines("no answer within")).as("nobody waited for one").isEmpty();
            assertThat(lines("until somebody changes something")).hasSize(1);
        }
    }

    @Test
    void outageEndsWithEverythingUploaded() throws Exception {
        try (Connection connection = connect()) {
            write(connection);
        }
        server.stop();
        try (Connection connection = connect()) {
            Replication replication = connection.unwrap(Replication.class);
            write(connection);
            await().until(() -> replication.status().replicaError() != null);
            assertThat(replication.status().replicaError()).contains("network");
            server.start();
            replication.sync(TestDatabase.TIMEOUT);
            assertThat(replication.status().unreplicatedCommits()).isZero();
            assertThat(replication.status().state()).isEqualTo(ReplicationState.STREAMING);
            assertThat(replication.status().replicaError()).isNull();
            assertThat(lines("cannot be reached")).hasSize(1);
            assertThat(lines("can be reached again")).hasSize(1);
            assertNothingDoubled(replication.replicated());
        }
        assertRestores(2);
    }

    @Test
    void staleListingAtAStartDoublesNothing() throws Exception {
        try (Connection connection = connect()) {
            for (int i = 0; i < 3; i++) {
                write(connection);
                connection.unwrap(Replication.class).sync(TestDatabase.TIMEOUT);
            }
        }
        server.add(Fault.hide(key -> key.endsWith("-0000000000000003.ltx")));
        try (Connection connection = connect()) {
            Replication replication = connection.unwrap(Replication.class);
            write(connection);
            replication.sync(TestDatabase.TIMEOUT);
            assertThat(replication.status().state()).isEqualTo(ReplicationState.STREAMING);
            assertThat(replication.status().replicaError()).isNull();
            assertThat(lines("state=BASELINE before=STARTING the replica lacks files: there is a gap"))
                    .hasSize(1);
            assertNothingDoubled(replication.replicated());
        }
        server.clearFaults();
        assertRestores(4);
    }

    @Test
    void listingWithoutTheNewestFileDoublesNothing() throws Exception {
        String newest;
        try (Connection connection = connect()) {
            for (int i = 0; i < 3; i++) {
                write(connection);
                connection.unwrap(Replication.class).sync(TestDatabase.TIMEOUT);
            }
            newest = String.format(
                    "-%016x.ltx", connection.unwrap(Replication.class).replicated());
        }
        server.add(Fault.hide(key -> key.endsWith(newest)));
        try (Connection connection = connect()) {
            Replication replication = connection.unwrap(Replication.class);
            write(connection);
            replication.sync(TestDatabase.TIMEOUT);
            assertThat(replication.status().state()).isEqualTo(ReplicationState.STREAMING);
            assertThat(replication.status().replicaError()).isNull();
            assertNothingDoubled(replication.replicated());
        }
        assertThat(lines("another writer")).isEmpty();
        server.clearFaults();
        assertRestores(4);
    }

    @Test
    void slowLineIsNoOutage() throws Exception {
        try (Line line = server.line()) {
            line.pace(200_000);
            try (Connection connection = connect("s3.endpoint", line.endpoint().toString())) {
                Replication replication = connection.unwrap(Replication.class);
                write(connection);
                Sql.run(connection, "CREATE TABLE big (b BLOB)", "INSERT INTO big VALUES (randomblob(600000))");
                replication.sync(TestDatabase.TIMEOUT);
                assertThat(replication.status().state()).isEqualTo(ReplicationState.STREAMING);
                assertThat(replication.status().replicaError()).isNull();
                assertNothingDoubled(replication.replicated());
            }
            loseTheMachine();
            try (Connection connection = connect("s3.endpoint", line.endpoint().toString())) {
                assertThat(Sql.text(connection, "PRAGMA integrity_check")).isEqualTo("ok");
                assertThat(Sql.number(connection, "SELECT sum(length(b)) FROM big"))
                        .isEqualTo(600_000);
            }
        }
        assertThat(troubles()).isEmpty();
        assertRestores(1);
    }

    @Test
    void clockThatIsTwentyMinutesWrongLosesAndDoublesNothing() throws Exception {
        int before = SdkGlobalTime.getGlobalTimeOffset();
        SdkGlobalTime.setGlobalTimeOffset(1200);
        try (Connection connection = connect()) {
            Replication replication = connection.unwrap(Replication.class);
            for (int i = 0; i < 3; i++) {
                write(connection);
                replication.sync(TestDatabase.TIMEOUT);
            }
            assertThat(SdkGlobalTime.getGlobalTimeOffset())
                    .as("the server's time was taken over")
                    .isBetween(-300, 300);
            assertThat(replication.status().state()).isEqualTo(ReplicationState.STREAMING);
            assertThat(replication.status().replicaError()).isNull();
            assertNothingDoubled(replication.replicated());
        } finally {
            SdkGlobalTime.setGlobalTimeOffset(before);
        }
        assertThat(troubles()).isEmpty();
        assertRestores(3);
    }

    @Test
    void brokenDownloadsAreTakenUpWhereTheyBroke() throws Exception {
        try (Connection connection = connect()) {
            write(connection);
            Sql.run(connection, "CREATE TABLE big (b BLOB)");
            Sql.run(connection, "INSERT INTO big VALUES (randomblob(3000000))");
        }
        server.add(Fault.cut(key -> key.contains(bucketPath), 3, 100_000));
        assertRestores(1);
        assertThat(troubles()).isEmpty();
        List<String> reads = server.requests().stream()
                .filter(request -> request.startsWith("GET " + bucketPath))
                .toList();
        assertThat(reads)
                .as("opened again where they broke")
                .hasSizeGreaterThan(reads.stream().distinct().toList().size());
    }

    @Test
    void tokenThatExpiresDuringARestoreFailsItAndLeavesNoFile() throws Exception {
        try (Connection connection = connect()) {
            write(connection);
        }
        loseTheMachine();
        server.add(Fault.refuse(Operation.GET, Fault.ALWAYS, 400, "ExpiredToken"));
        assertRefused("the session token is no longer valid");
        server.clearFaults();
        try (Connection connection = connect()) {
            assertThat(Sql.number(connection, "SELECT count(*) FROM t")).isEqualTo(1);
        }
    }

    @Test
    void downloadThatWasTamperedWithIsNoDatabase() throws Exception {
        try (Connection connection = connect()) {
            write(connection);
        }
        loseTheMachine();
        server.add(Fault.flip(key -> key.contains(bucketPath), Fault.ALWAYS, 130));
        assertThatThrownBy(this::connect)
                .isInstanceOf(SQLException.class)
                .hasFieldOrPropertyWithValue("SQLState", "08001")
                .hasMessageContaining(".ltx");
        assertThat(file).doesNotExist();
    }

    @Test
    void restoreThatCannotBeSaysWhy() throws Exception {
        assertRefused("the secret does not belong to the access key", "s3.secret-access-key", "hunter2");
        assertRefused("the access key is not known", "s3.access-key-id", "somebody");
        assertRefused("network", "s3.endpoint", "http://127.0.0.1:1");
        server.add(Fault.refuse(Operation.LIST, Fault.ALWAYS, 403, "AccessDenied"));
        assertRefused("no permission");
        server.clearFaults();
        server.add(Fault.refuse(Operation.LIST, Fault.ALWAYS, 400, "AuthorizationHeaderMalformed"));
        assertRefused("another region");
        server.clearFaults();
        server.add(Fault.refuse(Operation.LIST, Fault.ALWAYS, 404, "NoSuchBucket"));
        assertRefused("there is no bucket");
    }

    private void assertRefused(String words, String... properties) {
        assertThatThrownBy(() -> connect(properties))
                .isInstanceOf(SQLException.class)
                .hasFieldOrPropertyWithValue("SQLState", "08001")
                .hasMessageContaining(words)
                .hasMessageNotContaining("hunter2");
        assertThat(file).as(words).doesNotExist();
    }

    @Test
    void existingDatabaseOpensWhateverTheStoreSays() throws Exception {
        try (Connection connection = connect()) {
            write(connection);
        }
        for (String[] wrong : List.of(
                new String[] {"s3.secret-access-key", "hunter2"}, new String[] {"s3.endpoint", "http://127.0.0.1:1"})) {
            try (Connection connection = connect(wrong[0], wrong[1], "shutdown-sync-timeout", "10ms")) {
                write(connection);
            }
        }
        assertThat(lines("hunter2")).isEmpty();
        try (Connection connection = connect()) {
            connection.unwrap(Replication.class).sync(TestDatabase.TIMEOUT);
        }
        assertRestores(3);
    }

    @Test
    void wrongSettingsTouchNothing() {
        assertThatThrownBy(() -> connect("s3.sse-customer-key", "short"))
                .isInstanceOf(SQLException.class)
                .hasFieldOrPropertyWithValue("SQLState", "08001");
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void secondWriterIsFenced() throws Exception {
        try (Connection connection = connect()) {
            write(connection);
            connection.unwrap(Replication.class).sync(TestDatabase.TIMEOUT);
            Path mine = file;
            file = directory.resolve("rival.db");
            try (Connection rival = connect()) {
                write(rival);
                rival.unwrap(Replication.class).sync(TestDatabase.TIMEOUT);
            }
            file = mine;
            write(connection);
            Replication replication = connection.unwrap(Replication.class);
            assertThatThrownBy(() -> replication.sync(Duration.ofSeconds(20))).hasMessageContaining("another writer");
            await().until(() -> replication.status().state() == ReplicationState.FENCED);
        }
    }

    /** The rival's upload in parts is complete while ours has sent its parts already: only our last request collides. */
    @Test
    void rivalsLargeTransactionIsToldApartByContent() throws Exception {
        String big = "INSERT INTO big VALUES (randomblob(8000000))";
        try (Connection connection = connect()) {
            write(connection);
            Sql.run(connection, "CREATE TABLE big (b BLOB)");
            Replication replication = connection.unwrap(Replication.class);
            replication.sync(TestDatabase.TIMEOUT);
            long contested = replication.replicated() + 1;
            Path mine = file;
            file = directory.resolve("rival.db");
            try (Connection rival = connect()) {
                file = mine;
                server.add(Fault.then(Operation.PART, key -> key.contains(bucketPath + "/0000/"), 1, () -> {
                    try {
                        Sql.run(rival, big);
                        rival.unwrap(Replication.class).sync(TestDatabase.TIMEOUT);
                    } catch (Exception e) {
                        throw new AssertionError(e);
                    }
                }));
                Sql.run(connection, big);
                assertThatThrownBy(() -> replication.sync(TestDatabase.TIMEOUT)).hasMessageContaining("another writer");
                await().until(() -> replication.status().state() == ReplicationState.FENCED);
                assertThat(rival.unwrap(Replication.class).status().state()).isEqualTo(ReplicationState.STREAMING);
            }
            String key = String.format("%s/0000/%016x-%016x.ltx", bucketPath, contested, contested);
            assertThat(server.requests().stream().filter(("COMPLETE " + key)::equals))
                    .as("both came as far as the last request")
                    .hasSize(2);
            assertThat(server.stored().stream().filter(key::equals)).hasSize(1);
            assertThat(lines("another writer")).isNotEmpty();
        }
        assertRestores(1);
    }
}
