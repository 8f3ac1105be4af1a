package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.capture.LeftoverWal;
import io.github.litestreamjdbc.capture.LocalLtx;
import io.github.litestreamjdbc.spi.LogLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Files beside a missing database that belong to it by name. SQLite would take a {@code -wal} or {@code -journal} for that
 * of the restored file and play it into it. Our own orderly end leaves a WAL; that one is known and moved aside.
 */
final class Leftovers {
    private static final System.Logger LOG = System.getLogger(Leftovers.class.getName());

    private final Path database;
    private final LocalLtx local;
    private boolean ownWal;

    Leftovers(Path database, LocalLtx local) {
        this.database = database;
        this.local = local;
    }

    /** Refuses what cannot be explained. Changes nothing. */
    void check() throws ReplicationException, IOException {
        refuse("-journal", "it may hold a transaction that was cut off");
        if (Files.exists(beside("-wal"))) {
            Optional<String> doubt = LeftoverWal.doubt(beside("-wal"), local);
            if (doubt.isPresent()) {
                refuse("-wal", doubt.get());
            }
            ownWal = true;
        } else {
            refuse("-shm", "there is no -wal that it could belong to");
        }
    }

    /** Moves the WAL that was found to be ours, and captured completely, out of SQLite's sight. */
    void moveAside() throws IOException {
        if (!ownWal) {
            return;
        }
        Path wal = beside("-wal");
        Path aside = beside("-wal.replicated");
        for (int i = 2; Files.exists(aside); i++) {
            aside = beside("-wal.replicated." + i);
        }
        Files.move(wal, aside);
        Files.deleteIfExists(beside("-shm"));
        LOG.log(
                System.Logger.Level.INFO,
                LogLine.of("path", wal)
                        .says("all of it is in level-0 files; moved to " + aside.getFileName()
                                + ", which can be deleted"));
    }

    private void refuse(String suffix, String reason) throws ReplicationException {
        Path file = beside(suffix);
        if (Files.exists(file)) {
            throw new ReplicationException.Config(database + " does not exist, but " + file + " does, and " + reason
                    + ". SQLite would apply it to the restored database. Move it away if nothing in it is needed, or"
                    + " bring the database file back that it belongs to");
        }
    }

    private Path beside(String suffix) {
        return database.resolveSibling(database.getFileName() + suffix);
    }
}
