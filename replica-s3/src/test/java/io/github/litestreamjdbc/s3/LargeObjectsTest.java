package io.github.litestreamjdbc.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.litestreamjdbc.s3testing.Fault;
import io.github.litestreamjdbc.s3testing.Fault.Operation;
import io.github.litestreamjdbc.s3testing.S3TestServer;
import io.github.litestreamjdbc.s3testing.S3TestServer.Conditions;
import io.github.litestreamjdbc.spi.FetchedObject;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.Precondition;
import io.github.litestreamjdbc.spi.PreconditionFailedException;
import io.github.litestreamjdbc.spi.StoreConfigurationException;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.services.s3.S3Client;

/** Objects of the size that goes out in parts, whose condition comes with the last request only. */
class LargeObjectsTest {
    private static final byte[] OURS = random(1);
    private static final byte[] THEIRS = random(2);

    private S3TestServer server;
    private S3Store store;
    private S3Store rival;

    private static byte[] random(long seed) {
        byte[] bytes = new byte[6 << 20];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    @BeforeEach
    void open() throws IOException {
        server = S3TestServer.http();
        String url = TestStores.url();
        store = TestStores.open(server, url);
        // Of another client, which tries everything out for itself.
        rival = TestStores.open(server, url, "s3.require-content-md5", "false");
    }

    @AfterEach
    void close() throws IOException {
        store.close();
        rival.close();
        server.close();
    }

    private static void create(S3Store store, byte[] content) throws IOException {
        store.put("big", ObjectBody.of(content), Instant.EPOCH, Precondition.IF_ABSENT);
    }

    private byte[] stored() throws IOException {
        try (FetchedObject object = store.get("big", 0, Long.MAX_VALUE)) {
            return object.content().readAllBytes();
        }
    }

    private long requests(String operation) {
        return server.requests().stream()
                .filter(request -> request.startsWith(operation + " ") && request.endsWith("/big"))
                .count();
    }

    /** The rival comes when all parts are there, before the request that makes one object of them. */
    private void rivalComesInBetween() throws IOException {
        rival.createsExclusively();
        server.add(Fault.then(Operation.PART, key -> key.endsWith("/big"), 1, () -> {
            try {
                create(rival, THEIRS);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }));
    }

    private void assertNothingIsLeftBehind() throws IOException {
        List<String> keys = new ArrayList<>();
        store.list("", "", object -> keys.add(object.key()));
        assertThat(keys).containsExactly("big");
        try (S3Client outsider = GoldenLayoutTest.outsider(server.endpoint())) {
            assertThat(outsider.listMultipartUploads(request -> request.bucket(S3TestServer.BUCKET))
                            .uploads())
                    .isEmpty();
        }
    }

    @Test
    void conditionThatHoldsForPartsIsTriedOutOnceAndUsed() throws Exception {
        create(store, OURS);
        assertThat(requests("COMPLETE")).isEqualTo(1);
        assertThat(requests("PUT")).isZero();
        assertThatThrownBy(() -> create(store, OURS)).isInstanceOf(PreconditionFailedException.class);
        store.put("big", ObjectBody.of(OURS), Instant.EPOCH, Precondition.NONE);
        assertThat(server.requests().stream().filter(request -> request.matches("COMPLETE .*/probe-.*")))
                .as("tried out once")
                .hasSize(1);
        assertNothingIsLeftBehind();
    }

    @Test
    void rivalThatComesInBetweenKeepsItsObject() throws Exception {
        rivalComesInBetween();
        assertThatThrownBy(() -> create(store, OURS)).isInstanceOf(PreconditionFailedException.class);
        assertThat(requests("COMPLETE")).as("both came as far as that").isEqualTo(2);
        assertThat(stored()).isEqualTo(THEIRS);
        assertNothingIsLeftBehind();
    }

    @ParameterizedTest
    @EnumSource(names = {"IGNORED", "REFUSED"})
    void whereItHoldsForWholeObjectsOnlyTheyGoOutWhole(Conditions parts) throws Exception {
        server.conditions(Conditions.HONOURED, parts);
        create(store, OURS);
        assertThat(requests("PART") + requests("COMPLETE")).isZero();
        assertThatThrownBy(() -> create(store, THEIRS)).isInstanceOf(PreconditionFailedException.class);
        assertThat(requests("PUT"))
                .as("decided by the service, not by a look before")
                .isEqualTo(2);
        assertThat(stored()).isEqualTo(OURS);
        store.put("big", ObjectBody.of(THEIRS), Instant.EPOCH, Precondition.NONE);
        assertThat(requests("COMPLETE")).as("without a condition in parts").isEqualTo(1);
        assertThat(stored()).isEqualTo(THEIRS);
        assertNothingIsLeftBehind();
    }

    @ParameterizedTest
    @EnumSource(names = {"IGNORED", "REFUSED"})
    void whereItHoldsForNothingTheKeyIsLookedForBeforeTheLastRequest(Conditions conditions) throws Exception {
        server.conditions(conditions);
        rivalComesInBetween();
        assertThatThrownBy(() -> create(store, OURS)).isInstanceOf(PreconditionFailedException.class);
        assertThat(requests("COMPLETE")).as("the rival's").isEqualTo(1);
        assertThat(stored()).isEqualTo(THEIRS);
        assertNothingIsLeftBehind();
    }

    /** For parts that condition is not tried out. */
    @Test
    void replacingGoesOutWhole() throws Exception {
        create(store, OURS);
        assertThatThrownBy(() -> replace("another")).isInstanceOf(PreconditionFailedException.class);
        assertThat(stored()).isEqualTo(OURS);
        List<String> etags = new ArrayList<>();
        store.list("", "", object -> etags.add(object.etag()));
        replace(etags.get(0));
        assertThat(stored()).isEqualTo(THEIRS);
        assertThat(requests("COMPLETE")).as("of the creation").isEqualTo(1);
    }

    private void replace(String etag) throws IOException {
        store.put("big", ObjectBody.of(THEIRS), Instant.EPOCH, new Precondition.IfMatch(etag));
    }

    @Test
    void trialThatFailsIsRepeatedByTheNextUpload() throws Exception {
        server.add(Fault.refuse(Operation.COMPLETE, 3, 503, "SlowDown"));
        assertThatThrownBy(() -> create(store, OURS))
                .isInstanceOf(IOException.class)
                .isNotInstanceOf(StoreConfigurationException.class)
                .hasMessageContaining("SlowDown");
        create(store, OURS);
        assertThat(requests("COMPLETE")).isEqualTo(1);
        assertThat(stored()).isEqualTo(OURS);
        assertNothingIsLeftBehind();
    }
}
