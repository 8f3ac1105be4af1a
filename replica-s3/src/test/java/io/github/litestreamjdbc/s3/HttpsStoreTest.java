package io.github.litestreamjdbc.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.litestreamjdbc.s3testing.S3TestServer;
import io.github.litestreamjdbc.s3testing.TestCertificate;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.ObjectNotFoundException;
import io.github.litestreamjdbc.spi.ObjectStore;
import io.github.litestreamjdbc.spi.Precondition;
import io.github.litestreamjdbc.spi.StoreConfigurationException;
import io.github.litestreamjdbc.testing.ObjectStoreContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.MessageFormat;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.http.SdkHttpRequest;

/** The same contract over HTTPS, where the SDK by itself would not sign bodies. */
class HttpsStoreTest extends ObjectStoreContract {
    @TempDir
    private static Path directory;

    private static S3TestServer server;

    @BeforeAll
    static void startServer() throws Exception {
        server = S3TestServer.https(TestCertificate.in(directory));
    }

    @AfterAll
    static void stopServer() throws Exception {
        server.close();
    }

    @Override
    protected ObjectStore open() throws Exception {
        return TestStores.open(server, TestStores.url(), "s3.skip-verify", "true");
    }

    @Test
    void notVerifyingIsWarnedOfOnceAndVerifyingIsNot() throws Exception {
        List<String> warnings = new CopyOnWriteArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord entry) {
                if (entry.getLevel() == Level.WARNING) {
                    warnings.add(MessageFormat.format(entry.getMessage(), entry.getParameters()));
                }
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger logger = Logger.getLogger(SharedClient.class.getName());
        logger.addHandler(handler);
        // A server of its own, for stores of one endpoint share a client, and clients of other tests may still be
        // built.
        try (S3TestServer fresh =
                S3TestServer.https(TestCertificate.in(Files.createDirectory(directory.resolve("fresh"))))) {
            try (ObjectStore strict = TestStores.open(fresh)) {
                assertThatThrownBy(() -> strict.list("", "", object -> {}))
                        .isInstanceOf(StoreConfigurationException.class);
            }
            String endpoint = fresh.endpoint().toString();
            assertThat(warnings).noneMatch(warning -> warning.contains(endpoint));
            try (ObjectStore lax = TestStores.open(fresh, TestStores.url(), "s3.skip-verify", "true");
                    ObjectStore another = TestStores.open(fresh, TestStores.url(), "s3.skip-verify", "true")) {
                lax.list("", "", object -> {});
                another.list("", "", object -> {});
            }
            assertThat(warnings.stream().filter(warning -> warning.contains(endpoint)))
                    .singleElement()
                    .asString()
                    .contains("s3.skip-verify=true");
        } finally {
            logger.removeHandler(handler);
        }
    }

    @Test
    void certificateOfNobodyIsRefusedInWordsThatHelp() throws Exception {
        try (ObjectStore strict = TestStores.open(server)) {
            assertThatThrownBy(() -> strict.list("", "", object -> {}))
                    .isInstanceOf(StoreConfigurationException.class)
                    .hasMessageContaining("certificate is not trusted")
                    .hasMessageContaining("s3.skip-verify");
        }
    }

    @Test
    void plainServiceBehindASecureEndpointIsSaidToBePossible() throws Exception {
        try (S3TestServer plain = S3TestServer.http();
                ObjectStore store = TestStores.open(
                        plain,
                        TestStores.url(),
                        "s3.endpoint",
                        "https://127.0.0.1:" + plain.endpoint().getPort())) {
            assertThatThrownBy(() -> store.list("", "", object -> {}))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("network: no secure connection")
                    .hasMessageContaining("http://");
        }
    }

    private static S3Store tampered(String url, Predicate<SdkHttpRequest> victims, String... settings)
            throws Exception {
        List<String> all = new ArrayList<>(List.of("s3.skip-verify", "true"));
        all.addAll(List.of(settings));
        S3Settings read = S3Settings.of(TestStores.request(server, url, all.toArray(new String[0])));
        return new S3Store(
                read,
                SharedClient.alone(read, skipVerify -> new TamperingHttp(HttpClients.build(skipVerify), victims)));
    }

    private static void put(ObjectStore store, String key, int bytes) throws Exception {
        store.put(key, ObjectBody.of(new byte[bytes]), Instant.EPOCH, Precondition.NONE);
    }

    private static boolean isOf(SdkHttpRequest request, String key) {
        return request.encodedPath().endsWith("/" + key);
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 6 << 20})
    void bodyChangedOnItsWayIsRefusedByTheSignature(int bytes) throws Exception {
        String url = TestStores.url();
        try (S3Store tampered = tampered(url, request -> isOf(request, "a"));
                ObjectStore store = TestStores.open(server, url, "s3.skip-verify", "true")) {
            assertThatThrownBy(() -> put(tampered, "a", bytes)).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> store.get("a", 0, 1)).isInstanceOf(ObjectNotFoundException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 6 << 20})
    void bodyChangedOnItsWayIsFoundByItsETagWhereNothingElseLooks(int bytes) throws Exception {
        String url = TestStores.url();
        try (S3Store tampered = tampered(
                        url,
                        request -> isOf(request, "a") && request.method().name().equals("PUT"),
                        "s3.sign-payload",
                        "false",
                        "s3.require-content-md5",
                        "false");
                ObjectStore store = TestStores.open(server, url, "s3.skip-verify", "true")) {
            assertThatThrownBy(() -> put(tampered, "a", bytes))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("arrived damaged");
            assertThatThrownBy(() -> store.get("a", 0, 1)).isInstanceOf(ObjectNotFoundException.class);
        }
    }
}
