package io.github.litestreamjdbc.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The jars that a module brings along at run time, as the build resolved them and as the documentation lists them. */
public final class RuntimeJars {
    private static final Pattern LISTED = Pattern.compile("\\| `([^`]+\\.jar)` \\| (\\d+) \\|");

    private static final Pattern RESOLVED = Pattern.compile(":(?:compile|runtime):(.+?\\.jar)(?: |$)");

    private RuntimeJars() {}

    /**
     * Names and sizes in KiB, rounded up, out of the list that the build writes into the module's target; our own modules,
     * and what is optional and so comes with nobody, left out.
     */
    public static Map<String, Long> resolved() throws IOException {
        Map<String, Long> jars = new TreeMap<>();
        for (String line : Files.readAllLines(Path.of("target", "run-time-jars"))) {
            Matcher resolved = RESOLVED.matcher(line);
            if (resolved.find() && !line.contains("(optional)") && !line.contains("io.github.litestreamjdbc:")) {
                Path jar = Path.of(resolved.group(1));
                jars.put(jar.getFileName().toString(), (Files.size(jar) + 1023) / 1024);
            }
        }
        return jars;
    }

    /** Names and sizes in KiB that a section of docs/dependencies.md lists. */
    public static Map<String, Long> documented(String heading) {
        Map<String, Long> jars = new TreeMap<>();
        boolean inside = false;
        for (String line : lines()) {
            if (line.startsWith("#")) {
                inside = line.contains(heading);
            }
            Matcher listed = LISTED.matcher(line);
            if (inside && listed.matches()) {
                jars.put(listed.group(1), Long.parseLong(listed.group(2)));
            }
        }
        return jars;
    }

    /** Whether the documentation says a total somewhere. */
    public static boolean documentsTotal(Map<String, Long> jars) {
        long kib = jars.values().stream().mapToLong(Long::longValue).sum();
        String total = "Total: " + jars.size() + " jars, " + kib + " KiB";
        return lines().stream().anyMatch(line -> line.contains(total));
    }

    private static List<String> lines() {
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            Path document = at.resolve("docs/dependencies.md");
            if (Files.exists(document)) {
                try (Stream<String> lines = Files.lines(document)) {
                    return lines.toList();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
        throw new IllegalStateException("docs/dependencies.md is not above the working directory");
    }
}
