package io.github.litestreamjdbc.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.litestreamjdbc.spi.StoreRequest;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What the environment has to say for {@link RealEndpointTest}. */
class RealEndpointSettingsTest {
    private static final Map<String, String> ENDPOINT = Map.of("S3_TEST_ENDPOINT", "https://s3.example.com");

    @Test
    void everythingThatIsSetIsUsed() throws Exception {
        StoreRequest request = RealEndpoint.request(Map.of(
                "S3_TEST_ENDPOINT", "https://s3.example.com",
                "S3_TEST_BUCKET", "bkt",
                "S3_TEST_REGION", "eu",
                "S3_TEST_ACCESS_KEY_ID", "key",
                "S3_TEST_SECRET_ACCESS_KEY", "secret",
                "S3_TEST_SESSION_TOKEN", "token"));
        S3Settings settings = S3Settings.of(request);
        assertThat(settings.bucket()).isEqualTo("bkt");
        assertThat(settings.path()).startsWith("litestream-jdbc-test/");
        assertThat(settings.connection().endpoint().orElseThrow()).hasToString("https://s3.example.com");
        assertThat(settings.connection().region()).contains("eu");
        assertThat(settings.connection().credentials())
                .isEqualTo(new Credentials.Keys("key", "secret", Optional.of("token")));
    }

    @Test
    void withoutKeysTheDefaultCredentialsAreTaken() throws Exception {
        StoreRequest request = RealEndpoint.request(
                Map.of("S3_TEST_ENDPOINT", "https://s3.example.com", "S3_TEST_BUCKET", "bkt", "S3_TEST_REGION", ""));
        assertThat(S3Settings.of(request).connection().credentials()).isInstanceOf(Credentials.DefaultChain.class);
        assertThat(S3Settings.of(request).connection().region()).contains("us-east-1");
    }

    @Test
    void missingBucketIsNamed() {
        assertThatThrownBy(() -> RealEndpoint.request(ENDPOINT)).hasMessageContaining("S3_TEST_BUCKET is not");
    }
}
