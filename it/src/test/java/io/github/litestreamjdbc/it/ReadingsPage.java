package io.github.litestreamjdbc.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** What docs/readings.md promises to those whose alerts have names of metrics in them. */
final class ReadingsPage {
    private ReadingsPage() {}

    /** The names of the metrics, as Prometheus has them. */
    static Set<String> metrics() throws IOException {
        List<String> lines = Files.readAllLines(Path.of("../docs/readings.md"));
        int begin = lines.indexOf("## `GET /metrics`") + 3;
        int length = lines.subList(begin, lines.size()).indexOf("```");
        return lines.subList(begin, begin + length).stream()
                .map(line -> line.split("[{ ]")[0])
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
