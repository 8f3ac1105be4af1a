package io.github.litestreamjdbc.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.ObjectNotFoundException;
import io.github.litestreamjdbc.spi.Precondition;
import io.github.litestreamjdbc.spi.StoreConfigurationException;
import io.github.litestreamjdbc.spi.StoreConfigurationException.Kind;
import io.github.litestreamjdbc.spi.StoreCounters;
import io.github.litestreamjdbc.spi.StoreRequest;
import java.io.IOException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.http.SdkHttpRequest;

/** The request that finds out where a bucket of AWS is, and how it may fail. */
class RegionLookUpTest {
    private static final Map<String, String> KEYS =
            Map.of("s3.access-key-id", "key", "s3.secret-access-key", "hunter2");

    private static final RecordingHttp.Answer UNAVAILABLE = new RecordingHttp.Answer(503, Map.of(), "");

    @TempDir
    private Path directory;

    private final SystemProperties properties = new SystemProperties();
    private long nanos;
    private final EndpointGate gate = new EndpointGate("AWS S3", () -> nanos);
    private RecordingHttp.Script lookUp = RegionLookUpTest::inParis;
    private final RecordingHttp http = new RecordingHttp(request ->
            isLookUp(request) ? lookUp.answer(request) : new RecordingHttp.Answer(200, Map.of("ETag", "\"e\""), ""));

    @AfterEach
    void restoreProperties() {
        properties.close();
    }

    private static RecordingHttp.Answer inParis(SdkHttpRequest request) {
        return new RecordingHttp.Answer(200, Map.of("x-amz-bucket-region", "eu-west-3"), "");
    }

    private static boolean isLookUp(SdkHttpRequest request) {
        return request.method().name().equals("HEAD");
    }

    private S3Store open(Map<String, String> settings) throws IOException {
        S3Settings read = S3Settings.of(new StoreRequest("s3://bkt/app", Path.of("app.db"), false, settings));
        return new S3Store(read, SharedClient.alone(read, skipVerify -> http, gate));
    }

    private static void put(S3Store store) throws IOException {
        store.put("a", ObjectBody.of(new byte[1]), Instant.EPOCH, Precondition.NONE);
    }

    private void assertSentToParis() {
        assertThat(http.last().host()).isEqualTo("bkt.s3.eu-west-3.amazonaws.com");
    }

    @Test
    void nameThatCannotBeResolvedIsTheNetworks() throws Exception {
        lookUp = request -> {
            throw new UnknownHostException("bkt.s3.us-east-1.amazonaws.com");
        };
        try (S3Store store = open(KEYS)) {
            assertThatThrownBy(() -> put(store))
                    .isInstanceOf(IOException.class)
                    .isNotInstanceOf(StoreConfigurationException.class)
                    .hasMessageContaining("network: the name of the service cannot be resolved")
                    .hasMessageContaining("region of bucket bkt");
            lookUp = RegionLookUpTest::inParis;
            put(store);
        }
        assertSentToParis();
    }

    @Test
    void certificateThatIsNotTrustedIsSaidToBeThat() throws Exception {
        lookUp = request -> {
            SSLHandshakeException refused = new SSLHandshakeException("refused");
            refused.initCause(new CertificateException("of a stranger"));
            throw refused;
        };
        try (S3Store store = open(KEYS)) {
            assertThatThrownBy(() -> put(store))
                    .isInstanceOfSatisfying(
                            StoreConfigurationException.class,
                            e -> assertThat(e.kind()).isEqualTo(Kind.CONFIGURATION))
                    .hasMessageContaining("certificate is not trusted")
                    .hasMessageContaining("of a stranger");
        }
    }

    @Test
    void serviceThatIsBusyIsAskedAgainAndItsRegionNotGuessed() throws Exception {
        lookUp = request -> UNAVAILABLE;
        try (S3Store store = open(KEYS)) {
            assertThatThrownBy(() -> put(store))
                    .isInstanceOf(IOException.class)
                    .isNotInstanceOf(StoreConfigurationException.class)
                    .hasMessageContaining("503");
            assertThat(http.requests()).as("nothing was put anywhere").allMatch(RegionLookUpTest::isLookUp);
            lookUp = RegionLookUpTest::inParis;
            put(store);
        }
        assertSentToParis();
    }

    @Test
    void missingBucketIsSaidToBeMissingAndNotItsObjects() throws Exception {
        lookUp = request -> new RecordingHttp.Answer(404, Map.of(), "");
        try (S3Store store = open(KEYS)) {
            assertThatThrownBy(() -> store.get("a", 0, 1))
                    .isInstanceOf(StoreConfigurationException.class)
                    .isNotInstanceOf(ObjectNotFoundException.class)
                    .hasMessageContaining("there is no bucket bkt");
            assertThatThrownBy(() -> store.created("a", Instant.EPOCH)).isInstanceOf(StoreConfigurationException.class);
        }
    }

    @Test
    void keysThatAreMissingAtFirstLeaveTheRegionOpenAndTheServiceUnblamed() throws Exception {
        String empty = Files.writeString(directory.resolve("empty"), "").toString();
        properties.set("aws.sharedCredentialsFile", empty);
        properties.set("aws.configFile", empty);
        properties.set("aws.disableEc2Metadata", "true");
        try (S3Store store = open(Map.of())) {
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> put(store))
                        .isInstanceOfSatisfying(
                                StoreConfigurationException.class,
                                e -> assertThat(e.kind()).isEqualTo(Kind.CREDENTIALS))
                        .hasMessageContaining("no credentials were found");
                nanos += Duration.ofMinutes(1).toNanos();
            }
            assertThat(gate.isDown()).as("the service has not even been asked").isFalse();
            properties.set("aws.accessKeyId", "late");
            properties.set("aws.secretAccessKey", "hunter2");
            put(store);
        }
        assertSentToParis();
    }

    @Test
    void answersOfNoRegionLeadToTheOneThatThisMachineIsSetUpFor() throws Exception {
        properties.set("aws.region", "ap-south-1");
        for (int status : new int[] {200, 403}) {
            lookUp = request -> new RecordingHttp.Answer(status, Map.of(), "");
            try (S3Store store = open(KEYS)) {
                put(store);
            }
            assertThat(http.last().host()).isEqualTo("bkt.s3.ap-south-1.amazonaws.com");
        }
    }

    @Test
    void attemptsAreCounted() throws Exception {
        lookUp = request -> UNAVAILABLE;
        try (S3Store store = open(KEYS)) {
            assertThatThrownBy(() -> put(store)).isInstanceOf(IOException.class);
            assertThat(store.counters())
                    .isEqualTo(new StoreCounters(0, 0, 0, 3, 0, new StoreCounters.Errors(0, 0, 0, 3, 0), 2));
            lookUp = RegionLookUpTest::inParis;
            put(store);
            assertThat(store.counters())
                    .isEqualTo(new StoreCounters(1, 0, 0, 4, 0, new StoreCounters.Errors(0, 0, 0, 3, 0), 2));
        }
    }

    @Test
    void failuresCloseTheGateAndItsRefusalSendsNothing() throws Exception {
        lookUp = request -> UNAVAILABLE;
        try (S3Store store = open(KEYS)) {
            assertThatThrownBy(() -> put(store)).isInstanceOf(IOException.class);
            nanos += Duration.ofSeconds(30).toNanos();
            assertThatThrownBy(() -> put(store)).isInstanceOf(IOException.class);
            assertThat(gate.isDown()).isTrue();
            int sent = http.requests().size();
            gate.enter();
            assertThatThrownBy(() -> put(store)).hasMessageContaining("is asked by one request at a time");
            assertThat(http.requests()).hasSize(sent);
            gate.answered();
            lookUp = RegionLookUpTest::inParis;
            put(store);
        }
        assertSentToParis();
    }
}
