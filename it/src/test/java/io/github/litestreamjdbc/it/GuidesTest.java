package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each block of code on a page stands under a comment that names the source that it was taken from, and is the same. Tests run
 * these sources. What no test can run says so.
 */
class GuidesTest {
    private static final Path ROOT = Path.of("..");
    private static final Pattern BLOCK = Pattern.compile("(?m)^(<!-- (.*) -->\n)?```(\\w*)\n((?:(?!```).*\n)*)```$");
    private static final Pattern SOURCE = Pattern.compile("from (\\S+?)(?:#(\\S+))?");
    private static final Pattern NOT_RUN = Pattern.compile("not run: .+");

    /** A block of code and the comment above it. */
    record Sample(Path page, String comment, String code) {
        @Override
        public String toString() {
            return page.getFileName() + ": " + comment;
        }
    }

    static List<Sample> samples() throws IOException {
        List<Sample> samples = new ArrayList<>();
        try (Stream<Path> pages = Files.list(ROOT.resolve("docs/guides"))) {
            for (Path page : pages.sorted().toList()) {
                Matcher block = BLOCK.matcher(Files.readString(page));
                while (block.find()) {
                    samples.add(new Sample(page, String.valueOf(block.group(2)), block.group(4)));
                }
            }
        }
        return samples;
    }

    @ParameterizedTest
    @MethodSource("samples")
    void codeIsTheSourcesThatTestsRun(Sample sample) throws IOException {
        Matcher source = SOURCE.matcher(sample.comment());
        if (!source.matches()) {
            assertThat(sample.comment()).matches(NOT_RUN);
            return;
        }
        String text = Files.readString(ROOT.resolve(source.group(1)));
        assertThat(sample.code()).isEqualTo(source.group(2) == null ? text : region(text, source.group(2)));
    }

    /** Between the marks, moved to the left. */
    private static String region(String text, String name) {
        Matcher region = Pattern.compile("(?s)\\n[ ]*// #" + Pattern.quote(name) + "\\n(.*?)[ ]*// #end\\n")
                .matcher(text);
        assertThat(region.find()).as(name).isTrue();
        return region.group(1).stripTrailing().stripIndent() + "\n";
    }

    static List<Path> pages() {
        try (Stream<Path> pages = Files.list(ROOT.resolve("docs/guides"))) {
            return pages.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @MethodSource("pages")
    void everyBlockHasItsComment(Path page) throws IOException {
        String text = Files.readString(page);
        assertThat(text.lines().filter(line -> line.startsWith("```")).count() / 2)
                .isEqualTo(samples().stream()
                        .filter(sample -> sample.page().equals(page))
                        .filter(sample -> !sample.comment().equals("null"))
                        .count());
    }
}
