package io.github.litestreamjdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What {@code docs/testing.md} says of tests is true as far as names go. */
class TestingPageTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Path PAGE = ROOT.resolve("docs/testing.md");

    /** A method in the sources of a test, as the page names it. */
    private static final Pattern NAMED = Pattern.compile("`([A-Z]\\w*(?:Test|Properties|Job|Contract))\\.([a-z]\\w*)`");

    /** A line of the table of traps: a number, or a range of numbers. */
    private static final Pattern TRAP = Pattern.compile("(?m)^\\| (\\d+)(?:–(\\d+))? \\| .*$");

    private static Map<String, String> testSources() throws IOException {
        Map<String, String> sources = new HashMap<>();
        try (Stream<Path> files = Files.walk(ROOT)) {
            for (Path file : files.filter(TestingPageTest::isTestSource).toList()) {
                sources.put(file.getFileName().toString().replace(".java", ""), Files.readString(file));
            }
        }
        return sources;
    }

    private static boolean isTestSource(Path file) {
        return file.toString().endsWith(".java")
                && ROOT.relativize(file).toString().replace('\\', '/').contains("src/test/java/");
    }

    /** A test annotation, and between it and the method's name nothing that ends a method. */
    private static boolean hasTest(String source, String method) {
        Matcher declared = Pattern.compile(
                        "\\n    (?:\\w+ )*(?:void|boolean|List<DynamicTest>|Stream<DynamicTest>) " + method + "\\(")
                .matcher(source);
        while (declared.find()) {
            String before = source.substring(0, declared.start());
            String annotations = before.substring(Math.max(0, before.lastIndexOf("\n    }\n")));
            if (Pattern.compile("@(?:Test|ParameterizedTest|Property|TestFactory|RepeatedTest)\\b")
                            .matcher(annotations)
                            .find()
                    && !annotations.contains("@Disabled")) {
                return true;
            }
        }
        return false;
    }

    @Test
    void everyTestThatIsNamedExists() throws IOException {
        Map<String, String> sources = testSources();
        List<String> missing = new ArrayList<>();
        int named = 0;
        for (Matcher test = NAMED.matcher(Files.readString(PAGE)); test.find(); named++) {
            String source = sources.get(test.group(1));
            if (source == null || !hasTest(source, test.group(2))) {
                missing.add(test.group());
            }
        }
        assertThat(missing).as("named in docs/testing.md and not a test").isEmpty();
        assertThat(named).isGreaterThan(100);
        assertThat(hasTest(sources.get("TestingPageTest"), "hasTest"))
                .as("a method that is no test")
                .isFalse();
    }

    @Test
    void everyTrapHasItsLine() throws IOException {
        List<Integer> traps = new ArrayList<>();
        for (Matcher line = TRAP.matcher(Files.readString(PAGE)); line.find(); ) {
            int first = Integer.parseInt(line.group(1));
            int last = line.group(2) == null ? first : Integer.parseInt(line.group(2));
            IntStream.rangeClosed(first, last).forEach(traps::add);
            assertThat(NAMED.matcher(line.group()).find()
                            || line.group().contains("| limits")
                            || line.group().contains("| open"))
                    .as("shown by nothing, and said to be: %s", line.group())
                    .isTrue();
        }
        assertThat(traps).isEqualTo(IntStream.rangeClosed(1, 100).boxed().toList());
    }
}
