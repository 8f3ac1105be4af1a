package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.litestreamjdbc.api.ReplicationEvent;
import io.github.litestreamjdbc.api.ReplicationEvent.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.JMException;

/** What docs/operations.md promises: the rows of its tables, by heading and first cell, and whether they are true. */
final class OperationsPage {
    private static final Pattern CLAUSE =
            Pattern.compile("`(\\w+)` (is|contains|is above|is empty|is not empty)(?: `([^`]+)`)?");
    private static final Pattern LINE = Pattern.compile("(INFO|WARNING|ERROR) `([^`]+)`");

    private OperationsPage() {}

    /** The cells of a row by the heads of their columns. */
    record Row(String heading, Map<String, String> cells) {
        /** Waits until everything is as this row says. */
        void verify(Scene scene) {
            if (cells.containsKey("event")) {
                verifyTold(scene, Kind.valueOf(unquoted(cells.get("event"))));
            }
            verifyLog(scene);
            if (cells.containsKey("reading")) {
                verifyReadings(scene);
            }
        }

        void verifyTold(Scene scene, Kind kind) {
            await(toString()).untilAsserted(() -> {
                List<String> told = scene.watch().events(kind).stream()
                        .map(ReplicationEvent::reason)
                        .toList();
                assertThat(told)
                        .isNotEmpty()
                        .containsExactlyElementsOf(scene.watch().notified(kind));
            });
        }

        void verifyLog(Scene scene) {
            Matcher line = LINE.matcher(cells.get("log"));
            assertThat(line.matches()).as(toString()).isTrue();
            await(toString())
                    .untilAsserted(() -> assertThat(scene.watch().lines())
                            .anySatisfy(said -> assertThat(said)
                                    .startsWith(line.group(1) + " ")
                                    .contains(line.group(2))));
        }

        void verifyReadings(Scene scene) {
            for (String clause : cells.get("reading").split("; ")) {
                Matcher parts = CLAUSE.matcher(clause);
                assertThat(parts.matches()).as(clause).isTrue();
                await(toString())
                        .ignoreExceptions()
                        .untilAsserted(() -> verify(
                                parts.group(2),
                                scene.reading(parts.group(1)).toString(),
                                parts.group(2).equals("is above") ? number(scene, parts.group(3)) : parts.group(3)));
            }
        }

        /** A number, or that of another reading. */
        private static String number(Scene scene, String value) throws JMException {
            return Character.isDigit(value.charAt(0))
                    ? value
                    : scene.reading(value).toString();
        }

        private static void verify(String relation, String actual, String value) {
            switch (relation) {
                case "is" -> assertThat(actual).isEqualTo(value);
                case "contains" -> assertThat(actual).contains(value);
                case "is above" -> assertThat(Double.parseDouble(actual)).isGreaterThan(Double.parseDouble(value));
                case "is empty" -> assertThat(actual).isEmpty();
                default -> assertThat(actual).isNotEmpty();
            }
        }
    }

    /** The rows below a heading by their first cell. */
    static Map<String, Row> rows(String heading) {
        Map<String, Row> rows = new LinkedHashMap<>();
        List<String> heads = null;
        for (String line : section(heading)) {
            if (!line.startsWith("|")) {
                heads = null;
                continue;
            }
            List<String> cells = Arrays.stream(
                            line.substring(1, line.length() - 1).split("(?<!\\\\)\\|"))
                    .map(String::strip)
                    .toList();
            if (heads == null) {
                heads = cells;
            } else if (!cells.get(0).startsWith("---")) {
                Map<String, String> row = new HashMap<>();
                for (int i = 0; i < cells.size(); i++) {
                    row.put(heads.get(i), cells.get(i));
                }
                rows.put(unquoted(cells.get(0)), new Row(heading + ": " + cells.get(0), row));
            }
        }
        return rows;
    }

    /** Headings of the third order below one of the second that have a table. */
    static List<String> tried(String heading) {
        List<String> tried = new ArrayList<>();
        for (String line : section(heading)) {
            if (line.startsWith("### ") && !rows(line.substring(4)).isEmpty()) {
                tried.add(line.substring(4));
            }
        }
        return tried;
    }

    private static List<String> section(String heading) {
        try {
            List<String> lines = Files.readAllLines(Path.of("../docs/operations.md"));
            int begin = Math.max(lines.indexOf("## " + heading), lines.indexOf("### " + heading));
            assertThat(begin).as("## " + heading).isNotNegative();
            String end = lines.get(begin).startsWith("###") ? "##+ .*" : "## .*";
            int length = 1;
            while (begin + length < lines.size() && !lines.get(begin + length).matches(end)) {
                length++;
            }
            return lines.subList(begin + 1, begin + length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String unquoted(String cell) {
        return cell.replace("`", "");
    }
}
