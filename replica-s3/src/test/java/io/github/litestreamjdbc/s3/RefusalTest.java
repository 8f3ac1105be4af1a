package io.github.litestreamjdbc.s3;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.agent.Agent;
import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.ltx.TxidRange;
import io.github.litestreamjdbc.replica.HistoryRig;
import io.github.litestreamjdbc.s3testing.Fault;
import io.github.litestreamjdbc.s3testing.Fault.Operation;
import io.github.litestreamjdbc.s3testing.S3TestServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A real server that refuses until somebody changes something, and the upload agent in virtual time. */
class RefusalTest {
    private static final ReplicationConfig.Maintenance NO_MERGING = new ReplicationConfig.Maintenance(
            List.of(), Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ofHours(1));

    @TempDir
    private Path directory;

    private final HistoryRig.Time time = new HistoryRig.Time();
    private final List<LogRecord> log = new CopyOnWriteArrayList<>();
    private final Logger logger = Logger.getLogger("io.github.litestreamjdbc");
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord entry) {
            log.add(entry);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void listen() {
        logger.addHandler(handler);
    }

    @AfterEach
    void stopListening() {
        logger.removeHandler(handler);
    }

    private static long puts(S3TestServer server) {
        return server.requests().stream()
                .filter(request -> request.startsWith("PUT ") && request.endsWith(".ltx"))
                .count();
    }

    private static void commit(HistoryRig rig) throws Exception {
        rig.run("INSERT INTO counter VALUES (1, 1, randomblob(3000))");
        rig.take();
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource({
        "403, SignatureDoesNotMatch, the secret does not belong",
        "403, AccessDenied, no permission",
        "400, ExpiredToken, no longer valid",
        "404, NoSuchBucket, there is no bucket",
        "400, AuthorizationHeaderMalformed, another region",
        "501, NotImplemented, look at the s3 settings",
        "507, InsufficientStorage, the store is full",
    })
    void isReportedAtOnceAndAskedAboutAgainAfterHalfAMinuteToAMinute(int status, String code, String words)
            throws Exception {
        try (S3TestServer server = S3TestServer.http();
                S3Store store = TestStores.open(server);
                HistoryRig rig = new HistoryRig(
                        Files.createDirectory(directory.resolve(code)), NO_MERGING, any -> store, time)) {
            long before = puts(server);
            server.add(Fault.refuse(Operation.PUT, Fault.ALWAYS, status, code));
            commit(rig);
            Agent.Next next = rig.upload();
            assertThat(rig.progress().replicaError()).as("at once").contains(words);
            assertThat(puts(server) - before).as("not even the SDK repeats it").isEqualTo(1);
            for (int i = 2; i <= 30; i++) {
                assertThat(Duration.ofNanos(next.delayNanos()))
                        .isBetween(Duration.ofSeconds(30), Duration.ofSeconds(60));
                assertThat(next.hintable())
                        .as("commits do not make it ask sooner")
                        .isFalse();
                time.advance(Duration.ofNanos(next.delayNanos()));
                commit(rig);
                next = rig.upload();
                assertThat(puts(server) - before).isEqualTo(i);
            }
            server.clearFaults();
            while (rig.progress().uploaded() < rig.progress().captured()) {
                rig.upload();
            }
            rig.upload();
            assertThat(rig.progress().replicaError()).isNull();
            assertThat(rig.listing())
                    .extracting(file -> file.txids())
                    .containsExactlyElementsOf(
                            LongStream.rangeClosed(1, rig.progress().captured())
                                    .mapToObj(TxidRange::of)
                                    .toList());
            assertThat(server.stored()).doesNotHaveDuplicates();
        }
        assertThat(log)
                .filteredOn(entry -> entry.getLevel() == Level.SEVERE)
                .singleElement()
                .satisfies(entry -> assertThat(new SimpleFormatter().formatMessage(entry))
                        .contains("until somebody changes something")
                        .contains(words));
        assertThat(log)
                .filteredOn(entry -> new SimpleFormatter().formatMessage(entry).contains("can be reached again"))
                .hasSize(1);
    }
}
