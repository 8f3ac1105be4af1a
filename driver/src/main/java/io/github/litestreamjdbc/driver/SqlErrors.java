package io.github.litestreamjdbc.driver;

import io.github.litestreamjdbc.api.ReplicationException;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLNonTransientException;

/** The errors of ours that reach the application, by SQLState. */
final class SqlErrors {
    private static final String REFUSED = "08001";
    private static final String NOT_CONFIRMED = "58030";
    private static final String READ_ONLY = "25006";
    private static final String GENERAL = "HY000";

    private SqlErrors() {}

    /** The connection is refused: configuration. */
    static SQLException refused(String message) {
        return new SQLNonTransientConnectionException(message, REFUSED);
    }

    /** The connection is refused: restore or replication cannot begin. */
    static SQLException refused(ReplicationException cause) {
        return new SQLNonTransientConnectionException(cause.getMessage(), REFUSED, cause);
    }

    /**
     * A commit that the replica has not confirmed. Not transient: whoever tries again would commit twice. Not of a class
     * that makes pools discard the connection: it is sound.
     */
    static SQLException notConfirmed(ReplicationException cause) {
        return new SQLNonTransientException(
                "committed locally, not confirmed by the replica: " + cause.getMessage(), NOT_CONFIRMED, cause);
    }

    /** A write while the lease is lost or cannot be confirmed; nothing was written. */
    static SQLException readOnly(ReplicationException cause) {
        return new SQLNonTransientException(cause.getMessage(), READ_ONLY, cause);
    }

    /** A statement is refused. */
    static SQLException statementRefused(String message) {
        return new SQLNonTransientException(message, GENERAL);
    }

    /** Our checkpoint failed. */
    static SQLException checkpointFailed(ReplicationException cause) {
        return new SQLNonTransientException(cause.getMessage(), GENERAL, cause);
    }
}
