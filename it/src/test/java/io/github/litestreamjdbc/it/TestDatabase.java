package io.github.litestreamjdbc.it;

import io.github.litestreamjdbc.engine.Replication;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;

/** A database file, its replica directory, and the URL that an application would use for them. */
record TestDatabase(Path file, Path replica) {
    static final Duration TIMEOUT = Duration.ofSeconds(20);

    static TestDatabase in(Path directory) {
        return new TestDatabase(directory.resolve("app.db"), directory.resolve("replica"));
    }

    /** Another file with the same replica. */
    TestDatabase movedTo(Path otherFile) {
        return new TestDatabase(otherFile, replica);
    }

    String url(String... parameters) {
        StringBuilder url = new StringBuilder("jdbc:litestream:sqlite:" + file + "?replica=" + replica.toUri());
        for (String parameter : parameters) {
            url.append('&').append(parameter);
        }
        return url.toString();
    }

    /** Closing it ends replication. */
    Connection connect(String... parameters) throws SQLException {
        return DriverManager.getConnection(url(parameters) + "&linger=0");
    }

    Connection connectRestoring(String... parameters) throws SQLException {
        return DriverManager.getConnection(url(parameters) + "&linger=0&restore=if-missing");
    }

    static long sync(Connection connection) throws Exception {
        return connection.unwrap(Replication.class).sync(TIMEOUT);
    }

    Path beside(String suffix) {
        return file.resolveSibling(file.getFileName() + suffix);
    }

    Path meta() {
        return file.resolveSibling("." + file.getFileName() + "-litestream");
    }

    /** The machine is lost; the replica is not. */
    void loseFileAndState() throws IOException {
        loseFile();
        Replicas.delete(meta());
    }

    void loseFile() throws IOException {
        Files.delete(file);
        Files.deleteIfExists(beside("-wal"));
        Files.deleteIfExists(beside("-shm"));
    }
}
