package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Looks at replica directories from outside. */
final class Replicas {
    private Replicas() {}

    /** Names of the level-0 files in order. */
    static List<String> levelZero(Path replica) throws IOException {
        Path level = replica.resolve("ltx/0");
        if (!Files.exists(level)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(level)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".ltx"))
                    .sorted()
                    .toList();
        }
    }

    static String newestTxid(Path replica) throws IOException {
        List<String> files = levelZero(replica);
        return files.isEmpty() ? "" : files.get(files.size() - 1).substring(17, 33);
    }

    /** WAL frames that all level-0 files together came from, by their headers. */
    static long capturedFrames(Path replica, int pageSizeBytes) throws IOException {
        long bytes = 0;
        for (String name : levelZero(replica)) {
            try (DataInputStream header = new DataInputStream(Files.newInputStream(replica.resolve("ltx/0/" + name)))) {
                header.skipNBytes(56);
                bytes += header.readLong();
            }
        }
        return bytes / (24 + pageSizeBytes);
    }

    static void assertLevelZeroHasNoGap(Path replica) throws IOException {
        long expected = 1;
        for (String name : levelZero(replica)) {
            assertThat(name).isEqualTo(String.format("%016x-%016x.ltx", expected, expected));
            expected++;
        }
    }

    /** Copies a tree with its modification times. */
    static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> tree = Files.walk(from)) {
            for (Path source : tree.toList()) {
                Path target = to.resolve(from.relativize(source).toString());
                if (Files.isDirectory(source)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(source, target, StandardCopyOption.COPY_ATTRIBUTES);
                }
            }
        }
    }

    static void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> tree = Files.walk(directory)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
