package io.github.litestreamjdbc.driver;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A URL taken apart, nothing decoded yet: {@code jdbc:litestream:sqlite:<file>[?<name>=<value>[&<name>=<value>…]]}.
 *
 * @param file as written
 * @param parameters in the order written
 */
record UrlParts(String file, List<Parameter> parameters) {
    static final String PREFIX = "jdbc:litestream:sqlite:";

    /**
     * One parameter.
     *
     * @param name in lower case
     * @param value as written; null without {@code =}
     */
    record Parameter(String name, String value) {}

    static boolean accepts(String url) {
        return url != null && url.strip().regionMatches(true, 0, PREFIX, 0, PREFIX.length());
    }

    /** Takes an accepted URL apart. */
    static UrlParts of(String url) {
        String rest = url.strip().substring(PREFIX.length());
        int question = rest.indexOf('?');
        if (question < 0) {
            return new UrlParts(rest, List.of());
        }
        List<Parameter> parameters = new ArrayList<>();
        for (String pair : rest.substring(question + 1).split("&")) {
            if (!pair.isBlank()) {
                parameters.add(parameter(pair));
            }
        }
        return new UrlParts(rest.substring(0, question), List.copyOf(parameters));
    }

    /** Values by name, decoded where they can be; for tools that only show them. */
    Map<String, String> decoded() {
        Map<String, String> values = new HashMap<>();
        for (Parameter parameter : parameters) {
            try {
                values.put(
                        parameter.name(), parameter.value() == null ? "" : PercentEncoding.decode(parameter.value()));
            } catch (IllegalArgumentException notEncoded) {
                values.put(parameter.name(), parameter.value());
            }
        }
        return values;
    }

    private static Parameter parameter(String pair) {
        int equals = pair.indexOf('=');
        String name = equals < 0 ? pair : pair.substring(0, equals);
        String value = equals < 0 ? null : pair.substring(equals + 1).strip();
        return new Parameter(name.strip().toLowerCase(Locale.ROOT), value);
    }
}
