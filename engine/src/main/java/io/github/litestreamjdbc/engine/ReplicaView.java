package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.api.Generation;
import io.github.litestreamjdbc.api.History;
import io.github.litestreamjdbc.api.ReplicaFile;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.api.RestoreOptions;
import io.github.litestreamjdbc.api.RestoreProgress;
import io.github.litestreamjdbc.api.RestoreReport;
import io.github.litestreamjdbc.api.Verification;
import io.github.litestreamjdbc.restore.RestorePoints;
import io.github.litestreamjdbc.restore.Restorer;
import io.github.litestreamjdbc.restore.Verifier;
import io.github.litestreamjdbc.spi.StoreConfigurationException;
import io.github.litestreamjdbc.store.LtxFile;
import io.github.litestreamjdbc.store.LtxStore;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A replica by itself, for tools: nothing here writes to it. Methods throw {@link ReplicationException.Config} where
 * somebody has to change something, {@link ReplicationException.Transient} where the replica cannot be read just now. Safe
 * for use by several threads.
 */
public final class ReplicaView implements AutoCloseable {
    private final LtxStore replica;
    private final String url;

    private ReplicaView(LtxStore replica, String url) {
        this.replica = replica;
        this.url = url;
    }

    /**
     * Opens the replica at a URL, which must be there.
     *
     * @param settings of the store, such as {@code s3.region}
     * @throws ReplicationException.Config if the URL or a setting is wrong
     */
    public static ReplicaView open(String url, Map<String, String> settings) throws ReplicationException {
        return new ReplicaView(Stores.open(Path.of("").toAbsolutePath().resolve("restored.db"), url, settings), url);
    }

    private interface Read<T> {
        T read() throws IOException, ReplicationException;
    }

    private <T> T reading(Read<T> read) throws ReplicationException {
        try {
            return read.read();
        } catch (StoreConfigurationException e) {
            throw new ReplicationException.Config(e.getMessage(), e);
        } catch (IOException e) {
            throw new ReplicationException.Transient(replica + ": " + e.getMessage(), e);
        }
    }

    /** All LTX files, level by level, by their TXIDs. */
    public List<ReplicaFile> files() throws ReplicationException {
        return reading(replica::listAll).stream().map(Verifier.ReplicaFiles::of).toList();
    }

    /** The states that can be restored. */
    public History history() throws ReplicationException {
        List<LtxFile> listing = reading(replica::listAll);
        return RestorePoints.of(listing);
    }

    /** What Litestream 0.3 left there, oldest first. */
    public List<Generation> generations() throws ReplicationException {
        return reading(() -> RestorePoints.generations(replica.listGenerations()));
    }

    /** Reads every file to its end. */
    public Verification verify(int parallelism) throws ReplicationException {
        return reading(() -> new Verifier(replica).verify(parallelism));
    }

    /** The LTX files that a restore would read, oldest first; nothing is read of them. */
    public List<ReplicaFile> plan(RestoreOptions options) throws ReplicationException {
        return reading(() -> new Restorer(replica, url).plan(options)).stream()
                .map(Verifier.ReplicaFiles::of)
                .toList();
    }

    /**
     * Restores a file that must not exist.
     *
     * @return empty if the replica holds no database
     * @throws ReplicationException.Corrupt if no undamaged files lead to the state
     */
    public Optional<RestoreReport> restore(Path file, RestoreOptions options, Consumer<RestoreProgress> progress)
            throws ReplicationException {
        Path path = file.toAbsolutePath().normalize();
        if (!Files.isDirectory(path.getParent())) {
            throw new ReplicationException.Config(path.getParent() + " is not a directory; create it first");
        }
        for (String suffix : List.of("", "-wal", "-shm", "-journal")) {
            Path existing = path.resolveSibling(path.getFileName() + suffix);
            if (Files.exists(existing, LinkOption.NOFOLLOW_LINKS)) {
                throw new ReplicationException.Config(
                        existing + " exists, and nothing is overwritten; move it away or restore to another file");
            }
        }
        return reading(() -> {
            try {
                return new Restorer(replica, url)
                        .restore(path, options, progress, restored -> {})
                        .map(Restorer.Restored::report);
            } catch (FileSystemException e) {
                if (e.getFile() == null
                        || !path.getParent().equals(Path.of(e.getFile()).getParent())) {
                    throw e;
                }
                throw new ReplicationException.Config(
                        path + " cannot be written: " + e + "; restore to another directory, or make this one writable",
                        e);
            }
        });
    }

    @Override
    public void close() {
        replica.close();
    }

    @Override
    public String toString() {
        return replica.toString();
    }
}
