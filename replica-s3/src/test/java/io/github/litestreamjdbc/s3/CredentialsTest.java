package io.github.litestreamjdbc.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.litestreamjdbc.spi.StoreConfigurationException;
import io.github.litestreamjdbc.spi.StoreRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where keys come from when none are given. */
class CredentialsTest {
    @TempDir
    private Path directory;

    private final SystemProperties properties = new SystemProperties();

    private void system(String name, String value) {
        properties.set(name, value);
    }

    @AfterEach
    void restoreProperties() {
        properties.close();
    }

    private static RecordingHttp list(String... settings) throws Exception {
        RecordingHttp http = new RecordingHttp(request -> new RecordingHttp.Answer(
                200, Map.of(), "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"));
        Map<String, String> all = new HashMap<>();
        for (int i = 0; i < settings.length; i += 2) {
            all.put(settings[i], settings[i + 1]);
        }
        S3Settings read = S3Settings.of(new StoreRequest("minio://h:9/bkt/app", Path.of("app.db"), false, all));
        try (S3Store store = new S3Store(read, SharedClient.alone(read, skipVerify -> http))) {
            store.list("", "", object -> {});
        }
        return http;
    }

    private static String signer(RecordingHttp http) {
        return http.last().firstMatchingHeader("Authorization").orElseThrow();
    }

    @Test
    void defaultChainBeginsWithSystemProperties() throws Exception {
        system("aws.accessKeyId", "from-system");
        system("aws.secretAccessKey", "hunter2");
        system("aws.sessionToken", "token");
        RecordingHttp http = list();
        assertThat(signer(http)).contains("Credential=from-system/");
        assertThat(http.last().firstMatchingHeader("x-amz-security-token")).contains("token");
    }

    @Test
    void givenKeysComeFirstAndTakeNoForeignToken() throws Exception {
        system("aws.accessKeyId", "from-system");
        system("aws.secretAccessKey", "hunter2");
        system("aws.sessionToken", "token");
        RecordingHttp http = list("s3.access-key-id", "given", "s3.secret-access-key", "hunter3");
        assertThat(signer(http)).contains("Credential=given/");
        assertThat(http.last().firstMatchingHeader("x-amz-security-token")).isEmpty();
    }

    @Test
    void profileIsReadFromTheFilesOfAws() throws Exception {
        Path file = Files.writeString(
                directory.resolve("credentials"),
                "[backup]\naws_access_key_id = from-profile\naws_secret_access_key = hunter2\n");
        system("aws.sharedCredentialsFile", file.toString());
        assertThat(signer(list("s3.profile", "backup"))).contains("Credential=from-profile/");
    }

    @Test
    void noKeysAnywhereSaysSo() throws Exception {
        Path empty = Files.writeString(directory.resolve("credentials"), "");
        system("aws.sharedCredentialsFile", empty.toString());
        system("aws.configFile", empty.toString());
        system("aws.disableEc2Metadata", "true");
        assertThatThrownBy(() -> list("s3.profile", "no-such-profile"))
                .isInstanceOfSatisfying(
                        StoreConfigurationException.class,
                        e -> assertThat(e.kind()).isEqualTo(StoreConfigurationException.Kind.CREDENTIALS))
                .hasMessageContaining("no credentials were found")
                .hasMessageContaining("s3.access-key-id");
    }
}
