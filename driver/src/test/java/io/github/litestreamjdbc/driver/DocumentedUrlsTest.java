package io.github.litestreamjdbc.driver;

import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every URL in the guides is one that the driver takes: its parameters exist, and their values are valid. */
class DocumentedUrlsTest {
    private static final Pattern URL = Pattern.compile("jdbc:litestream:sqlite:[^\\s`\"<…]+\\?[^\\s`\"<…]+");

    static Stream<String> urls() throws IOException {
        List<Path> pages = new ArrayList<>(List.of(Path.of("../README.md")));
        try (Stream<Path> guides = Files.list(Path.of("../docs/guides"))) {
            guides.sorted().forEach(pages::add);
        }
        TreeSet<String> urls = new TreeSet<>();
        for (Path page : pages) {
            URL.matcher(Files.readString(page))
                    .results()
                    .map(MatchResult::group)
                    .forEach(urls::add);
        }
        return urls.stream();
    }

    @ParameterizedTest
    @MethodSource("urls")
    void urlIsTaken(String url) {
        assertThatCode(() -> LitestreamUrl.read(url, new Properties(), new Environment(name -> null, name -> null)))
                .doesNotThrowAnyException();
    }
}
