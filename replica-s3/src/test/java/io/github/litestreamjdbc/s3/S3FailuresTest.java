package io.github.litestreamjdbc.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.litestreamjdbc.s3testing.Fault;
import io.github.litestreamjdbc.s3testing.Fault.Operation;
import io.github.litestreamjdbc.s3testing.Line;
import io.github.litestreamjdbc.s3testing.S3TestServer;
import io.github.litestreamjdbc.spi.FetchedObject;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.ObjectNotFoundException;
import io.github.litestreamjdbc.spi.Precondition;
import io.github.litestreamjdbc.spi.PreconditionFailedException;
import io.github.litestreamjdbc.spi.StoreConfigurationException;
import io.github.litestreamjdbc.spi.StoreConfigurationException.Kind;
import io.github.litestreamjdbc.spi.StoreCounters;
import io.github.litestreamjdbc.spi.StoredObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.core.SdkGlobalTime;

/** What goes wrong with S3, and what the store makes of it. */
class S3FailuresTest {
    private static final Instant CREATED = Instant.parse("2026-11-21T06:07:49.26Z");

    private static S3TestServer server;
    private S3Store store;

    @BeforeAll
    static void startServer() throws IOException {
        server = S3TestServer.http();
    }

    @AfterAll
    static void stopServer() throws IOException {
        server.close();
    }

    @BeforeEach
    void open() throws IOException {
        store = TestStores.open(server);
    }

    @AfterEach
    void close() {
        store.close();
        server.clearFaults();
        server.conditions(S3TestServer.Conditions.HONOURED);
    }

    private static ObjectBody body(String text) {
        return ObjectBody.of(text.getBytes(StandardCharsets.UTF_8));
    }

    private StoredObject put(String key, String text, Precondition precondition) throws IOException {
        return store.put(key, body(text), CREATED, precondition);
    }

    private String read(String key) throws IOException {
        try (FetchedObject object = store.get(key, 0, Long.MAX_VALUE)) {
            return new String(object.content().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private List<String> keys() throws IOException {
        List<String> keys = new ArrayList<>();
        store.list("", "", object -> keys.add(object.key()));
        return keys;
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource({
        "403, SignatureDoesNotMatch, CREDENTIALS, secret does not belong",
        "403, InvalidAccessKeyId, CREDENTIALS, access key is not known",
        "403, AccessDenied, CREDENTIALS, no permission",
        "400, ExpiredToken, CREDENTIALS, session token is no longer valid",
        "403, ExpiredToken, CREDENTIALS, session token is no longer valid",
        "401, Unauthorized, CREDENTIALS, no permission",
        "404, NoSuchBucket, CONFIGURATION, there is no bucket test-bucket",
        "400, AuthorizationHeaderMalformed, CONFIGURATION, another region",
        "400, InvalidBucketName, CONFIGURATION, look at the s3 settings",
        "501, NotImplemented, CONFIGURATION, look at the s3 settings",
        "507, InsufficientStorage, FULL, the store is full",
        "403, QuotaExceeded, FULL, the store is full",
    })
    void whatSomebodyMustChangeSaysWhat(int status, String code, Kind kind, String words) {
        server.add(Fault.refuse(Operation.LIST, Fault.ALWAYS, status, code));
        StoreConfigurationException e =
                catchThrowableOfType(StoreConfigurationException.class, () -> store.list("0000/", "", o -> {}));
        assertThat(e.kind()).isEqualTo(kind);
        assertThat(e)
                .hasMessageContaining(words)
                .hasMessageContaining("s3://test-bucket/")
                .hasMessageContaining(code);
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource({
        "500, InternalError",
        "503, SlowDown",
        "503, ServiceUnavailable",
        "429, TooManyRequests",
        "408, RequestCanceled",
        "409, ConditionalRequestConflict",
        "400, RequestTimeout",
        "400, BadDigest",
        "400, IncompleteBody",
        "400, XAmzContentSHA256Mismatch",
    })
    void whatPassesIsNothingToChange(int status, String code) {
        server.add(Fault.refuse(Operation.PUT, Fault.ALWAYS, status, code));
        assertThatThrownBy(() -> put("a", "x", Precondition.NONE))
                .isInstanceOf(IOException.class)
                .isNotInstanceOf(StoreConfigurationException.class)
                .hasMessageContaining(code);
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource({"500, InternalError", "503, SlowDown", "408, RequestCanceled", "409, ConditionalRequestConflict"})
    void oneBadMomentIsNotEvenNoticed(int status, String code) throws Exception {
        server.add(Fault.refuse(Operation.PUT, 1, status, code));
        put("a", "x", Precondition.NONE);
        assertThat(read("a")).isEqualTo("x");
        assertThat(store.counters().retries()).isEqualTo(1);
    }

    @Test
    void wrongSecretMissingBucketAndDeadServiceAreToldApart() throws Exception {
        try (S3Store wrong = TestStores.open(server, TestStores.url(), "s3.secret-access-key", "hunter2")) {
            assertThatThrownBy(() -> wrong.list("", "", o -> {}))
                    .isInstanceOf(StoreConfigurationException.class)
                    .hasMessageContaining("secret does not belong to the access key")
                    .hasMessageNotContaining("hunter2");
        }
        try (S3Store missing = TestStores.open(server, "s3://no-such-bucket/app")) {
            assertThatThrownBy(() -> missing.list("", "", o -> {}))
                    .isInstanceOf(StoreConfigurationException.class)
                    .hasMessageContaining("there is no bucket no-such-bucket");
        }
        try (S3Store nobody = TestStores.open(server, TestStores.url(), "s3.access-key-id", "somebody-else")) {
            assertThatThrownBy(() -> nobody.list("", "", o -> {}))
                    .isInstanceOf(StoreConfigurationException.class)
                    .hasMessageContaining("access key is not known");
        }
        try (S3Store unknown =
                TestStores.open(server, TestStores.url(), "s3.endpoint", "http://no-such-host.invalid")) {
            assertThatThrownBy(() -> unknown.list("", "", o -> {}))
                    .isInstanceOf(IOException.class)
                    .isNotInstanceOf(StoreConfigurationException.class)
                    .hasMessageContaining("cannot be resolved");
        }
        server.stop();
        assertThatThrownBy(() -> store.list("", "", o -> {}))
                .isInstanceOf(IOException.class)
                .isNotInstanceOf(StoreConfigurationException.class)
                .hasMessageContaining("network");
        server.start();
        store.list("", "", o -> {});
    }

    @Test
    void emptyListingIsNotTakenFromAServiceThatRefuses() {
        server.add(Fault.refuse(null, Fault.ALWAYS, 403, "AccessDenied"));
        assertThatThrownBy(() -> store.list("", "", o -> {})).isInstanceOf(StoreConfigurationException.class);
        assertThatThrownBy(() -> store.get("a", 0, 1))
                .isInstanceOf(StoreConfigurationException.class)
                .isNotInstanceOf(ObjectNotFoundException.class);
    }

    @Test
    void clockThatIsTwentyMinutesWrongIsCorrected() throws Exception {
        int before = SdkGlobalTime.getGlobalTimeOffset();
        SdkGlobalTime.setGlobalTimeOffset(1200);
        try (S3Store skewed = TestStores.open(server)) {
            skewed.put("a", body("x"), CREATED, Precondition.NONE);
            long retries = skewed.counters().retries();
            skewed.put("b", body("x"), CREATED, Precondition.NONE);
            assertThat(skewed.counters().retries()).as("corrected for good").isEqualTo(retries);
        } finally {
            SdkGlobalTime.setGlobalTimeOffset(before);
        }
    }

    @Test
    void lostAnswerLooksTakenAndHoldsOurContent() throws Exception {
        store.createsExclusively();
        server.add(Fault.loseAnswer(key -> key.endsWith("/a"), 1));
        assertThatThrownBy(() -> put("a", "ours", Precondition.IF_ABSENT))
                .isInstanceOf(PreconditionFailedException.class);
        assertThat(read("a")).as("which is how its owner finds out").isEqualTo("ours");
        assertThat(keys()).containsExactly("a");
    }

    @Test
    void storeThatIgnoresConditionsIsFoundOutAndStillKeepsWhatIsThere() throws Exception {
        server.conditions(S3TestServer.Conditions.IGNORED);
        assertThat(store.createsExclusively()).isFalse();
        put("a", "one", Precondition.IF_ABSENT);
        assertThatThrownBy(() -> put("a", "two", Precondition.IF_ABSENT))
                .isInstanceOf(PreconditionFailedException.class);
        assertThat(read("a")).isEqualTo("one");
        assertThat(keys()).as("the probe left nothing").containsExactly("a");
    }

    @Test
    void replacingIsRefusedWhereIfMatchMeansNothing() throws Exception {
        S3Settings settings = S3Settings.of(TestStores.request(server, TestStores.url()));
        RecordingHttp accepting =
                new RecordingHttp(request -> new RecordingHttp.Answer(200, java.util.Map.of("ETag", "\"always\""), ""));
        try (S3Store ignoring = new S3Store(settings, SharedClient.alone(settings, skip -> accepting))) {
            assertThatThrownBy(() -> ignoring.put("a", body("two"), CREATED, new Precondition.IfMatch("x")))
                    .isInstanceOf(StoreConfigurationException.class)
                    .hasMessageContaining("If-Match");
            assertThat(accepting.requests())
                    .noneMatch(request -> request.encodedPath().endsWith("/a"));
        }
    }

    @Test
    void storeThatRefusesConditionsIsFoundOutToo() throws Exception {
        server.conditions(S3TestServer.Conditions.REFUSED);
        assertThat(store.createsExclusively()).isFalse();
        put("a", "one", Precondition.IF_ABSENT);
        assertThatThrownBy(() -> put("a", "two", Precondition.IF_ABSENT))
                .isInstanceOf(PreconditionFailedException.class);
        assertThat(keys()).containsExactly("a");
    }

    @Test
    void storeThatHonoursConditionsIsTrusted() throws Exception {
        assertThat(store.createsExclusively()).isTrue();
        assertThat(keys()).isEmpty();
        long puts = store.counters().puts();
        store.createsExclusively();
        assertThat(store.counters().puts()).as("tried out once").isEqualTo(puts);
        try (S3Store other = TestStores.open(server)) {
            assertThat(other.createsExclusively()).isTrue();
            assertThat(other.counters()).as("for all databases in the bucket").isEqualTo(StoreCounters.NONE);
        }
    }

    @Test
    void bodyChangedOnItsWayIsRefusedByTheSignature() throws Exception {
        S3Settings settings = S3Settings.of(TestStores.request(server, TestStores.url()));
        try (S3Store tampered = new S3Store(
                settings, SharedClient.alone(settings, skip -> new TamperingHttp(HttpClients.build(skip))))) {
            assertThatThrownBy(() -> tampered.put("a", body("hello"), CREATED, Precondition.NONE))
                    .isInstanceOf(IOException.class);
            assertThatThrownBy(() -> tampered.get("a", 0, 1)).isInstanceOf(ObjectNotFoundException.class);
        }
    }

    @Test
    void bodyChangedByAServerThatAcceptsItIsFoundByItsMd5AndDeleted() throws Exception {
        S3Settings settings = S3Settings.of(TestStores.request(
                server, TestStores.url(), "s3.sign-payload", "false", "s3.require-content-md5", "false"));
        RecordingHttp accepting =
                new RecordingHttp(request -> switch (request.method().name()) {
                    case "PUT" ->
                        new RecordingHttp.Answer(
                                200, java.util.Map.of("ETag", "\"" + "5d41402abc4b2a76b9719d911017c592" + "\""), "");
                    case "GET" ->
                        new RecordingHttp.Answer(
                                200,
                                java.util.Map.of(
                                        "ETag", "\"5d41402abc4b2a76b9719d911017c592\"",
                                        "Content-Length", "5",
                                        "Last-Modified", "Sat, 21 Nov 2026 06:07:49 GMT"),
                                "hello");
                    default -> new RecordingHttp.Answer(204, java.util.Map.of(), "");
                });
        try (S3Store damaging = new S3Store(settings, SharedClient.alone(settings, skip -> accepting))) {
            assertThatThrownBy(() -> damaging.put("a", body("jello"), CREATED, Precondition.NONE))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("arrived damaged");
            assertThat(accepting.last().method()).hasToString("DELETE");
            damaging.put("b", body("hello"), CREATED, Precondition.NONE);
        }
    }

    @Test
    void partsThatFailLeaveNothing() throws Exception {
        byte[] bytes = new byte[12 << 20];
        new Random(3).nextBytes(bytes);
        server.add(Fault.refuse(Operation.PART, Fault.ALWAYS, 403, "AccessDenied"));
        assertThatThrownBy(() -> store.put("big", ObjectBody.of(bytes), CREATED, Precondition.NONE))
                .isInstanceOf(StoreConfigurationException.class);
        assertThat(keys()).isEmpty();
        server.clearFaults();
        server.add(Fault.refuse(Operation.PART, 2, 503, "SlowDown"));
        store.put("big", ObjectBody.of(bytes), CREATED, Precondition.IF_ABSENT);
        assertThatThrownBy(() -> store.put("big", ObjectBody.of(bytes), CREATED, Precondition.IF_ABSENT))
                .isInstanceOf(PreconditionFailedException.class);
        try (FetchedObject object = store.get("big", 0, Long.MAX_VALUE)) {
            assertThat(object.content().readAllBytes()).isEqualTo(bytes);
            assertThat(object.object().created()).isEqualTo(CREATED);
        }
    }

    @Test
    void closedStoreSaysSoAndAnotherOneOfTheSameBucketGoesOn() throws Exception {
        try (S3Store other = TestStores.open(server)) {
            store.close();
            other.put("a", body("x"), CREATED, Precondition.NONE);
        }
        assertThatThrownBy(() -> keys()).isInstanceOf(IOException.class).hasMessageContaining("closed");
        store = TestStores.open(server);
        assertThat(keys()).isEmpty();
    }

    @Test
    void exactCreationComesFromTheMetadata() throws Exception {
        put("a", "x", Precondition.NONE);
        List<StoredObject> listed = new ArrayList<>();
        store.list("", "", listed::add);
        assertThat(listed.get(0).created()).as("the time of storing").isNotEqualTo(CREATED);
        assertThat(store.created("a", listed.get(0).created())).isEqualTo(CREATED);
        assertThatThrownBy(() -> store.created("b", CREATED)).isInstanceOf(ObjectNotFoundException.class);
    }

    @Test
    void rangeBehindTheEndIsEmpty() throws Exception {
        put("a", "12345", Precondition.NONE);
        try (FetchedObject object = store.get("a", 5, 10)) {
            assertThat(object.content().readAllBytes()).isEmpty();
            assertThat(object.object().sizeBytes()).isEqualTo(5);
        }
    }

    @Test
    void thousandAndOneObjectsAreListedAndDeleted() throws Exception {
        List<String> names = IntStream.rangeClosed(1, 1001)
                .mapToObj(i -> String.format("many/%05d", i))
                .toList();
        for (String name : names) {
            put(name, "x", Precondition.NONE);
        }
        assertThat(keys()).isEqualTo(names);
        StoreCounters before = store.counters();
        store.delete(names);
        assertThat(store.counters().deletes() - before.deletes()).isEqualTo(2);
        assertThat(keys()).isEmpty();
    }

    @Test
    void requestsAreCountedByKind() throws Exception {
        put("a", "x", Precondition.NONE);
        read("a");
        read("a");
        keys();
        store.created("a", CREATED);
        store.delete(List.of("a"));
        assertThat(store.counters()).isEqualTo(new StoreCounters(1, 2, 1, 1, 1, StoreCounters.Errors.NONE, 0));
        server.add(Fault.refuse(Operation.GET, 2, 503, "SlowDown"));
        assertThatThrownBy(() -> read("a")).isInstanceOf(ObjectNotFoundException.class);
        assertThat(store.counters())
                .isEqualTo(new StoreCounters(1, 5, 1, 1, 1, new StoreCounters.Errors(0, 3, 0, 0, 0), 2));
    }

    @Test
    void rangesThatAreReadToTheirEndShareAConnection() throws IOException {
        try (Line line = server.line();
                S3Store near = TestStores.open(
                        server, TestStores.url(), "s3.endpoint", line.endpoint().toString())) {
            near.put("a", ObjectBody.of(new byte[100_000]), CREATED, Precondition.NONE);
            int before = line.connections();
            for (int i = 0; i < 20; i++) {
                try (FetchedObject range = near.get("a", i * 1000, 1000)) {
                    // No more than was asked for, so that nobody sees the end of the stream.
                    assertThat(range.content().readNBytes(1000)).hasSize(1000);
                }
            }
            assertThat(line.connections()).isEqualTo(before);
        }
    }
}
