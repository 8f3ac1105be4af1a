package io.github.litestreamjdbc.s3;

import io.github.litestreamjdbc.spi.ObjectStore;
import io.github.litestreamjdbc.spi.StoreRequest;
import io.github.litestreamjdbc.testing.ObjectStoreContract;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.MinIOContainer;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/** The contract against MinIO in a container; reported as skipped where there is no container engine. */
class MinioTest extends ObjectStoreContract {
    private static final String BUCKET = "test-bucket";

    private static MinIOContainer minio;

    @BeforeAll
    static void startContainer() {
        Assumptions.assumeTrue(
                DockerClientFactory.instance().isDockerAvailable(), "no container engine, so no MinIO to test with");
        minio = new MinIOContainer("minio/minio:RELEASE.2025-09-07T16-13-09Z");
        minio.start();
        try (S3Client client = S3Client.builder()
                .httpClientBuilder(Apache5HttpClient.builder())
                .endpointOverride(URI.create(minio.getS3URL()))
                .region(Region.US_EAST_1)
                .forcePathStyle(true)
                .credentialsProvider(StaticCredentialsProvider.create(
                        AwsBasicCredentials.create(minio.getUserName(), minio.getPassword())))
                .build()) {
            client.createBucket(request -> request.bucket(BUCKET));
        }
    }

    @AfterAll
    static void stopContainer() {
        if (minio != null) {
            minio.stop();
        }
    }

    @Override
    protected ObjectStore open() throws IOException {
        Map<String, String> settings = Map.of(
                "s3.endpoint", minio.getS3URL(),
                "s3.access-key-id", minio.getUserName(),
                "s3.secret-access-key", minio.getPassword());
        String url = TestStores.url();
        return new S3StoreProvider().open(new StoreRequest(url, Path.of("app.db"), false, settings));
    }
}
