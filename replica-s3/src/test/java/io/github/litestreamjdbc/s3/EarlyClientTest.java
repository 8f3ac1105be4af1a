package io.github.litestreamjdbc.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.litestreamjdbc.spi.StoreRequest;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.SdkHttpClient;

/** The SDK's client is begun before anybody needs it, and ends with its last user. */
class EarlyClientTest {
    private final List<String> builders = new CopyOnWriteArrayList<>();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final RecordingHttp recording = new RecordingHttp(request -> new RecordingHttp.Answer(
            200,
            Map.of("x-amz-bucket-region", "eu-west-3"),
            "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"));

    /** Tells its end. */
    private final SdkHttpClient http = new SdkHttpClient() {
        @Override
        public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
            return recording.prepareRequest(request);
        }

        @Override
        public void close() {
            closed.set(true);
        }
    };

    /** @param bucket of the test's own, for clients are shared */
    private static S3Settings settings(String bucket) throws Exception {
        return S3Settings.of(new StoreRequest(
                "s3://" + bucket + "/app",
                Path.of("app.db"),
                false,
                Map.of("s3.access-key-id", "key", "s3.secret-access-key", "secret")));
    }

    @Test
    void isBuiltOnAThreadOfItsOwnWhileTheOpenerGoesOnAndAsksNobody() throws Exception {
        CountDownLatch opened = new CountDownLatch(1);
        S3Settings settings = settings("early-bucket");
        SharedClient shared = SharedClient.acquire(settings, skipVerify -> {
            builders.add(Thread.currentThread().getName());
            awaitUnchecked(opened);
            return http;
        });
        // Building would not end before this line.
        opened.countDown();
        await().until(() -> !builders.isEmpty());
        assertThat(builders).containsExactly("litestream-s3-start");
        try (S3Store store = new S3Store(settings, shared)) {
            assertThat(recording.requests()).isEmpty();
            store.list("", "", object -> {});
            assertThat(builders).as("built once").hasSize(1);
        }
    }

    private static void awaitUnchecked(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void connectionsAreClosedByTheLastStoreThatUsesThem() throws Exception {
        S3Settings settings = settings("shared-bucket");
        S3Store one = new S3Store(settings, SharedClient.acquire(settings, skipVerify -> http));
        S3Store other = new S3Store(settings, SharedClient.acquire(settings, skipVerify -> http));
        one.list("", "", object -> {});
        one.close();
        assertThat(closed).isFalse();
        other.list("", "", object -> {});
        other.close();
        await().untilTrue(closed);
    }
}
