package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.api.PageEncoding;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.capture.LocalLtx;
import io.github.litestreamjdbc.capture.RestoreMarker;
import io.github.litestreamjdbc.capture.StateFile;
import io.github.litestreamjdbc.replica.SeenReplica;
import io.github.litestreamjdbc.spi.DirectoryStore;
import io.github.litestreamjdbc.spi.FileModes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** The folder beside a database that holds its local LTX files and what little state there is besides. */
final class MetaDirectory {
    private final Path path;
    private final DirectoryStore files;

    /** Creates it if it is missing, with modes like the database's. */
    MetaDirectory(Path path, Path database) throws ReplicationException {
        this.path = path;
        try {
            FileModes modes = FileModes.like(database);
            modes.createDirectories(path);
            this.files = new DirectoryStore(path, modes, true);
        } catch (IOException e) {
            throw unusable(path, e);
        }
    }

    private static ReplicationException unusable(Path path, IOException e) {
        return new ReplicationException.Config(
                "meta-path=" + path + " cannot be used: " + e + ". It must be a directory that this process may write",
                e);
    }

    /** Makes this process the only one that replicates the database; empty if another one is. */
    Optional<OwnerLock> tryLock() throws ReplicationException {
        try {
            return OwnerLock.tryAcquire(path);
        } catch (IOException e) {
            throw unusable(path, e);
        }
    }

    LocalLtx localLtx(PageEncoding encoding) {
        return new LocalLtx(files, encoding);
    }

    /** Whether a replica's files were ever seen from here. */
    SeenReplica seen(String replicaUrl) throws ReplicationException {
        try {
            return new SeenReplica(path, replicaUrl);
        } catch (IOException e) {
            throw unusable(path, e);
        }
    }

    /** Writes the marker of a restore. */
    void write(RestoreMarker marker) throws IOException {
        StateFile.write(RestoreMarker.path(path), marker.encode());
    }
}
