package io.github.litestreamjdbc.s3;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.litestreamjdbc.s3testing.S3TestServer;
import io.github.litestreamjdbc.spi.KeyLayout;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.Precondition;
import io.github.litestreamjdbc.testing.Golden;
import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;

/** Keys and metadata are those that Litestream writes. */
class GoldenLayoutTest {
    private static final String PATH = "app/a.db";

    @Test
    void keysAndMetadataAreThoseOfLitestream() throws Exception {
        Path golden = Golden.load().directory().resolve("s3-layout.json");
        JsonNode objects = new ObjectMapper().readTree(golden.toFile()).path("objects");
        assertThat(objects).isNotEmpty();
        try (S3TestServer server = S3TestServer.http();
                S3Store store = TestStores.open(server, "s3://" + S3TestServer.BUCKET + "/" + PATH);
                S3Client outsider = outsider(server.endpoint())) {
            for (JsonNode object : objects) {
                String[] parts =
                        object.path("key").asText().substring(PATH.length() + 1).split("/");
                String timestamp = object.path("user_metadata")
                        .path("litestream-timestamp")
                        .asText();
                String key = KeyLayout.S3.levelPrefix(Integer.parseInt(parts[0], 16)) + parts[1];
                byte[] content = new byte[object.path("size").asInt()];
                store.put(key, ObjectBody.of(content), Instant.parse(timestamp), Precondition.IF_ABSENT);
                HeadObjectResponse found = outsider.headObject(request -> request.bucket(S3TestServer.BUCKET)
                        .key(object.path("key").asText()));
                assertThat(found.metadata()).isEqualTo(Map.of("litestream-timestamp", timestamp));
                assertThat(found.contentLength()).isEqualTo(object.path("size").asLong());
                assertThat(found.contentType())
                        .isEqualTo(object.path("content_type").asText());
            }
            assertThat(outsider.listObjectsV2(request -> request.bucket(S3TestServer.BUCKET))
                            .contents())
                    .hasSameSizeAs(objects);
        }
    }

    static S3Client outsider(URI endpoint) {
        return S3Client.builder()
                .httpClientBuilder(Apache5HttpClient.builder())
                .endpointOverride(endpoint)
                .region(Region.US_EAST_1)
                .forcePathStyle(true)
                .credentialsProvider(StaticCredentialsProvider.create(
                        AwsBasicCredentials.create(S3TestServer.ACCESS_KEY_ID, S3TestServer.SECRET_ACCESS_KEY)))
                .build();
    }
}
