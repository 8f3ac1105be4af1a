package io.github.litestreamjdbc.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.litestreamjdbc.s3testing.Fault;
import io.github.litestreamjdbc.s3testing.Fault.Operation;
import io.github.litestreamjdbc.s3testing.S3TestServer;
import io.github.litestreamjdbc.spi.FetchedObject;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.Precondition;
import io.github.litestreamjdbc.spi.StoreConfigurationException;
import io.github.litestreamjdbc.spi.StoreRequest;
import java.io.IOException;
import java.net.SocketException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.core.RequestOverrideConfiguration;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.Delete;
import software.amazon.awssdk.services.s3.model.S3Request;

/** Requests that a store sends beside the obvious ones. */
class S3RequestsTest {
    /** MD5 of what a trial of parts sends. */
    private static final String TRIAL_ETAG = "\"c4981525bc88f36f716e2ee40bdf3a5c\"";

    /** MD5 of nothing. */
    private static final String EMPTY_ETAG = "\"d41d8cd98f00b204e9800998ecf8427e\"";

    private static final String LAST_MODIFIED = "Sat, 21 Nov 2026 06:07:49 GMT";

    private static S3Store scripted(RecordingHttp http) throws IOException {
        return scripted(http, "minio://h:9/bkt/app");
    }

    private static S3Store scripted(RecordingHttp http, String url) throws IOException {
        S3Settings settings = S3Settings.of(new StoreRequest(
                url, Path.of("app.db"), false, Map.of("s3.access-key-id", "key", "s3.secret-access-key", "secret")));
        return new S3Store(settings, SharedClient.alone(settings, skipVerify -> http));
    }

    private static RecordingHttp answering(RecordingHttp.Script script) {
        return new RecordingHttp(script);
    }

    @Test
    void refusalThatABrokenConnectionHidesComesToLight() throws Exception {
        RecordingHttp http = answering(request -> {
            if (request.method().name().equals("PUT")) {
                throw new SocketException("connection reset");
            }
            return new RecordingHttp.Answer(403, Map.of(), "<Error><Code>AccessDenied</Code></Error>");
        });
        try (S3Store store = scripted(http)) {
            ObjectBody body = ObjectBody.of(new byte[3 << 20]);
            for (int i = 1; i <= 2; i++) {
                assertThatThrownBy(() -> store.put("a", body, Instant.EPOCH, Precondition.NONE))
                        .isInstanceOf(IOException.class)
                        .isNotInstanceOf(StoreConfigurationException.class);
            }
            assertThatThrownBy(() -> store.put("a", body, Instant.EPOCH, Precondition.NONE))
                    .isInstanceOf(StoreConfigurationException.class)
                    .hasMessageContaining("no permission");
        }
    }

    @Test
    void storeThatDeletesOneByOneIsRemembered() throws Exception {
        RecordingHttp http = answering(request -> request.method().name().equals("POST")
                ? new RecordingHttp.Answer(501, Map.of(), "<Error><Code>NotImplemented</Code></Error>")
                : new RecordingHttp.Answer(204, Map.of(), ""));
        try (S3Store store = scripted(http)) {
            store.delete(List.of("a", "b"));
            store.delete(List.of("c"));
        }
        assertThat(http.requests().stream()
                        .filter(request -> request.method().name().equals("DELETE"))
                        .map(SdkHttpRequest::encodedPath))
                .containsExactly("/bkt/app/a", "/bkt/app/b", "/bkt/app/c");
        assertThat(http.requests().get(http.requests().size() - 2).method()).hasToString("DELETE");
    }

    @ParameterizedTest
    @CsvSource({
        "minio://h:9/bkt/app, true",
        "r2://acc/bkt/app, true",
        "s3://bkt.ns.compat.objectstorage.eu-frankfurt-1.oraclecloud.com/app, true",
        "s3://bkt.t3.storage.dev/app, false",
        "s3://bkt.s3.eu-central-1.amazonaws.com/app, false",
    })
    void contentMd5GoesWithABulkDeletionWhereItIsAskedFor(String url, boolean expected) throws Exception {
        RecordingHttp http = answering(request -> new RecordingHttp.Answer(200, Map.of(), "<DeleteResult/>"));
        try (S3Store store = scripted(http, url)) {
            store.delete(List.of("a", "b"));
        }
        Optional<String> sent = http.last().firstMatchingHeader("Content-MD5");
        assertThat(http.last().method()).hasToString("POST");
        assertThat(sent.isPresent()).isEqualTo(expected);
        assertThat(http.last().firstMatchingHeader("x-amz-checksum-crc32"))
                .as("the checksum of newer S3 is there in any case")
                .isPresent();
        if (expected) {
            byte[] body = http.lastBody();
            assertThat(sent.get())
                    .isEqualTo(Base64.getEncoder()
                            .encodeToString(MessageDigest.getInstance("MD5").digest(body)));
        }
    }

    /** Answers an upload in parts; ETags of parts are what a service says that takes each for empty. */
    private static RecordingHttp.Answer parts(SdkHttpRequest request, String etagOfPart) {
        boolean trial = request.encodedPath().contains("/probe-");
        Map<String, List<String>> query = request.rawQueryParameters();
        if (query.containsKey("uploads")) {
            return new RecordingHttp.Answer(
                    200,
                    Map.of(),
                    "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>");
        } else if (query.containsKey("partNumber")) {
            return new RecordingHttp.Answer(200, Map.of("ETag", trial ? TRIAL_ETAG : etagOfPart), "");
        } else if (request.method().name().equals("POST")) {
            return trial
                    ? new RecordingHttp.Answer(412, Map.of(), "<Error><Code>PreconditionFailed</Code></Error>")
                    : new RecordingHttp.Answer(
                            200,
                            Map.of(),
                            "<CompleteMultipartUploadResult><ETag>\"whole-2\"</ETag></CompleteMultipartUploadResult>");
        }
        return new RecordingHttp.Answer(200, Map.of("ETag", "\"of-no-md5\""), "");
    }

    private static List<SdkHttpRequest> ofLargeObject(RecordingHttp http) {
        return http.requests().stream()
                .filter(request -> request.encodedPath().endsWith("/big"))
                .toList();
    }

    private static String header(SdkHttpRequest request, String name) {
        return request.firstMatchingHeader(name).orElse("");
    }

    private static List<SdkHttpRequest> uploadInParts(String... settings) throws Exception {
        RecordingHttp http = answering(request -> parts(request, "\"of-no-md5\""));
        Map<String, String> all = new HashMap<>(Map.of("s3.access-key-id", "key", "s3.secret-access-key", "secret"));
        for (int i = 0; i < settings.length; i += 2) {
            all.put(settings[i], settings[i + 1]);
        }
        S3Settings read = S3Settings.of(new StoreRequest("minio://localhost:9/bkt/app", Path.of("app.db"), false, all));
        try (S3Store store = new S3Store(read, SharedClient.alone(read, skipVerify -> http))) {
            store.put("big", ObjectBody.of(new byte[6 << 20]), Instant.EPOCH, Precondition.NONE);
        }
        List<SdkHttpRequest> sent = ofLargeObject(http);
        assertThat(sent).as("begun, two parts, completed").hasSize(4);
        return sent;
    }

    @Test
    void classAndEncryptionTravelWithAnUploadInParts() throws Exception {
        SdkHttpRequest kms = uploadInParts("s3.sse-kms-key-id", "k1", "s3.storage-class", "GLACIER_IR")
                .get(0);
        assertThat(header(kms, "x-amz-storage-class")).isEqualTo("GLACIER_IR");
        assertThat(header(kms, "x-amz-server-side-encryption")).isEqualTo("aws:kms");
        assertThat(header(kms, "x-amz-server-side-encryption-aws-kms-key-id")).isEqualTo("k1");
        assertThat(header(kms, "x-amz-meta-litestream-timestamp")).isEqualTo("1970-01-01T00:00:00Z");
        SdkHttpRequest service = uploadInParts("s3.sse", "AES256").get(0);
        assertThat(header(service, "x-amz-server-side-encryption")).isEqualTo("AES256");
        String key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
        assertThat(uploadInParts("s3.sse-customer-key", key))
                .as("with each of its requests")
                .allSatisfy(request -> {
                    assertThat(header(request, "x-amz-server-side-encryption-customer-algorithm"))
                            .isEqualTo("AES256");
                    assertThat(header(request, "x-amz-server-side-encryption-customer-key"))
                            .isEqualTo(key);
                    assertThat(header(request, "x-amz-server-side-encryption-customer-key-MD5"))
                            .isEqualTo("hRasmdxgYDKV3nvbahU1MA==");
                });
    }

    @Test
    void partWhoseETagIsAnotherMd5FailsTheUploadAndIsAborted() throws Exception {
        RecordingHttp http = answering(request -> parts(request, EMPTY_ETAG));
        try (S3Store store = scripted(http)) {
            assertThatThrownBy(
                            () -> store.put("big", ObjectBody.of(new byte[6 << 20]), Instant.EPOCH, Precondition.NONE))
                    .isInstanceOf(IOException.class)
                    .isNotInstanceOf(StoreConfigurationException.class)
                    .hasMessageContaining("arrived damaged");
        }
        List<SdkHttpRequest> sent = ofLargeObject(http);
        assertThat(sent.get(sent.size() - 1).method()).hasToString("DELETE");
        assertThat(sent.get(sent.size() - 1).rawQueryParameters()).containsEntry("uploadId", List.of("u1"));
        assertThat(sent)
                .filteredOn(request -> request.method().name().equals("POST"))
                .hasSize(1);
    }

    @Test
    void serviceWhosePartsNeverHaveTheirMd5IsBelieved() throws Exception {
        RecordingHttp http = answering(request -> request.rawQueryParameters().containsKey("partNumber")
                ? new RecordingHttp.Answer(200, Map.of("ETag", EMPTY_ETAG), "")
                : parts(request, EMPTY_ETAG));
        try (S3Store store = scripted(http)) {
            store.put("big", ObjectBody.of(new byte[6 << 20]), Instant.EPOCH, Precondition.NONE);
        }
        assertThat(ofLargeObject(http)).as("begun, two parts, completed").hasSize(4);
    }

    @Test
    void replacingInPartsIsRefusedWhereTheConditionMeansNothing() throws Exception {
        RecordingHttp http = answering(request -> request.method().name().equals("POST")
                        && request.rawQueryParameters().containsKey("uploadId")
                ? new RecordingHttp.Answer(
                        200,
                        Map.of(),
                        "<CompleteMultipartUploadResult><ETag>\"any\"</ETag></CompleteMultipartUploadResult>")
                : parts(request, "\"of-no-md5\""));
        try (S3Store store = scripted(http)) {
            Precondition other = new Precondition.IfMatch("another");
            assertThatThrownBy(() -> store.put("big", ObjectBody.of(new byte[6 << 20]), Instant.EPOCH, other))
                    .isInstanceOf(StoreConfigurationException.class)
                    .hasMessageContaining("If-Match");
        }
        assertThat(ofLargeObject(http)).isEmpty();
    }

    @Test
    void everyRequestButAReadHasATimeLimit() throws Exception {
        S3Settings settings =
                S3Settings.of(new StoreRequest("minio://h:9/bkt/app", Path.of("app.db"), false, Map.of()));
        Requests requests = new Requests(settings, new RequestCounter());
        List<S3Request> all = List.of(
                requests.headBucket(),
                requests.list("", "", null, 1),
                requests.head("a"),
                requests.put("a", 1, Instant.EPOCH, Precondition.NONE),
                requests.begin("a", Instant.EPOCH),
                requests.part("a", "u", 1, 1),
                requests.complete("a", "u", List.of(), Precondition.NONE),
                requests.abort("a", "u"),
                requests.delete("a"),
                requests.deleteMany(Delete.builder().build()));
        assertThat(all)
                .allMatch(request -> request.overrideConfiguration()
                        .flatMap(RequestOverrideConfiguration::apiCallAttemptTimeout)
                        .isPresent());
        assertThat(requests.get("a", 0, 1).overrideConfiguration().orElseThrow().apiCallAttemptTimeout())
                .as("the content's stream watches its rate")
                .isEmpty();
    }

    @Test
    void googleDeletesOneByOne() throws Exception {
        RecordingHttp http = answering(request -> new RecordingHttp.Answer(204, Map.of(), ""));
        try (S3Store store = scripted(http, "s3://bkt.storage.googleapis.com/app")) {
            store.delete(List.of("a", "b"));
        }
        assertThat(http.requests())
                .extracting(request -> request.method() + " " + request.encodedPath())
                .containsExactly("DELETE /bkt/app/a", "DELETE /bkt/app/b");
    }

    @Test
    void objectThatWasNotDeletedFailsTheDeletionButAMissingOneDoesNot() throws Exception {
        String error =
                "<DeleteResult><Error><Key>app/%s</Key><Code>%s</Code><Message>m</Message></Error></DeleteResult>";
        try (S3Store store = scripted(answering(
                request -> new RecordingHttp.Answer(200, Map.of(), String.format(error, "b", "AccessDenied"))))) {
            assertThatThrownBy(() -> store.delete(List.of("a", "b")))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("app/b")
                    .hasMessageContaining("AccessDenied");
        }
        try (S3Store store = scripted(answering(
                request -> new RecordingHttp.Answer(200, Map.of(), String.format(error, "b", "NoSuchKey"))))) {
            store.delete(List.of("a", "b"));
        }
    }

    private static String listing(String rest) {
        return "<ListBucketResult><Name>bkt</Name>" + rest + "</ListBucketResult>";
    }

    private static String listed(String key) {
        return "<Contents><Key>" + key + "</Key><Size>1</Size><LastModified>2026-11-21T06:07:49.000Z</LastModified>"
                + "<ETag>e</ETag></Contents>";
    }

    /** The console of a store, a portal of a hotel's network, a box between. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "<html><head><title>Console</title></head><body/></html>",
                "<ListBucketResult/>",
                "{}",
                "sorry"
            })
    void answerThatIsNoListingIsNotAnEmptyReplica(String body) throws Exception {
        try (S3Store store = scripted(answering(request -> new RecordingHttp.Answer(200, Map.of(), body)))) {
            assertThatThrownBy(() -> store.list("0000/", "", object -> {})).isInstanceOf(IOException.class);
        }
    }

    @Test
    void listingIsReadToItsEndOrFails() throws Exception {
        String more = "<IsTruncated>true</IsTruncated>";
        String token = "<NextContinuationToken>t</NextContinuationToken>";
        List<String> seen = new ArrayList<>();
        try (S3Store store = scripted(answering(request -> new RecordingHttp.Answer(
                200,
                Map.of(),
                request.rawQueryParameters().containsKey("continuation-token")
                        ? listing(listed("app/0000/b"))
                        : listing(more + token + listed("app/0000/a")))))) {
            store.list("0000/", "", object -> seen.add(object.key()));
        }
        assertThat(seen).containsExactly("0000/a", "0000/b");
        try (S3Store store = scripted(
                answering(request -> new RecordingHttp.Answer(200, Map.of(), listing(more + listed("app/0000/a")))))) {
            assertThatThrownBy(() -> store.list("0000/", "", object -> {}))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("where it goes on");
        }
        try (S3Store store = scripted(answering(
                request -> new RecordingHttp.Answer(200, Map.of(), listing(more + token + listed("app/0000/a")))))) {
            assertThatThrownBy(() -> store.list("0000/", "", object -> {}))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("where it goes on");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "other/0000/0000000000000001-0000000000000001.ltx"})
    void listedKeyOfAnotherPlaceFailsTheListing(String key) throws Exception {
        try (S3Store store =
                scripted(answering(request -> new RecordingHttp.Answer(200, Map.of(), listing(listed(key)))))) {
            assertThatThrownBy(() -> store.list("0000/", "", object -> {}))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(key);
        }
    }

    @Test
    void rangeThatIsIgnoredIsNoRange() throws Exception {
        Map<String, String> whole = Map.of("ETag", "e", "Content-Length", "6", "Last-Modified", LAST_MODIFIED);
        try (S3Store store = scripted(answering(request -> new RecordingHttp.Answer(200, whole, "abcdef")))) {
            assertThatThrownBy(() -> store.get("a", 2, 3))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("another range");
            try (FetchedObject object = store.get("a", 0, 3)) {
                assertThat(object.content().readAllBytes()).asString().isEqualTo("abc");
                assertThat(object.object().sizeBytes()).isEqualTo(6);
            }
        }
        for (String range : List.of("bytes 0-2/6", "bytes 2-4/*", "2")) {
            Map<String, String> other = new HashMap<>(whole);
            other.put("Content-Range", range);
            try (S3Store store = scripted(answering(request -> new RecordingHttp.Answer(206, other, "abc")))) {
                assertThatThrownBy(() -> store.get("a", 2, 3))
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("another range");
            }
        }
    }

    @Test
    void putWithoutAnETagCountsAsFailed() throws Exception {
        try (S3Store store = scripted(answering(request -> new RecordingHttp.Answer(200, Map.of(), "")))) {
            assertThatThrownBy(() -> store.put("a", ObjectBody.of(new byte[1]), Instant.EPOCH, Precondition.NONE))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("without an ETag");
        }
    }

    @Test
    void failedUploadInPartsIsAborted() throws Exception {
        try (S3TestServer server = S3TestServer.http();
                S3Store store = TestStores.open(server)) {
            server.add(Fault.refuse(Operation.COMPLETE, Fault.ALWAYS, 403, "AccessDenied"));
            assertThatThrownBy(
                            () -> store.put("big", ObjectBody.of(new byte[6 << 20]), Instant.EPOCH, Precondition.NONE))
                    .isInstanceOf(StoreConfigurationException.class);
            try (S3Client outsider = GoldenLayoutTest.outsider(server.endpoint())) {
                assertThat(outsider.listMultipartUploads(request -> request.bucket(S3TestServer.BUCKET))
                                .uploads())
                        .isEmpty();
            }
        }
    }

    @Test
    void customersKeyGoesWithEveryRequestThatNeedsIt() throws Exception {
        String key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
        byte[] large = new byte[6 << 20];
        new Random(5).nextBytes(large);
        try (S3TestServer server = S3TestServer.http()) {
            String url = TestStores.url();
            try (S3Store store = TestStores.open(server, url, "s3.sse-customer-key", key);
                    S3Store without = TestStores.open(server, url)) {
                Instant created = Instant.parse("2026-11-21T06:07:49.26Z");
                store.put("small", ObjectBody.of(new byte[] {1, 2}), created, Precondition.IF_ABSENT);
                store.put("large", ObjectBody.of(large), created, Precondition.IF_ABSENT);
                assertThat(store.created("large", Instant.EPOCH)).isEqualTo(created);
                try (FetchedObject object = store.get("large", 0, Long.MAX_VALUE)) {
                    assertThat(object.content().readAllBytes()).isEqualTo(large);
                }
                assertThatThrownBy(() -> without.get("small", 0, 1)).isInstanceOf(IOException.class);
            }
        }
    }
}
