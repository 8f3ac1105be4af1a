package io.github.litestreamjdbc.api;

/**
 * Something about replication or restore failed. The subtypes are the reactions a caller can have; the message names the
 * file or parameter, what was found, and what to do.
 */
public abstract sealed class ReplicationException extends Exception {
    private static final long serialVersionUID = 1L;

    private ReplicationException(String message, Throwable cause) {
        super(message, cause);
    }

    /** It may work later: storage not reachable, a time limit passed. */
    public static final class Transient extends ReplicationException {
        private static final long serialVersionUID = 1L;

        /** Message and cause; the cause may be null. */
        public Transient(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** Data does not hold what it must: a checksum, a format rule, a gap. */
    public static final class Corrupt extends ReplicationException {
        private static final long serialVersionUID = 1L;

        /** Message and cause; the cause may be null. */
        public Corrupt(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** Another writer owns the replica's next TXID, or the replica is that of another database. */
    public static final class Fenced extends ReplicationException {
        private static final long serialVersionUID = 1L;

        /** Message naming both positions. */
        public Fenced(String message) {
            super(message, null);
        }
    }

    /** Replication of this database has ended, so that nothing more will be confirmed. */
    public static final class Stopped extends ReplicationException {
        private static final long serialVersionUID = 1L;

        /** Why it ended. */
        public Stopped(String message) {
            super(message, null);
        }
    }

    /** A person has to change something: a parameter, a path, a permission. */
    public static final class Config extends ReplicationException {
        private static final long serialVersionUID = 1L;

        /** Message only. */
        public Config(String message) {
            super(message, null);
        }

        /** Message and cause; the cause may be null. */
        public Config(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
