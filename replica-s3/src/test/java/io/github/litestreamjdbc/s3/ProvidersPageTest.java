package io.github.litestreamjdbc.s3;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.spi.StoreRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code docs/providers.md} and the README say of providers is true. */
class ProvidersPageTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    /** A test, or one of its methods, or a method of the test named before it. */
    private static final Pattern NAMED =
            Pattern.compile("`(?:(?<type>[A-Z]\\w*Test)(?:\\.(?<method>[a-z]\\w*))?|(?<same>[a-z]+[A-Z]\\w*))`");

    private static final Pattern README_LINE = Pattern.compile(
            "(?m)^# (?<provider>.+)\\njdbc:litestream:sqlite:app\\.db\\?restore=if-missing&(?<parameter>replica=.+)$");

    private static String page() throws IOException {
        return Files.readString(ROOT.resolve("docs/providers.md"));
    }

    private static String source(String type) throws IOException {
        for (String module : List.of("replica-s3", "it")) {
            try (Stream<Path> files = Files.walk(ROOT.resolve(module + "/src/test/java"))) {
                List<Path> found =
                        files.filter(file -> file.endsWith(type + ".java")).toList();
                if (!found.isEmpty()) {
                    return Files.readString(found.get(0));
                }
            }
        }
        return "";
    }

    @Test
    void everyTestThatThePageNamesExists() throws IOException {
        List<String> missing = new ArrayList<>();
        int named = 0;
        for (String line : page().lines().toList()) {
            String type = null;
            for (Matcher test = NAMED.matcher(line); test.find(); ) {
                boolean same = test.group("same") != null;
                if (same && type == null) {
                    continue;
                }
                type = same ? type : test.group("type");
                String method = same ? test.group("same") : test.group("method");
                String source = source(type);
                if (source.isEmpty() || method != null && !source.contains("    void " + method + "(")) {
                    missing.add(type + "." + method);
                }
                named++;
            }
        }
        assertThat(missing).as("named in docs/providers.md and not a test").isEmpty();
        assertThat(named).isGreaterThan(20);
    }

    @Test
    void everySettingHasATest() throws IOException {
        String table = page().substring(page().indexOf("| setting | provider | value | test |"));
        table = table.substring(0, table.indexOf("\n\n"));
        assertThat(table.lines().skip(2).toList())
                .hasSizeGreaterThan(10)
                .allMatch(row -> NAMED.matcher(row.substring(row.lastIndexOf('|', row.length() - 3)))
                        .find());
    }

    private static Map<String, String> readmeLines() throws IOException {
        Map<String, String> lines = new LinkedHashMap<>();
        for (Matcher line = README_LINE.matcher(Files.readString(ROOT.resolve("README.md"))); line.find(); ) {
            lines.put(line.group("provider").replaceAll(";.*", ""), line.group("parameter"));
        }
        return lines;
    }

    @Test
    void readmeHasThePagesLines() throws IOException {
        Map<String, String> lines = readmeLines();
        assertThat(lines).hasSize(11);
        lines.forEach((provider, parameter) -> {
            String row = provider.equals("AWS") ? "AWS S3" : provider;
            assertThat(pageUnchecked())
                    .as(provider)
                    .containsPattern("(?m)^\\| " + Pattern.quote(row) + " \\| .*" + Pattern.quote(parameter) + "`");
        });
    }

    private static String pageUnchecked() {
        try {
            return page();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "AWS, AWS, , ",
        "Cloudflare R2, R2, https://account-id.r2.cloudflarestorage.com, auto",
        "MinIO, OTHER, http://host:9000, us-east-1",
        "Backblaze B2, B2, https://s3.us-west-004.backblazeb2.com, us-west-004",
        "DigitalOcean Spaces, SPACES, https://fra1.digitaloceanspaces.com, fra1",
        "Linode / Akamai, LINODE, https://eu-central-1.linodeobjects.com, eu-central-1",
        "Wasabi, WASABI, https://s3.eu-central-2.wasabisys.com, eu-central-2",
        "Hetzner, HETZNER, https://fsn1.your-objectstorage.com, fsn1",
        "Tigris, TIGRIS, https://t3.storage.dev, auto",
        "Scaleway, SCALEWAY, https://s3.fr-par.scw.cloud, fr-par",
        "any other, OTHER, https://s3.example.com, us-east-1",
    })
    void readmesLineLeadsTo(String name, Provider provider, String endpoint, String region) throws IOException {
        Map<String, String> parameters = new HashMap<>();
        for (String parameter : readmeLines().get(name).split("&")) {
            String[] parts = parameter.split("=", 2);
            parameters.put(parts[0], parts[1]);
        }
        String url = parameters.remove("replica");
        S3Settings settings = S3Settings.of(new StoreRequest(url, Path.of("app.db"), false, parameters));
        assertThat(settings.bucket()).isEqualTo("bucket");
        assertThat(settings.path()).isEqualTo("app");
        assertThat(settings.connection().provider()).isEqualTo(provider);
        assertThat(settings.connection().endpoint().map(Object::toString).orElse(null))
                .isEqualTo(endpoint);
        assertThat(settings.connection().region().orElse(null)).isEqualTo(region);
    }
}
