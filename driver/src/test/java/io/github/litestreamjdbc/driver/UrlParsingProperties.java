package io.github.litestreamjdbc.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** What holds for every URL. */
class UrlParsingProperties {
    private static final Path FOLDER = Path.of("nowhere").toAbsolutePath();
    private static final Environment NOTHING = new Environment(name -> null, name -> null);

    private static LitestreamUrl read(String file, String parameters) throws SQLException {
        return LitestreamUrl.read(UrlParts.PREFIX + file + parameters, new Properties(), NOTHING);
    }

    private static LitestreamUrl replicated(String parameters) throws SQLException {
        return read(FOLDER.resolve("app.db").toString(), "?replica=file:/replica" + parameters);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    @Provide
    Arbitrary<String> texts() {
        return Arbitraries.strings()
                .ofMinLength(1)
                .ofMaxLength(20)
                .filter(text -> text.equals(text.strip())
                        && StandardCharsets.UTF_8.newEncoder().canEncode(text));
    }

    @Property(tries = 300)
    void encodedValueArrivesAsItWas(@ForAll("texts") String value) throws SQLException {
        assertThat(replicated("&name=" + encoded(value)).config().orElseThrow().name())
                .isEqualTo(value);
    }

    @Property(tries = 300)
    void valueOfAConnectionPropertyIsNotDecoded(@ForAll("texts") String value) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("name", value);
        LitestreamUrl url = LitestreamUrl.read(
                UrlParts.PREFIX + FOLDER.resolve("app.db") + "?replica=file:/r", properties, NOTHING);
        assertThat(url.config().orElseThrow().name()).isEqualTo(value);
    }

    @Provide
    Arbitrary<String> segments() {
        Arbitrary<Character> characters = Arbitraries.chars()
                .with("abcXYZ019 %+&=#;,@!'()[]{}~-_äß漢")
                .filter(c -> c != '?' && c != '/' && c != '\\');
        return characters
                .list()
                .ofMinSize(1)
                .ofMaxSize(12)
                .map(list -> list.stream().map(String::valueOf).reduce("", String::concat))
                .filter(text -> text.equals(text.strip()));
    }

    @Provide
    Arbitrary<Path> paths() {
        return segments().list().ofMinSize(1).ofMaxSize(4).map(parts -> {
            Path path = FOLDER;
            for (String part : parts) {
                path = path.resolve(part);
            }
            return path;
        });
    }

    @Property(tries = 300)
    void plainPathIsTakenAsWritten(@ForAll("paths") Path path) throws SQLException {
        assertThat(read(path.toString(), "?replica=file:/replica").database()).isEqualTo(path);
    }

    @Property(tries = 300)
    void fileUriNamesTheSameFileAsThePath(@ForAll("paths") Path path) throws SQLException {
        assertThat(read(path.toUri().toString(), "?replica=file:/replica").database())
                .isEqualTo(path);
    }

    @Provide
    Arbitrary<String> windowsPaths() {
        return Combinators.combine(
                        Arbitraries.of("C:\\", "d:/", "\\\\server\\share\\", "..\\"),
                        segments().list().ofMinSize(1).ofMaxSize(3))
                .as((root, parts) -> root + String.join("\\", parts));
    }

    @Property(tries = 200)
    void windowsPathIsNotTouched(@ForAll("windowsPaths") String path) {
        UrlParts parts = UrlParts.of(UrlParts.PREFIX + path + "?replica=file:///D:/backup");
        assertThat(parts.file()).isEqualTo(path);
        assertThat(parts.parameters()).containsExactly(new UrlParts.Parameter("replica", "file:///D:/backup"));
    }

    @Provide
    Arbitrary<DriverProperty> inUrls() {
        return Arbitraries.of(List.of(DriverProperty.values()).stream()
                .filter(property -> !property.secret())
                .toList());
    }

    @Property(tries = 200)
    void repeatedNameIsRefusedInWhateverCase(
            @ForAll("inUrls") DriverProperty property, @ForAll @IntRange(max = 1000) int seed) {
        String again = recased(property.parameter(), seed);
        assertThatThrownBy(() -> read("app.db", "?" + property.parameter() + "=1&" + again + "=1"))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("'" + property.parameter() + "' is in the URL twice");
    }

    private static String recased(String name, int seed) {
        StringBuilder recased = new StringBuilder();
        for (int i = 0; i < name.length(); i++) {
            String c = name.substring(i, i + 1);
            recased.append((seed >> i % 10 & 1) == 0 ? c : c.toUpperCase(Locale.ROOT));
        }
        return recased.toString();
    }

    /** A slip of the finger: one letter too few. */
    @Property(tries = 300)
    void unknownNameIsRefusedWithANameThatIsOneLetterAway(
            @ForAll("inUrls") DriverProperty property, @ForAll @IntRange(max = 30) int position) {
        String name = property.parameter();
        String slip =
                new StringBuilder(name).deleteCharAt(position % name.length()).toString();
        Set<String> known = new TreeSet<>(Settings.names());
        known.addAll(SqliteNames.properties());
        if (slip.isEmpty() || known.contains(slip)) {
            return;
        }
        assertThatThrownBy(() -> replicated("&" + slip + "=1"))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("unknown parameter '" + slip + "' (URL)")
                .satisfies(e -> {
                    String suggestion = e.getMessage().replaceAll("(?s).*did you mean '(.*)'\\?.*", "$1");
                    assertThat(known).contains(suggestion);
                    assertThat(Math.abs(suggestion.length() - slip.length())).isLessThanOrEqualTo(1);
                });
    }

    @Provide
    Arbitrary<String> anything() {
        return Arbitraries.strings()
                .withChars("?&=%:/\\.#;' ")
                .withChars("abfilernms3")
                .ofMaxLength(60);
    }

    @Property(tries = 1000)
    void anyTextIsReadOrRefusedWithAReason(@ForAll("anything") String file, @ForAll("anything") String parameters) {
        try {
            read(file, "?replica=file:/replica&" + parameters);
        } catch (SQLException e) {
            assertThat(e.getSQLState()).isEqualTo("08001");
            assertThat(e.getMessage()).isNotBlank();
        }
    }
}
