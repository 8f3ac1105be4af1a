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
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.services.s3.S3Client;

/** Requests that a store sends beside the obvious ones. */
class S3RequestsTest {
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
