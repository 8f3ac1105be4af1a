package io.github.litestreamjdbc.s3;

import io.github.litestreamjdbc.spi.ObjectStore;
import io.github.litestreamjdbc.spi.StoreRequest;
import io.github.litestreamjdbc.testing.ObjectStoreContract;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** The contract against whatever S3_TEST_ENDPOINT names; what it stores it deletes. */
@EnabledIfEnvironmentVariable(
        named = "S3_TEST_ENDPOINT",
        matches = ".+",
        disabledReason = "no S3_TEST_ENDPOINT in the environment")
class RealEndpointTest extends ObjectStoreContract {
    private static final Map<String, String> NAMES = Map.of(
            "S3_TEST_ENDPOINT", "s3.endpoint",
            "S3_TEST_REGION", "s3.region",
            "S3_TEST_ACCESS_KEY_ID", "s3.access-key-id",
            "S3_TEST_SECRET_ACCESS_KEY", "s3.secret-access-key");

    @Override
    protected ObjectStore open() throws IOException {
        Map<String, String> settings = new HashMap<>();
        NAMES.forEach((variable, setting) -> {
            if (System.getenv(variable) != null) {
                settings.put(setting, System.getenv(variable));
            }
        });
        String url = "s3://" + System.getenv("S3_TEST_BUCKET") + "/litestream-jdbc-test/" + UUID.randomUUID();
        return new S3StoreProvider().open(new StoreRequest(url, Path.of("app.db"), false, settings));
    }

    @AfterEach
    void deleteAll() throws IOException {
        List<String> keys = new ArrayList<>();
        try (ObjectStore all = store) {
            all.list("", "", object -> keys.add(object.key()));
            all.delete(keys);
        }
    }
}
