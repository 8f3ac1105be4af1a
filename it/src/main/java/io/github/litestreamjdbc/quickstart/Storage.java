package io.github.litestreamjdbc.quickstart;

import io.github.litestreamjdbc.s3testing.S3TestServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Where the replica is.
 *
 * @param url of the replica
 * @param parameters what else the JDBC URL needs
 * @param files where its objects lie on this machine
 * @param server null for a directory
 */
record Storage(String url, String parameters, Path files, S3TestServer server) implements AutoCloseable {
    static Storage directory(Path work) {
        Path replica = work.resolve("replica");
        return new Storage(replica.toUri().toString(), "", replica, null);
    }

    /** Starts an S3 server in this JVM; the application's own JVMs reach it by HTTP, with keys out of a file. */
    static Storage s3(Path work) throws IOException {
        Path objects = Files.createDirectories(work.resolve("objects"));
        S3TestServer server = S3TestServer.http(objects);
        Path config = Files.writeString(
                work.resolve("s3.properties"),
                server.settings().entrySet().stream()
                        .map(entry -> entry.getKey() + "=" + entry.getValue() + "\n")
                        .collect(Collectors.joining()));
        return new Storage("s3://" + S3TestServer.BUCKET + "/app", "&config=" + config, objects, server);
    }

    /** Number and size of its objects. */
    String size() throws IOException {
        try (Stream<Path> tree = Files.walk(files)) {
            List<Path> found = tree.filter(Files::isRegularFile).toList();
            long bytes = found.stream().mapToLong(Storage::length).sum();
            return String.format("%,d files, %,d bytes", found.size(), bytes);
        }
    }

    private static long length(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        if (server != null) {
            server.close();
        }
    }
}
