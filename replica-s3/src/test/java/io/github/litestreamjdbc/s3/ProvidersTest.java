package io.github.litestreamjdbc.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.Precondition;
import io.github.litestreamjdbc.spi.StoreConfigurationException;
import io.github.litestreamjdbc.spi.StoreRequest;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.http.SdkHttpRequest;

/** What a URL and its settings come to in the request itself: address, region, style, signing. */
class ProvidersTest {
    private static final Pattern SCOPE = Pattern.compile("Credential=key/\\d{8}/([^/]+)/s3/aws4_request");

    private static StoreRequest request(String url, String... settings) {
        Map<String, String> all = new HashMap<>();
        all.put("s3.access-key-id", "key");
        all.put("s3.secret-access-key", "hunter2");
        for (int i = 0; i < settings.length; i += 2) {
            all.put(settings[i], settings[i + 1]);
        }
        return new StoreRequest(url, Path.of("app.db"), false, all);
    }

    private static RecordingHttp.Answer stored(SdkHttpRequest request) {
        Map<String, String> headers = new HashMap<>();
        headers.put("ETag", "\"of-no-md5\"");
        headers.put("x-amz-bucket-region", "eu-west-3");
        return new RecordingHttp.Answer(200, headers, "");
    }

    private static RecordingHttp put(String url, String... settings) throws Exception {
        RecordingHttp http = new RecordingHttp(ProvidersTest::stored);
        S3Settings read = S3Settings.of(request(url, settings));
        try (S3Store store = new S3Store(read, SharedClient.alone(read, skipVerify -> http))) {
            store.put("0000/a.ltx", ObjectBody.of(new byte[10]), Instant.EPOCH, Precondition.NONE);
        }
        return http;
    }

    private static String header(SdkHttpRequest request, String name) {
        return request.firstMatchingHeader(name).orElse("");
    }

    private static String region(SdkHttpRequest request) {
        Matcher scope = SCOPE.matcher(header(request, "Authorization"));
        assertThat(scope.find()).as(header(request, "Authorization")).isTrue();
        return scope.group(1);
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource(textBlock = """
            s3://bkt/app,                                         https://s3.example.com,                      https://s3.example.com/bkt/app/0000/a.ltx,                              us-east-1
            s3://bkt/app,                                         127.0.0.1:9000,                              http://127.0.0.1:9000/bkt/app/0000/a.ltx,                               us-east-1
            s3://bkt/app,                                         minio:9000,                                  http://minio:9000/bkt/app/0000/a.ltx,                                   us-east-1
            s3://bkt/app,                                         storage.example.com:9000,                    https://storage.example.com:9000/bkt/app/0000/a.ltx,                    us-east-1
            minio://127.0.0.1:9000/bkt/app,                       ,                                            http://127.0.0.1:9000/bkt/app/0000/a.ltx,                               us-east-1
            minio://minio.example.com/bkt/app,                    ,                                            https://minio.example.com/bkt/app/0000/a.ltx,                           us-east-1
            s3://bkt.localhost:9000/app,                          ,                                            http://localhost:9000/bkt/app/0000/a.ltx,                               us-east-1
            s3://bkt/app,                                         https://acc.r2.cloudflarestorage.com,        https://acc.r2.cloudflarestorage.com/bkt/app/0000/a.ltx,                auto
            s3://bkt/app,                                         https://acc.eu.r2.cloudflarestorage.com,     https://acc.eu.r2.cloudflarestorage.com/bkt/app/0000/a.ltx,             auto
            r2://acc/bkt/app,                                     ,                                            https://acc.r2.cloudflarestorage.com/bkt/app/0000/a.ltx,                auto
            r2://acc.eu/bkt/app,                                  ,                                            https://acc.eu.r2.cloudflarestorage.com/bkt/app/0000/a.ltx,             auto
            b2://us-west-004/bkt/app,                             ,                                            https://s3.us-west-004.backblazeb2.com/bkt/app/0000/a.ltx,              us-west-004
            s3://bkt.s3.us-west-004.backblazeb2.com/app,          ,                                            https://s3.us-west-004.backblazeb2.com/bkt/app/0000/a.ltx,              us-west-004
            s3://bkt.fra1.digitaloceanspaces.com/app,             ,                                            https://bkt.fra1.digitaloceanspaces.com/app/0000/a.ltx,                 fra1
            s3://bkt/app,                                         https://fra1.digitaloceanspaces.com,         https://bkt.fra1.digitaloceanspaces.com/app/0000/a.ltx,                 fra1
            s3://bkt.eu-central-1.linodeobjects.com/app,          ,                                            https://eu-central-1.linodeobjects.com/bkt/app/0000/a.ltx,              eu-central-1
            s3://bkt.s3.eu-central-2.wasabisys.com/app,           ,                                            https://s3.eu-central-2.wasabisys.com/bkt/app/0000/a.ltx,               eu-central-2
            s3://bkt.s3.wasabisys.com/app,                        ,                                            https://s3.wasabisys.com/bkt/app/0000/a.ltx,                            us-east-1
            s3://bkt.fsn1.your-objectstorage.com/app,             ,                                            https://fsn1.your-objectstorage.com/bkt/app/0000/a.ltx,                 fsn1
            s3://bkt.fly.storage.tigris.dev/app,                  ,                                            https://fly.storage.tigris.dev/bkt/app/0000/a.ltx,                      auto
            s3://bkt.t3.storage.dev/app,                          ,                                            https://t3.storage.dev/bkt/app/0000/a.ltx,                              auto
            s3://bkt.s3.fr-par.scw.cloud/app,                     ,                                            https://s3.fr-par.scw.cloud/bkt/app/0000/a.ltx,                         fr-par
            s3://bkt.s3.filebase.com/app,                         ,                                            https://s3.filebase.com/bkt/app/0000/a.ltx,                             us-east-1
            s3://bkt/app,                                         https://ref.supabase.co/storage/v1/s3,       https://ref.supabase.co/storage/v1/s3/bkt/app/0000/a.ltx,               us-east-1
            s3://bkt.storage.googleapis.com/app,                  ,                                            https://storage.googleapis.com/bkt/app/0000/a.ltx,                      auto
            s3://bkt.ns.compat.objectstorage.eu-frankfurt-1.oraclecloud.com/app, ,                             https://ns.compat.objectstorage.eu-frankfurt-1.oraclecloud.com/bkt/app/0000/a.ltx, eu-frankfurt-1
            s3://bkt.s3.gra.io.cloud.ovh.net/app,                 ,                                            https://s3.gra.io.cloud.ovh.net/bkt/app/0000/a.ltx,                     gra
            s3://bkt.s3.ru-1.storage.selcloud.ru/app,             ,                                            https://s3.ru-1.storage.selcloud.ru/bkt/app/0000/a.ltx,                 ru-1
            s3://bkt/app,                                         https://s3.example.com/,                     https://s3.example.com/bkt/app/0000/a.ltx,                              us-east-1
            s3://bkt.FRA1.DigitalOceanSpaces.com/app,             ,                                            https://bkt.FRA1.DigitalOceanSpaces.com/app/0000/a.ltx,                 fra1
            s3://bkt/app,                                         https://FRA1.DigitalOceanSpaces.com,         https://bkt.FRA1.DigitalOceanSpaces.com/app/0000/a.ltx,                 fra1
            s3://my.bkt.s3.fr-par.scw.cloud/a/b,                  ,                                            https://s3.fr-par.scw.cloud/my.bkt/a/b/0000/a.ltx,                      fr-par
            """)
    void customEndpointsAreAddressedAndSigned(String url, String endpoint, String expected, String region)
            throws Exception {
        SdkHttpRequest sent = (endpoint == null ? put(url) : put(url, "s3.endpoint", endpoint)).last();
        assertThat(sent.getUri()).hasToString(expected);
        assertThat(region(sent)).isEqualTo(region);
        assertThat(header(sent, "x-amz-content-sha256")).as("signed payload").matches("[0-9a-f]{64}");
        assertThat(header(sent, "Content-Encoding")).as("no aws-chunked").isEmpty();
        assertThat(header(sent, "x-amz-trailer")).isEmpty();
        assertThat(header(sent, "x-amz-meta-litestream-timestamp")).isEqualTo("1970-01-01T00:00:00Z");
        assertThat(header(sent, "X-Tigris-Consistent"))
                .isEqualTo(url.contains("tigris") || url.contains("t3.storage") ? "true" : "");
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource(textBlock = """
            s3://bkt/app,                                eu-central-1, https://bkt.s3.eu-central-1.amazonaws.com/app/0000/a.ltx,         eu-central-1
            s3://bkt.s3.eu-north-1.amazonaws.com/app,    ,             https://bkt.s3.eu-north-1.amazonaws.com/app/0000/a.ltx,           eu-north-1
            s3://my.dotted.bkt/app,                      eu-central-1, https://s3.eu-central-1.amazonaws.com/my.dotted.bkt/app/0000/a.ltx, eu-central-1
            s3://arn:aws:s3:us-west-2:123456789012:accesspoint/ap/app, , https://ap-123456789012.s3-accesspoint.us-west-2.amazonaws.com/app/0000/a.ltx, us-west-2
            """)
    void bucketsOfAwsAreAddressedByHost(String url, String region, String expected, String scope) throws Exception {
        SdkHttpRequest sent = (region == null ? put(url) : put(url, "s3.region", region)).last();
        assertThat(sent.getUri()).hasToString(expected);
        assertThat(region(sent)).isEqualTo(scope);
        assertThat(header(sent, "x-amz-content-sha256"))
                .as("AWS checks a checksum behind the body instead")
                .isEqualTo("STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    }

    @Test
    void regionOfAnAwsBucketIsLookedUpOnce() throws Exception {
        RecordingHttp http = put("s3://bkt/app");
        assertThat(http.requests().get(0).method()).hasToString("HEAD");
        assertThat(http.requests()).hasSize(2);
        assertThat(http.last().getUri()).hasToString("https://bkt.s3.eu-west-3.amazonaws.com/app/0000/a.ltx");
        assertThat(region(http.last())).isEqualTo("eu-west-3");
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 403})
    void regionIsReadFromARefusalToo(int status) throws Exception {
        RecordingHttp http =
                new RecordingHttp(request -> request.method().name().equals("HEAD")
                        ? new RecordingHttp.Answer(status, Map.of("x-amz-bucket-region", "ap-south-1"), "")
                        : stored(request));
        S3Settings read = S3Settings.of(request("s3://bkt/app"));
        try (S3Store store = new S3Store(read, SharedClient.alone(read, skipVerify -> http))) {
            store.put("0000/a.ltx", ObjectBody.of(new byte[10]), Instant.EPOCH, Precondition.NONE);
        }
        assertThat(region(http.last())).isEqualTo("ap-south-1");
    }

    @Test
    void settingsInTheUrlItselfWinInEitherSpelling() throws Exception {
        for (String query : List.of(
                "endpoint=http://localhost:1&forcePathStyle=false&region=eu&skipVerify=true&signPayload=true&partSize=8MiB",
                "s3.endpoint=http://localhost:1&path-style=false&s3.region=eu&skip-verify=true&sign-payload=true&part-size=8388608",
                "endpoint=http%3A%2F%2Flocalhost%3A1&force-path-style=false&region=eu&skip-verify=true&partSize=8MiB")) {
            S3Settings settings = S3Settings.of(
                    request("s3://bkt/app?" + query, "s3.endpoint", "https://other", "s3.region", "other"));
            assertThat(settings.connection().endpoint().orElseThrow()).hasToString("http://localhost:1");
            assertThat(settings.connection().region()).contains("eu");
            assertThat(settings.connection().pathStyle()).isFalse();
            assertThat(settings.connection().skipVerify()).isTrue();
            assertThat(settings.connection().signPayload()).isTrue();
            assertThat(settings.partSizeBytes()).isEqualTo(8 << 20);
        }
    }

    @Test
    void r2TakesTwoPartsAtOnceAndTigrisNoMd5() throws Exception {
        assertThat(S3Settings.of(request("r2://acc/bkt/app")).concurrency()).isEqualTo(2);
        assertThat(S3Settings.of(request("s3://bkt.t3.storage.dev/app"))
                        .connection()
                        .contentMd5())
                .isFalse();
        assertThat(S3Settings.of(request("minio://h:9/bkt/app")).connection().contentMd5())
                .isTrue();
    }

    @Test
    void encryptionClassAndKeysTravelWithAPut() throws Exception {
        String key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
        SdkHttpRequest customer = put(
                        "minio://h:9/bkt/app",
                        "s3.endpoint",
                        "http://localhost:9",
                        "s3.sse-customer-key",
                        key,
                        "s3.storage-class",
                        "GLACIER_IR")
                .last();
        assertThat(header(customer, "x-amz-server-side-encryption-customer-algorithm"))
                .isEqualTo("AES256");
        assertThat(header(customer, "x-amz-server-side-encryption-customer-key"))
                .isEqualTo(key);
        assertThat(header(customer, "x-amz-server-side-encryption-customer-key-MD5"))
                .isEqualTo("hRasmdxgYDKV3nvbahU1MA==");
        assertThat(header(customer, "x-amz-storage-class")).isEqualTo("GLACIER_IR");
        SdkHttpRequest kms =
                put("minio://h:9/bkt/app", "s3.sse-kms-key-id", "k1").last();
        assertThat(header(kms, "x-amz-server-side-encryption")).isEqualTo("aws:kms");
        assertThat(header(kms, "x-amz-server-side-encryption-aws-kms-key-id")).isEqualTo("k1");
        SdkHttpRequest service = put("minio://h:9/bkt/app", "s3.sse", "AES256").last();
        assertThat(header(service, "x-amz-server-side-encryption")).isEqualTo("AES256");
    }

    @Test
    void sessionTokenIsSent() throws Exception {
        assertThat(header(put("minio://h:9/bkt/app", "s3.session-token", "tok").last(), "x-amz-security-token"))
                .isEqualTo("tok");
    }

    @ParameterizedTest(name = "{0} {1}={2}")
    @CsvSource(quoteCharacter = '"', textBlock = """
            s3://bkt,                    s3.region,           eu,         has no path below the bucket
            s3://bkt/,                   s3.region,           eu,         has no path below the bucket
            minio://host/bkt,            s3.region,           eu,         has no path below the bucket
            r2://acc/bkt/,               s3.region,           eu,         has no path below the bucket
            r2://acc,                    s3.region,           eu,         write r2://account/bucket/path
            b2:///bkt/app,               s3.region,           eu,         write b2://region/bucket/path
            s3:bkt/app,                  s3.region,           eu,         write for example s3://bucket/path
            s3://bkt/app/../x,           s3.region,           eu,         has a segment '..'
            s3://bkt/app?regoin=eu,      s3.region,           eu,         unknown parameter 'regoin'
            s3://bkt/app?region=a&s3.region=b, s3.sse,        AES256,     twice
            s3://bkt/app?region=%4,      s3.region,           eu,         two hex digits
            s3://bkt/app,                s3.endpoint,         ftp://x,    's3.endpoint=ftp://x' must be the address
            s3://bkt/app,                s3.endpoint,         https://u:hunter2@x, must be the address
            s3://bkt/app,                s3.endpoint,         https://x/?X-Amz-Security-Token=hunter2, must be the address
            s3://bkt/app?endpoint=https%3A%2F%2Fu%3Ahunter2@x, s3.region, eu, must be the address
            s3://id:hunter2@bkt/app,     s3.region,           eu,         credentials are not taken
            s3://id:hunter2%40bkt/app,   s3.region,           eu,         credentials are not taken
            s3://id:hunter2@bkt,         s3.region,           eu,         credentials are not taken
            s3://id:hunter2/with/slash@bkt/app, s3.region,    eu,         credentials are not taken
            s3://id%3Ahunter2/slash@bkt/app, s3.region,       eu,         credentials are not taken
            s3://id:hunter2/bkt/app,     s3.region,           eu,         credentials are not taken
            s3://id:hunter2#x@bkt/app,   s3.region,           eu,         credentials are not taken
            minio://id:hunter2/slash@host/bkt/app, s3.region, eu,         credentials are not taken
            s3://my bucket/app,          s3.region,           eu,         's name
            s3://bkt*/app,               s3.region,           eu,         's name
            minio://host:9000/b:k/app,   s3.region,           eu,         's name
            s3://arn:aws:s3:::bkt/app,   s3.region,           eu,         write the bucket's name alone
            s3://arn:accesspoint/ap/app, s3.region,           eu,         write the bucket's name alone
            s3://arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap/app, s3.region, eu, of one region
            s3://fra1.digitaloceanspaces.com/bkt/app, s3.region, eu,      before the service's host
            s3://s3.eu-central-1.amazonaws.com/bkt/app, s3.region, eu,    before the service's host
            s3://acc.eu.r2.cloudflarestorage.com/bkt/app, s3.region, eu,  before the service's host
            minio://id:hunter2@host/bkt/app, s3.region,       eu,         credentials are not taken
            s3://bkt/app,                s3.region,           not one,    is not the name of a region
            s3://bkt/app,                s3.path-style,       maybe,      must be true or false
            s3://bkt/app,                s3.part-size,        1MiB,       must be a size from 5MiB
            s3://bkt/app,                s3.concurrency,      0,          must be a whole number
            s3://bkt/app,                s3.sse,              rot13,      's3.sse=rot13' must be
            s3://bkt/app,                s3.storage-class,    DEEP_ARCHIVE, cannot be read until
            s3://bkt/app,                s3.storage-class,    glacier,    cannot be read until
            s3://bkt/app,                s3.sse-customer-key, hunter2!,   32 bytes in base 64
            """)
    void wrongSettingsAreRefusedWithTheFix(String url, String name, String value, String words) {
        assertThatThrownBy(() -> S3Settings.of(request(url, name, value)))
                .isInstanceOf(StoreConfigurationException.class)
                .hasMessageContaining(words)
                .hasMessageNotContaining("hunter2");
    }

    @Test
    void keysComeTogether() {
        StoreRequest half =
                new StoreRequest("s3://b/p", Path.of("app.db"), false, Map.of("s3.secret-access-key", "hunter2"));
        assertThatThrownBy(() -> S3Settings.of(half))
                .hasMessageContaining("s3.secret-access-key is given without s3.access-key-id")
                .hasMessageNotContaining("hunter2");
    }

    @Test
    void nothingThatPrintsThemHoldsSecrets() throws Exception {
        S3Settings settings = S3Settings.of(request(
                "minio://h:9/bkt/app",
                "s3.session-token",
                "hunter2",
                "s3.sse-customer-key",
                "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="));
        assertThat(settings.toString() + settings.place())
                .doesNotContain("hunter2")
                .doesNotContain("MDEyMzQ1")
                .contains("bkt");
    }
}
