package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.agent.DaemonThreads;
import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.api.ReplicationListener;
import io.github.litestreamjdbc.api.ReplicationMXBean;
import io.github.litestreamjdbc.api.RuntimeMXBean;
import io.github.litestreamjdbc.spi.LogLine;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/** The databases that this JVM replicates, by real path. Safe for use by several threads. */
public final class Databases {
    private static final System.Logger LOG = System.getLogger(Databases.class.getName());

    private static final Map<Path, ReplicatedDatabase> OPEN = new ConcurrentHashMap<>();

    private static final RuntimeMXBean RUNTIME = new RuntimeReadings();

    /** Each connection asks for the metrics to be served. */
    private static final AtomicBoolean MISSING_MODULE_SAID = new AtomicBoolean();

    private static volatile boolean shuttingDown;

    /** Whether whoever loaded the driver wants to be rid of it. */
    private static volatile boolean unloaded;

    private static final Object HOOK = new Object();

    /** What runs at the end of the JVM; guarded by {@link #HOOK}. Null before the first database and once unloaded. */
    private static Thread hook;

    private Databases() {}

    /**
     * Opens a connection of the application: restores the file first if that is asked for, begins replication if this is
     * the first connection.
     *
     * @param file the database
     * @throws ReplicationException if the restore fails, the database is not the replica's, or another connection of this
     *     file has other settings
     * @throws SQLException from the opener
     */
    public static <C extends Connection> C connect(Path file, ReplicationConfig config, ConnectionOpener<C> opener)
            throws ReplicationException, SQLException {
        Path path = realPath(file);
        while (true) {
            ReplicatedDatabase database =
                    OPEN.computeIfAbsent(path, key -> new ReplicatedDatabase(key, retired -> retired(key, retired)));
            addHook();
            Optional<C> connection = database.connect(config, opener);
            if (connection.isPresent()) {
                return connection.get();
            }
        }
    }

    private static void retired(Path path, ReplicatedDatabase database) {
        OPEN.remove(path, database);
        if (OPEN.isEmpty() && OptionalModule.HTTP_SERVER.isPresent()) {
            MetricsServer.stop();
        }
        if (unloaded) {
            removeHook();
        }
    }

    private static void addHook() {
        synchronized (HOOK) {
            if (hook == null && !shuttingDown) {
                Thread added = DaemonThreads.of(Databases::shutDown, "litestream-shutdown");
                try {
                    Runtime.getRuntime().addShutdownHook(added);
                    hook = added;
                } catch (IllegalStateException e) {
                    LOG.log(
                            System.Logger.Level.DEBUG,
                            LogLine.of("hook", "shutdown")
                                    .says("the JVM ends; closing a connection waits for the replica: " + e));
                    shuttingDown = true;
                }
            }
        }
    }

    /**
     * Ends what is left of this class loader's replication, for it is about to go: replication that lingers after its last
     * connection ends with its final sync, as long as {@code shutdown-sync-timeout} allows, then the threads end, and the
     * JVM forgets us. A database with open connections is replicated until they are closed, and the log says so: its
     * commits are not to be lost in silence. What is opened later is replicated without lingering.
     */
    public static void unload() {
        unloaded = true;
        OPEN.values().forEach(ReplicatedDatabase::beginShutDown);
        OPEN.values().forEach(ReplicatedDatabase::unload);
        removeHook();
        if (OPEN.isEmpty() && !Pools.endIdleThreads()) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    LogLine.of("driver", "deregistered")
                            .says("threads of its are still at work; they end when that is done"));
        }
        RecordTypes.forget();
    }

    /** With nothing open, nothing outside may refer to our classes. */
    private static void removeHook() {
        synchronized (HOOK) {
            if (hook != null && OPEN.isEmpty() && !shuttingDown) {
                try {
                    Runtime.getRuntime().removeShutdownHook(hook);
                    hook = null;
                } catch (IllegalStateException e) {
                    LOG.log(
                            System.Logger.Level.DEBUG,
                            LogLine.of("hook", "shutdown").says("the JVM ends: " + e));
                }
            }
        }
    }

    /** Whether the driver was deregistered, so that nothing is to linger. */
    static boolean isUnloaded() {
        return unloaded;
    }

    /**
     * Serves the readings of all databases over HTTP as long as one is open: Prometheus text at {@code /metrics}, JSON at
     * {@code /health}. Does not wait for that; where the address
     * cannot be used the log says so, and nothing fails. Idempotent.
     *
     * @param address resolved; of the loopback interface unless others may read it
     */
    public static void serveMetrics(InetSocketAddress address) {
        if (!OptionalModule.HTTP_SERVER.isPresent()) {
            if (!MISSING_MODULE_SAID.compareAndSet(false, true)) {
                return;
            }
            LOG.log(
                    System.Logger.Level.WARNING,
                    LogLine.of("metrics-address", address.getHostString() + ":" + address.getPort())
                            .says("cannot be served: this Java lacks the module " + OptionalModule.HTTP_SERVER
                                    + ". Add it to the run-time image"));
            return;
        }
        // From a daemon thread, which the server's thread takes after: it must not keep the JVM from ending.
        Pools.executeWaiting(() -> MetricsServer.serve(address));
    }

    /** The readings of all databases that are open, by name; of those of one name, the later ones have a number as in JMX. */
    public static Map<String, ReplicationMXBean> readings() {
        Map<String, ReplicationMXBean> readings = new TreeMap<>();
        for (ReplicatedDatabase database : OPEN.values()) {
            database.readings().ifPresent(one -> readings.put(one.name(), one));
        }
        return readings;
    }

    /**
     * Whether nobody has to act: replication is in a state that is good or passes, the replica does not refuse, no commit has
     * been unsafe for longer than {@code lag-threshold}, and the last comparison did not find that the replica gives back
     * something else than the database.
     */
    public static boolean isWell(ReplicationMXBean readings) {
        return problems(readings).isEmpty();
    }

    /** Why somebody has to act, in words; empty if nobody has to. */
    public static List<String> problems(ReplicationMXBean readings) {
        return Health.problems(readings);
    }

    /** What {@code /health} says of a database: {@code status}, which is {@code UP} or {@code DOWN}, and readings. */
    public static Map<String, Object> health(ReplicationMXBean readings) {
        return Health.report(readings);
    }

    /** What all databases of this JVM share. */
    public static RuntimeMXBean runtime() {
        return RUNTIME;
    }

    /** How many there are. */
    static int count() {
        return OPEN.size();
    }

    /** Adds a listener to those found through {@link java.util.ServiceLoader}. */
    public static void addListener(ReplicationListener listener) {
        Listeners.add(listener);
    }

    /** Removes a listener that was added. */
    public static void removeListener(ReplicationListener listener) {
        Listeners.remove(listener);
    }

    private static Path realPath(Path file) throws ReplicationException {
        try {
            if (Files.exists(file)) {
                return file.toRealPath();
            }
            Path absolute = file.toAbsolutePath();
            return absolute.getParent().toRealPath().resolve(absolute.getFileName());
        } catch (IOException e) {
            throw new ReplicationException.Config("database file " + file + ": its directory cannot be used: " + e, e);
        }
    }

    /**
     * Whether the JVM is about to end. Hooks of the application run beside ours and may commit after our final sync, as an
     * orderly shutdown of a server does; who closes the last connection then has to wait for another one.
     */
    static boolean isShuttingDown() {
        return shuttingDown;
    }

    /**
     * Asks all of them for their final sync first, so that the waits, each bounded by its own setting, overlap. A lease is
     * given back as well, so that the next instance need not wait until it runs out.
     */
    private static void shutDown() {
        shuttingDown = true;
        OPEN.values().forEach(ReplicatedDatabase::beginShutDown);
        OPEN.values().forEach(ReplicatedDatabase::awaitShutDown);
    }
}
