package io.github.litestreamjdbc.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.github.litestreamjdbc.spi.ObjectStore;
import io.github.litestreamjdbc.spi.StoreRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Databases of one process in different buckets of one service, which is down. */
class SharedGateTest {
    private final AtomicLong nanos = new AtomicLong();
    private final AtomicInteger asked = new AtomicInteger();
    private final CountDownLatch held = new CountDownLatch(1);
    private volatile boolean answers;
    private volatile boolean holds;
    private HttpServer server;
    private String endpoint;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/", this::answer);
        server.start();
        endpoint = "http://127.0.0.1:" + server.getAddress().getPort();
        EndpointGate.of(endpoint, nanos::get);
    }

    @AfterEach
    void stop() {
        held.countDown();
        server.stop(0);
    }

    private void answer(HttpExchange http) throws IOException {
        asked.incrementAndGet();
        if (holds) {
            try {
                held.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        byte[] body = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
                .getBytes(StandardCharsets.UTF_8);
        http.sendResponseHeaders(answers ? 200 : 503, answers ? body.length : -1);
        if (answers) {
            http.getResponseBody().write(body);
        }
        http.close();
    }

    private ObjectStore open(String bucket) throws IOException {
        return new S3StoreProvider()
                .open(new StoreRequest(
                        "s3://" + bucket + "/app",
                        Path.of(bucket + ".db"),
                        false,
                        Map.of(
                                "s3.endpoint", endpoint,
                                "s3.access-key-id", "key",
                                "s3.secret-access-key", "secret")));
    }

    private static void list(ObjectStore store) throws IOException {
        store.list("", "", object -> {});
    }

    @Test
    void ofAllStoresOfAServiceThatIsDownOneAsks() throws Exception {
        try (ObjectStore one = open("one");
                ObjectStore other = open("other")) {
            assertThatThrownBy(() -> list(one)).hasMessageContaining("503");
            nanos.addAndGet(Duration.ofSeconds(30).toNanos());
            assertThatThrownBy(() -> list(other)).hasMessageContaining("503");
            holds = true;
            int before = asked.get();
            CompletableFuture<Void> asking = CompletableFuture.runAsync(() -> {
                try {
                    list(one);
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            await().until(() -> asked.get() == before + 1);
            assertThatThrownBy(() -> list(other))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("is down, and is asked by one request at a time");
            assertThat(asked).as("requests that reached the service").hasValue(before + 1);
            holds = false;
            held.countDown();
            assertThatThrownBy(asking::get)
                    .isInstanceOf(ExecutionException.class)
                    .hasMessageContaining("503");
            answers = true;
            list(other);
            list(one);
            assertThat(EndpointGate.of(endpoint).isDown())
                    .as("each success lets twice as many through")
                    .isTrue();
            for (int i = 0; i < 4; i++) {
                list(other);
            }
            assertThat(EndpointGate.of(endpoint).isDown()).isFalse();
        }
    }
}
