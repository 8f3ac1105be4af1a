package io.github.litestreamjdbc.driver;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.function.Function;

/** The parameters of ours that were given, each from the first source that has it, checked one by one. */
final class Settings {
    /**
     * One value.
     *
     * @param source for messages
     */
    private record Setting(String value, String source) {}

    private final Map<DriverProperty, Setting> given = new EnumMap<>(DriverProperty.class);

    private Settings() {}

    /**
     * Reads all sources: the properties win over the URL, then system properties, environment variables and the file
     * named by {@code config}.
     *
     * @param properties ours only
     * @param url ours only, decoded
     */
    static Settings read(
            Map<DriverProperty, String> properties, Map<DriverProperty, String> url, Environment environment)
            throws SQLException {
        Settings settings = new Settings();
        settings.add("connection property", properties::get);
        settings.add("URL", url::get);
        settings.add("system property", property -> environment.systemProperty().apply(property.systemProperty()));
        settings.add("environment", property -> environment.variable().apply(property.environmentVariable()));
        Optional<String> config = settings.text(DriverProperty.CONFIG);
        if (config.isPresent() && !config.get().isEmpty()) {
            settings.add("file " + config.get(), read(config.get())::get);
        }
        settings.addStoreNames(environment);
        settings.check();
        return settings;
    }

    private void add(String source, Function<DriverProperty, String> values) {
        for (DriverProperty property : DriverProperty.values()) {
            String value = values.apply(property);
            if (value != null) {
                given.putIfAbsent(property, new Setting(value.strip(), source));
            }
        }
    }

    /**
     * The names that others read too. AWS's own keys are left to its SDK, which knows the order among them and their
     * token; Litestream's count only where those are missing.
     */
    private void addStoreNames(Environment environment) {
        for (String name : List.of("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")) {
            add(
                    "environment",
                    only(DriverProperty.S3_ENDPOINT, environment.variable().apply(name)));
        }
        boolean given = this.given.containsKey(DriverProperty.S3_ACCESS_KEY_ID)
                || this.given.containsKey(DriverProperty.S3_PROFILE)
                || environment.variable().apply("AWS_ACCESS_KEY_ID") != null;
        if (!given && environment.variable().apply("LITESTREAM_ACCESS_KEY_ID") != null) {
            add(
                    "environment",
                    only(DriverProperty.S3_ACCESS_KEY_ID, environment.variable().apply("LITESTREAM_ACCESS_KEY_ID")));
            add(
                    "environment",
                    only(
                            DriverProperty.S3_SECRET_ACCESS_KEY,
                            environment.variable().apply("LITESTREAM_SECRET_ACCESS_KEY")));
            add(
                    "environment",
                    only(DriverProperty.S3_SESSION_TOKEN, environment.variable().apply("AWS_SESSION_TOKEN")));
        }
    }

    private static Function<DriverProperty, String> only(DriverProperty property, String value) {
        return each -> each == property ? value : null;
    }

    private static Map<DriverProperty, String> read(String config) throws SQLException {
        Properties file = new Properties();
        try (Reader reader = Files.newBufferedReader(Path.of(config), StandardCharsets.UTF_8)) {
            file.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            throw SqlErrors.refused("parameter 'config': " + config + " cannot be read as a Java properties file: "
                    + (e instanceof InvalidPathException ? "not a path" : e));
        }
        Map<DriverProperty, String> values = new EnumMap<>(DriverProperty.class);
        for (String name : file.stringPropertyNames()) {
            DriverProperty property = DriverProperty.named(name)
                    .orElseThrow(() -> SqlErrors.refused("file " + config + " named by 'config': unknown parameter '"
                            + name + "'; did you mean '" + NearestName.to(name, names()) + "'?"));
            if (property == DriverProperty.CONFIG) {
                throw SqlErrors.refused("file " + config + " named by 'config' cannot name another; put the parameters"
                        + " of that one into it");
            }
            values.put(property, file.getProperty(name));
        }
        return values;
    }

    /** The names of all our parameters. */
    static List<String> names() {
        List<String> names = new ArrayList<>();
        for (DriverProperty property : DriverProperty.values()) {
            names.add(property.parameter());
        }
        return names;
    }

    private void check() throws SQLException {
        for (Map.Entry<DriverProperty, Setting> entry : given.entrySet()) {
            DriverProperty property = entry.getKey();
            String value = entry.getValue().value();
            if (value.isEmpty()) {
                throw refused(property, "is empty; leave it out or give it a value");
            }
            if (!property.supported() && !isDefault(property, value)) {
                throw refused(
                        property,
                        "is not supported yet; leave it out"
                                + (property.defaultValue() == null
                                        ? ""
                                        : " (its default is " + property.defaultValue() + ")"));
            }
            checkForm(property, value);
        }
    }

    private static boolean isDefault(DriverProperty property, String value) {
        String defaultValue = property.defaultValue();
        if (defaultValue == null) {
            return false;
        }
        try {
            return switch (property.kind()) {
                case TEXT, CHOICE -> value.equalsIgnoreCase(defaultValue);
                case DURATION -> Values.duration(value).equals(Values.duration(defaultValue));
                case SIZE -> Values.bytes(value) == Values.bytes(defaultValue);
                case COUNT -> Values.count(value) == Values.count(defaultValue);
            };
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private void checkForm(DriverProperty property, String value) throws SQLException {
        try {
            switch (property.kind()) {
                case TEXT -> {}
                case CHOICE -> choice(property, value);
                case DURATION -> Values.duration(value);
                case SIZE -> Values.bytes(value);
                case COUNT -> Values.count(value);
            }
        } catch (IllegalArgumentException e) {
            throw refused(property, "must be " + e.getMessage());
        }
    }

    private static String choice(DriverProperty property, String value) {
        return property.choices().stream()
                .filter(value::equalsIgnoreCase)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        property.choices().size() == 1
                                ? property.choices().get(0)
                                : "one of " + String.join(", ", property.choices())));
    }

    /** Whether a source has it. */
    boolean has(DriverProperty property) {
        return given.containsKey(property);
    }

    /** The value given, else the default; empty if there is neither. */
    Optional<String> text(DriverProperty property) {
        Setting setting = given.get(property);
        return Optional.ofNullable(setting == null ? property.defaultValue() : setting.value());
    }

    /** The choice given or the default, spelled as in {@link DriverProperty#choices}. */
    String choice(DriverProperty property) {
        return choice(property, text(property).orElseThrow());
    }

    java.time.Duration duration(DriverProperty property) {
        return Values.duration(text(property).orElseThrow());
    }

    int count(DriverProperty property) {
        return Values.count(text(property).orElseThrow());
    }

    long bytes(DriverProperty property) {
        return Values.bytes(text(property).orElseThrow());
    }

    /** Settings of the store that were given, by parameter name; may hold secrets. */
    Map<String, String> storeSettings() {
        Map<String, String> settings = new java.util.TreeMap<>();
        given.forEach((property, setting) -> {
            if (property.storeSetting()) {
                settings.put(property.parameter(), setting.value());
            }
        });
        return settings;
    }

    /** Refuses the connection because of a value; names it unless it is secret. */
    SQLException refused(DriverProperty property, String reason) {
        Setting setting = given.get(property);
        if (setting == null) {
            return SqlErrors.refused("parameter '" + property.parameter() + "' " + reason);
        }
        String value = property.secret() ? "" : "=" + setting.value();
        return SqlErrors.refused(
                "parameter '" + property.parameter() + value + "' (" + setting.source() + ") " + reason);
    }
}
