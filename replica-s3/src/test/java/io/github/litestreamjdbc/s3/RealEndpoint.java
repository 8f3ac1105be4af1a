package io.github.litestreamjdbc.s3;

import io.github.litestreamjdbc.spi.StoreRequest;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/** What the environment says of a service to test against. */
final class RealEndpoint {
    private static final String BUCKET = "S3_TEST_BUCKET";

    private static final Map<String, String> NAMES = Map.of(
            "S3_TEST_ENDPOINT", "s3.endpoint",
            "S3_TEST_REGION", "s3.region",
            "S3_TEST_ACCESS_KEY_ID", "s3.access-key-id",
            "S3_TEST_SECRET_ACCESS_KEY", "s3.secret-access-key",
            "S3_TEST_SESSION_TOKEN", "s3.session-token");

    private RealEndpoint() {}

    /** A path of its own in the bucket that is named there. */
    static StoreRequest request(Map<String, String> environment) {
        String bucket = environment.getOrDefault(BUCKET, "");
        if (bucket.isEmpty()) {
            throw new IllegalStateException(
                    "S3_TEST_ENDPOINT is set but S3_TEST_BUCKET is not; name a bucket that tests may write to");
        }
        Map<String, String> settings = new HashMap<>();
        NAMES.forEach((variable, setting) -> {
            if (!environment.getOrDefault(variable, "").isEmpty()) {
                settings.put(setting, environment.get(variable));
            }
        });
        String url = "s3://" + bucket + "/litestream-jdbc-test/" + UUID.randomUUID();
        return new StoreRequest(url, Path.of("app.db"), false, settings);
    }
}
