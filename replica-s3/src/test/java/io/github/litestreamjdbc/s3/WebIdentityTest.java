package io.github.litestreamjdbc.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.github.litestreamjdbc.s3testing.S3TestServer;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.Precondition;
import io.github.litestreamjdbc.spi.StoreConfigurationException;
import io.github.litestreamjdbc.spi.StoreRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.http.SdkHttpRequest;

/** A token in a file, as Kubernetes hands it out, exchanged for keys at a real HTTP endpoint; the keys sign real requests. */
class WebIdentityTest {
    private static final String ROLE = "arn:aws:iam::123456789012:role/backup";

    /** Less than what the SDK wants keys to be good for still: the next request asks anew. */
    private static final Duration ABOUT_TO_EXPIRE = Duration.ofSeconds(10);

    @TempDir
    private Path directory;

    private final SystemProperties properties = new SystemProperties();
    private final List<Map<String, String>> exchanges = new CopyOnWriteArrayList<>();
    private final List<SdkHttpRequest> sent = new CopyOnWriteArrayList<>();
    private volatile Duration validity = Duration.ofHours(1);
    private volatile boolean refusing;
    private HttpServer sts;
    private S3TestServer s3;
    private Path token;

    @BeforeEach
    void start() throws Exception {
        s3 = S3TestServer.withSessionTokens();
        sts = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        sts.createContext("/", this::exchange);
        sts.start();
        token = Files.writeString(directory.resolve("token"), "first-token");
        Path empty = Files.writeString(directory.resolve("empty"), "");
        properties.set("aws.webIdentityTokenFile", token.toString());
        properties.set("aws.roleArn", ROLE);
        properties.set("aws.roleSessionName", "app");
        properties.set(
                "aws.endpointUrlSts", "http://127.0.0.1:" + sts.getAddress().getPort());
        properties.set("aws.region", "eu-central-1");
        properties.set("aws.sharedCredentialsFile", empty.toString());
        properties.set("aws.configFile", empty.toString());
        properties.set("aws.disableEc2Metadata", "true");
    }

    /** The server with session tokens passes over what it does not know; so this looks. */
    @AfterEach
    void nothingButTheTokenIsSentThatTheServerDoesNotKnow() {
        assertThat(sent)
                .flatExtracting(request -> request.headers().keySet())
                .extracting(name -> name.toLowerCase(Locale.ROOT))
                .filteredOn(name -> name.startsWith("x-"))
                .isSubsetOf(
                        "x-amz-date",
                        "x-amz-content-sha256",
                        "x-amz-meta-litestream-timestamp",
                        "x-amz-security-token");
    }

    @AfterEach
    void stop() throws Exception {
        properties.close();
        sts.stop(0);
        s3.close();
    }

    private void exchange(HttpExchange http) throws IOException {
        Map<String, String> form = new HashMap<>();
        for (String pair : new String(http.getRequestBody().readAllBytes(), StandardCharsets.UTF_8).split("&")) {
            String[] parts = pair.split("=", 2);
            form.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
        }
        exchanges.add(form);
        byte[] answer = (refusing ? refusal() : keys()).getBytes(StandardCharsets.UTF_8);
        http.getResponseHeaders().add("Content-Type", "text/xml");
        http.sendResponseHeaders(refusing ? 400 : 200, answer.length);
        http.getResponseBody().write(answer);
        http.close();
    }

    private String keys() {
        return """
                <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
                  <AssumeRoleWithWebIdentityResult>
                    <Credentials>
                      <AccessKeyId>%s</AccessKeyId>
                      <SecretAccessKey>%s</SecretAccessKey>
                      <SessionToken>session-%d</SessionToken>
                      <Expiration>%s</Expiration>
                    </Credentials>
                  </AssumeRoleWithWebIdentityResult>
                </AssumeRoleWithWebIdentityResponse>
                """.formatted(
                        S3TestServer.ACCESS_KEY_ID,
                        S3TestServer.SECRET_ACCESS_KEY,
                        exchanges.size(),
                        Instant.now().plus(validity));
    }

    private static String refusal() {
        return """
                <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
                  <Error>
                    <Type>Sender</Type>
                    <Code>ExpiredTokenException</Code>
                    <Message>Token expired</Message>
                  </Error>
                </ErrorResponse>
                """;
    }

    /** Without any keys in its settings. */
    private S3Store open() throws IOException {
        StoreRequest request = new StoreRequest(
                TestStores.url(),
                Path.of("app.db"),
                false,
                Map.of("s3.endpoint", s3.endpoint().toString()));
        S3Settings settings = S3Settings.of(request);
        return new S3Store(
                settings,
                SharedClient.alone(settings, skipVerify -> new WatchingHttp(HttpClients.build(skipVerify), sent)));
    }

    private String sessionToken() {
        return sent.get(sent.size() - 1)
                .firstMatchingHeader("x-amz-security-token")
                .orElse("");
    }

    private static void put(S3Store store, String key) throws IOException {
        store.put(key, ObjectBody.of(new byte[] {1}), Instant.EPOCH, Precondition.NONE);
    }

    @Test
    void tokenIsExchangedForKeysThatSignRequests() throws Exception {
        try (S3Store store = open()) {
            put(store, "a");
            put(store, "b");
        }
        assertThat(s3.stored()).hasSize(2);
        assertThat(exchanges).as("exchanged once").hasSize(1);
        assertThat(exchanges.get(0))
                .containsEntry("Action", "AssumeRoleWithWebIdentity")
                .containsEntry("RoleArn", ROLE)
                .containsEntry("RoleSessionName", "app")
                .containsEntry("WebIdentityToken", "first-token");
        assertThat(sessionToken()).isEqualTo("session-1");
    }

    @Test
    void keysAreRenewedBeforeTheyExpireWithTheTokenThatIsThereThen() throws Exception {
        validity = ABOUT_TO_EXPIRE;
        try (S3Store store = open()) {
            put(store, "a");
            assertThat(sessionToken()).isEqualTo("session-1");
            Files.writeString(token, "second-token");
            validity = Duration.ofHours(1);
            put(store, "b");
            assertThat(sessionToken()).isEqualTo("session-2");
        }
        assertThat(s3.stored()).hasSize(2);
        assertThat(exchanges).hasSize(2);
        assertThat(exchanges.get(1)).containsEntry("WebIdentityToken", "second-token");
    }

    @Test
    void refusedExchangeIsAMatterOfCredentialsAndEndsWithTheNextGoodOne() throws Exception {
        refusing = true;
        try (S3Store store = open()) {
            assertThatThrownBy(() -> put(store, "a"))
                    .isInstanceOfSatisfying(
                            StoreConfigurationException.class,
                            e -> assertThat(e.kind()).isEqualTo(StoreConfigurationException.Kind.CREDENTIALS))
                    .hasMessageContaining("no credentials were found")
                    .hasMessageContaining("Token expired")
                    .hasMessageNotContaining("first-token");
            refusing = false;
            put(store, "a");
        }
        assertThat(s3.stored()).hasSize(1);
    }
}
