package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.api.PageEncoding;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.capture.LocalLtx;
import io.github.litestreamjdbc.capture.RestoreMarker;
import io.github.litestreamjdbc.spi.DirectoryStore;
import io.github.litestreamjdbc.spi.FileModes;
import io.github.litestreamjdbc.store.LtxFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;

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

    /** Makes this process the only one that replicates the database. */
    OwnerLock lock() throws ReplicationException {
        try {
            return OwnerLock.acquire(path);
        } catch (IOException e) {
            throw unusable(path, e);
        }
    }

    LocalLtx localLtx(PageEncoding encoding) {
        return new LocalLtx(files, encoding);
    }

    /**
     * Whether the local state tells of uploads: a marker of a restore, or level-0 files of which the first are gone, for
     * they are deleted only once the replica has them.
     */
    boolean saysThatTheReplicaExisted() throws ReplicationException {
        try {
            List<LtxFile> files = localLtx(PageEncoding.BLOCK).list();
            return RestoreMarker.read(path).isPresent()
                    || (!files.isEmpty() && files.get(0).txids().min() != 1);
        } catch (IOException e) {
            throw unusable(path, e);
        }
    }

    /** Writes the marker of a restore: durable under its name before it returns. */
    void write(RestoreMarker marker) throws IOException {
        Path target = RestoreMarker.path(path);
        Path temporary = Files.createTempFile(path, "restored-", ".tmp");
        try (FileChannel out = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(marker.encode());
            while (bytes.hasRemaining()) {
                out.write(bytes);
            }
            out.force(true);
        }
        Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        DirectoryStore.syncDirectory(path);
    }
}
