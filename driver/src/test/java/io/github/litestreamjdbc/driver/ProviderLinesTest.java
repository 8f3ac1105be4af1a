package io.github.litestreamjdbc.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.api.ReplicationConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The lines to be copied from the README and docs/providers.md, read as the driver reads a URL. */
class ProviderLinesTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    private static final String PREFIX = "jdbc:litestream:sqlite:app.db?restore=if-missing&";

    private static final Pattern README_LINE =
            Pattern.compile("(?m)^# (?<provider>.+)\\n(?<url>" + Pattern.quote(PREFIX) + ".+)$");

    private static final Pattern PAGE_LINE = Pattern.compile("`(?<parameter>replica=[^`]+)`");

    @TempDir
    private Path directory;

    private static Map<String, String> readme() throws IOException {
        Map<String, String> lines = new LinkedHashMap<>();
        for (Matcher line = README_LINE.matcher(Files.readString(ROOT.resolve("README.md"))); line.find(); ) {
            lines.put(line.group("provider").replaceAll(";.*", ""), line.group("url"));
        }
        return lines;
    }

    private static List<String> page() throws IOException {
        String text = Files.readString(ROOT.resolve("docs/providers.md"));
        List<String> urls = new ArrayList<>();
        for (Matcher line = PAGE_LINE.matcher(text); line.find(); ) {
            urls.add(PREFIX + line.group("parameter"));
        }
        return urls;
    }

    private ReplicationConfig read(String url) throws SQLException {
        String here = url.replace(":app.db?", ":" + directory.resolve("app.db") + "?");
        return LitestreamUrl.read(here, new Properties(), new Environment(name -> null, name -> null))
                .config()
                .orElseThrow();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "AWS, s3://bucket/app, ",
        "Cloudflare R2, r2://account-id/bucket/app, ",
        "MinIO, minio://host:9000/bucket/app, ",
        "Backblaze B2, b2://us-west-004/bucket/app, ",
        "DigitalOcean Spaces, s3://bucket.fra1.digitaloceanspaces.com/app, ",
        "Linode / Akamai, s3://bucket.eu-central-1.linodeobjects.com/app, ",
        "Wasabi, s3://bucket.s3.eu-central-2.wasabisys.com/app, ",
        "Hetzner, s3://bucket.fsn1.your-objectstorage.com/app, ",
        "Tigris, s3://bucket.t3.storage.dev/app, ",
        "Scaleway, s3://bucket.s3.fr-par.scw.cloud/app, ",
        "any other, s3://bucket/app, https://s3.example.com",
    })
    void readmesLineGivesTheStore(String provider, String replica, String endpoint) throws Exception {
        ReplicationConfig config = read(readme().get(provider));
        assertThat(config.replicaUrl()).isEqualTo(replica);
        assertThat(config.storeSettings()).isEqualTo(endpoint == null ? Map.of() : Map.of("s3.endpoint", endpoint));
        assertThat(config.restore().ifMissing()).isTrue();
    }

    @Test
    void everyLineOfTheReadmeIsAmongThem() throws Exception {
        assertThat(readme()).hasSize(11);
    }

    @Test
    void everyLineOfThePageIsAcceptedWithItsSettingsAsTheyStand() throws Exception {
        List<String> urls = page();
        assertThat(urls).hasSizeGreaterThanOrEqualTo(18);
        for (String url : urls) {
            ReplicationConfig config = read(url);
            String[] parameters = url.substring(PREFIX.length()).split("&");
            assertThat(config.replicaUrl())
                    .isEqualTo(PercentEncoding.decode(parameters[0].substring("replica=".length())));
            assertThat(config.storeSettings()).as(url).hasSize(parameters.length - 1);
            for (int i = 1; i < parameters.length; i++) {
                String[] parts = parameters[i].split("=", 2);
                assertThat(config.storeSettings()).containsEntry(parts[0], parts[1]);
            }
        }
    }
}
