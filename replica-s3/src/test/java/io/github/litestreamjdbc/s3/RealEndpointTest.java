package io.github.litestreamjdbc.s3;

import io.github.litestreamjdbc.spi.ObjectStore;
import io.github.litestreamjdbc.testing.ObjectStoreContract;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** The contract against whatever S3_TEST_ENDPOINT names; what it stores it deletes. */
@EnabledIfEnvironmentVariable(
        named = "S3_TEST_ENDPOINT",
        matches = ".+",
        disabledReason = "no S3_TEST_ENDPOINT in the environment")
class RealEndpointTest extends ObjectStoreContract {
    @Override
    protected ObjectStore open() throws IOException {
        return new S3StoreProvider().open(RealEndpoint.request(System.getenv()));
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
