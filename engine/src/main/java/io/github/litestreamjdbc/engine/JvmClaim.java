package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.api.ReplicationException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Says within this JVM that one copy of this driver works on a database and a meta directory. Two copies, loaded by
 * two class loaders, come with two copies of SQLite, each of which drops the other's POSIX locks when it closes the file;
 * and an {@link OwnerLock} does not tell them apart. The claims are system properties: all that class loaders share, and
 * strings only, so that no loader is kept from being collected.
 *
 * <p>Safe for use by several threads.
 */
final class JvmClaim implements AutoCloseable {
    private static final String PREFIX = "io.github.litestreamjdbc.claim.";

    /** This copy of the driver. */
    private static final String SELF =
            JvmClaim.class.getClassLoader() + " (" + System.identityHashCode(JvmClaim.class) + ")";

    private final List<String> held = new ArrayList<>();

    private JvmClaim() {}

    /**
     * Claims both.
     *
     * @throws ReplicationException.Config if another copy of the driver has the database, or another database has the meta
     *     directory
     */
    static JvmClaim of(Path database, Path metaPath) throws ReplicationException {
        JvmClaim claim = new JvmClaim();
        try {
            claim.add("database." + database, database.toString());
            claim.add("meta." + metaPath, "meta-path=" + metaPath);
            return claim;
        } catch (ReplicationException e) {
            claim.close();
            throw e;
        }
    }

    private void add(String name, String what) throws ReplicationException {
        Object holder = System.getProperties().putIfAbsent(PREFIX + name, SELF);
        if (holder == null) {
            held.add(PREFIX + name);
        } else if (holder.equals(SELF)) {
            throw new ReplicationException.Config(
                    what + " is in use by another database of this JVM; give each database a meta-path of its own");
        } else {
            throw new ReplicationException.Config(what
                    + " is open in this JVM through another copy of this driver, loaded"
                    + " by " + holder + ". Two copies of SQLite in one process drop each other's file locks. Load"
                    + " the driver and sqlite-jdbc once, in a class loader that all share");
        }
    }

    /** Gives both back. Idempotent. */
    @Override
    public void close() {
        held.forEach(System.getProperties()::remove);
        held.clear();
    }
}
