package io.github.litestreamjdbc.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Optional;
import java.util.stream.StreamSupport;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Assumptions;

/**
 * Replicas made by real Litestream, which lie beside the repository and never in it: in the directory named by the
 * system property {@code litestreamjdbc.golden}, else in {@code ../shared/golden} seen from the repository root.
 */
public final class Golden {
    private static final String DIRECTORY_PROPERTY = "litestreamjdbc.golden";

    private final Path directory;
    private final JsonNode manifest;

    private Golden(Path directory) throws IOException {
        this.directory = directory;
        this.manifest =
                new ObjectMapper().readTree(directory.resolve("manifest.json").toFile());
    }

    /** The golden data; without it the calling test is reported as skipped. */
    public static Golden load() throws IOException {
        Optional<Path> directory = find().filter(path -> Files.exists(path.resolve("manifest.json")));
        Assumptions.assumeTrue(
                directory.isPresent(), "no golden data: name its directory by -D" + DIRECTORY_PROPERTY + "=...");
        return new Golden(directory.orElseThrow());
    }

    public Path directory() {
        return directory;
    }

    public JsonNode manifest() {
        return manifest;
    }

    public List<Case> cases() {
        return elements(manifest.path("cases")).stream().map(Case::new).toList();
    }

    /** The case named so. */
    public Case named(String name) {
        return cases().stream()
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no golden case is named " + name));
    }

    /** The elements of a JSON array; none if it is absent. */
    public static List<JsonNode> elements(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).toList();
    }

    private static Optional<Path> find() {
        String property = System.getProperty(DIRECTORY_PROPERTY);
        if (property != null) {
            return Optional.of(Path.of(property));
        }
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            if (Files.isDirectory(at.resolve(".mvn"))) {
                return Optional.of(at.resolve("../shared/golden").normalize());
            }
        }
        return Optional.empty();
    }

    /** One case of the manifest. */
    public final class Case {
        private final JsonNode json;

        private Case(JsonNode json) {
            this.json = json;
        }

        public String name() {
            return json.path("name").asText();
        }

        /** What the manifest says about the case. */
        public JsonNode json() {
            return json;
        }

        /** The elements of {@code files}. */
        public List<JsonNode> files() {
            return elements(json.path("files"));
        }

        /** The replica's root, to be read only; modification times are not those of the manifest. */
        public Path root() {
            return directory.resolve(json.path("dir").asText());
        }

        /** Opens a file of the case, decompressing it if it is stored compressed. */
        public InputStream open(JsonNode file) throws IOException {
            if (file.has("stored_as")) {
                return new GZIPInputStream(Files.newInputStream(
                        root().resolve(file.path("stored_as").asText())));
            }
            return Files.newInputStream(root().resolve(file.path("path").asText()));
        }

        /**
         * Copies every file of the case below {@code target}, with the modification times of the manifest.
         *
         * @return {@code target}, now the replica's root
         */
        public Path copyTo(Path target) throws IOException {
            for (JsonNode file : files()) {
                Path copy = target.resolve(file.path("path").asText());
                Files.createDirectories(copy.getParent());
                try (InputStream in = open(file)) {
                    Files.copy(in, copy);
                }
                Files.setLastModifiedTime(
                        copy, FileTime.fromMillis(file.path("mtime_ms").asLong()));
            }
            return target;
        }

        @Override
        public String toString() {
            return name();
        }
    }
}
