package io.github.litestreamjdbc.engine;

import java.sql.SQLException;

/**
 * Opens the application's connection, once its database file may be opened.
 *
 * @param <C> the driver's connection class
 */
@FunctionalInterface
public interface ConnectionOpener<C extends java.sql.Connection> {
    /**
     * Opens it in WAL mode with {@code wal_autocheckpoint=0}.
     *
     * @param attachment to be told of commits and of the close
     */
    C open(Attachment attachment) throws SQLException;
}
