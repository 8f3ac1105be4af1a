package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.agent.AgentHandle;
import io.github.litestreamjdbc.api.CheckpointResult;
import io.github.litestreamjdbc.api.History;
import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.api.ReplicationEvent;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.api.ReplicationStatus;
import io.github.litestreamjdbc.api.RestoreReport;
import io.github.litestreamjdbc.api.ValidationResult;
import io.github.litestreamjdbc.capture.Database;
import io.github.litestreamjdbc.capture.WriteGate;
import io.github.litestreamjdbc.ltx.Txid;
import io.github.litestreamjdbc.spi.LogLine;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A database file that this JVM has connections to. Replication begins with the first of them and lingers after the last.
 * Safe for use by several threads; beginning and end are under its monitor, what stands on the path of a commit is not.
 */
final class ReplicatedDatabase {
    private static final System.Logger LOG = System.getLogger(ReplicatedDatabase.class.getName());

    /** How long nothing must have been written at the end of the JVM for its lease to be given back. */
    private static final Duration LAST_WRITE = Duration.ofMillis(500);

    private static final Duration LAST_WRITE_LOOK = Duration.ofMillis(10);

    private final Path path;
    private final Consumer<ReplicatedDatabase> onRetired;
    private final WriteGate gate = new WriteGate();
    private final WriteTurn turn = new WriteTurn();
    private final Replication handle = new Replication(this);

    /** Held by who ends replication and waits for the network meanwhile: never by who connects. Taken before the monitor. */
    private final Object ending = new Object();

    /** Null before the first connection, after the end, and while another process replicates. */
    private volatile Running running;

    /** Null unless another process replicates. */
    private volatile Standby standby;

    /** Guarded by this; null unless {@link #standby} is not. */
    private AgentHandle standbyHandle;

    /** Guarded by this; null before the first connection and after the end. */
    private JvmClaim claim;

    /** Guarded by this. */
    private ReplicationConfig config;

    /** What JMX shows; guarded by this. Null before the first connection, after the end, and where there is no JMX. */
    private Beans.Registration bean;

    /** Null before the first connection. */
    private volatile ReplicationReadings readings;

    /** How the file came to be, if it was missing; null if it was there. */
    private volatile RestoreReport restored;

    /** Guarded by this; null before the first connection. */
    private Events events;

    /** What tells it from others that are open; guarded by this. Null before the first connection and after the end. */
    private String name;

    /** Of the configuration; set before {@link #running} or {@link #standby}. */
    private volatile boolean untilReplicated;

    /** Likewise. */
    private volatile boolean leased;

    /** Guarded by this. */
    private int connections;

    /** How often it was connected to: who ends it finds out whether somebody wants it again. Guarded by this. */
    private long uses;

    /** What is done before there is something that replicates or stands by; null before the first connection. */
    private volatile Opening opening;

    /** A takeover that failed: nobody replicates it here although connections are open; null while that is not so. */
    private volatile Broken broken;

    /** Whether the end of that was told; guarded by this. */
    private boolean brokenEndTold;

    /** Written under this. */
    private volatile boolean retired;

    /** Guarded by this. */
    private Future<?> lingering;

    private record Broken(ReplicationStatus status, long sinceNanos) {
        long lagMillis() {
            return 1 + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - sinceNanos);
        }
    }

    private record Opening(ReplicationState state, Instant since, Supplier<String> reason) {
        static Opening now() {
            return new Opening(
                    ReplicationState.STARTING,
                    Instant.now(),
                    () -> "opening the database, which is restored first if that is due");
        }
    }

    /** @param onRetired told once, when the last connection is gone and replication has ended */
    ReplicatedDatabase(Path path, Consumer<ReplicatedDatabase> onRetired) {
        this.path = path;
        this.onRetired = onRetired;
    }

    WriteGate gate() {
        return gate;
    }

    /**
     * Opens a connection; empty if the last one was closed meanwhile, so that a new beginning is needed. Replication that
     * lingers, or is about to end and waits for its final sync, goes on for it.
     */
    <C extends Connection> Optional<C> connect(ReplicationConfig wanted, ConnectionOpener<C> opener)
            throws ReplicationException, SQLException {
        Optional<Attachment> attachment;
        long use;
        synchronized (this) {
            if (retired) {
                return Optional.empty();
            }
            if (connections == 0 && claim == null) {
                return Optional.of(connectFirst(wanted, opener));
            }
            attachment = join(wanted);
            use = uses;
        }
        if (attachment.isEmpty()) {
            // Nothing that goes on: what it has is to be in the replica before a new beginning restores from there.
            endUnlessUsedSince(use);
            return Optional.empty();
        }
        return Optional.of(open(opener, attachment.get()));
    }

    /** Counts a connection; empty if replication does not go on and nobody is connected. */
    private Optional<Attachment> join(ReplicationConfig wanted) throws ReplicationException {
        if (running != null && !running.goesOn()) {
            if (connections == 0) {
                return Optional.empty();
            }
            refuseOtherFile();
        }
        Optional<String> difference = ConfigDifference.between(config, wanted);
        if (difference.isPresent()) {
            throw new ReplicationException.Config(path + " is already open in this JVM with other replication"
                    + " settings: " + difference.get() + ". Use the same settings for every connection to a file");
        }
        connections++;
        uses++;
        return Optional.of(new Attachment(this, handle));
    }

    /** Connections of two files under one name would each see a database of their own. */
    private void refuseOtherFile() throws ReplicationException {
        if (!running.isFileInPlace()) {
            throw new ReplicationException.Config(path + " was replaced or removed while this JVM has"
                    + " connections to it. Close them all, then connect again");
        }
    }

    private <C extends Connection> C connectFirst(ReplicationConfig wanted, ConnectionOpener<C> opener)
            throws ReplicationException, SQLException {
        connections = 1;
        uses = 1;
        Attachment attachment = new Attachment(this, handle);
        C connection = null;
        Startup startup = null;
        Running begun = null;
        try {
            claim = JvmClaim.of(path, wanted.metaPath());
            name = DatabaseNames.take(wanted.name());
            events = new Events(name);
            config = wanted;
            opening = Opening.now();
            publish(Totals.of(path));
            startup = new Startup(path, wanted);
            boolean owned = wanted.lease().on() ? startup.ownAndLease(this::waitForLease) : startup.own();
            if (owned) {
                opening = Opening.now();
                startup.prepareFile();
                restored = startup.restored().orElse(null);
                tellRestored();
            } else {
                startup.fileAppears();
            }
            connection = opener.open(attachment);
            leased = wanted.lease().on();
            untilReplicated = wanted.durability().untilReplicated();
            if (owned) {
                begun = startup.begin(gate, events, readings.totals());
                begun.awaitFirstAnswer();
                running = begun;
            } else {
                standBy(startup);
            }
            return connection;
        } catch (ReplicationException | SQLException | RuntimeException e) {
            // Counted once more, so that nobody begins anew before all is closed.
            connections++;
            // Ours last: of connections that may write, the last one to close would delete the WAL.
            closeAfter(e, connection, begun, startup, attachment, this::detach);
            throw e;
        }
    }

    /** From here on it can be watched: a restore takes its time, and what is found at the start is told too. */
    private void publish(Totals totals) {
        readings = new ReplicationReadings(
                this, name, path, config.replicaUrl(), config.capture().limits().lagThreshold(), totals);
        bean = OptionalModule.MANAGEMENT.isPresent() ? Beans.register(name, readings) : null;
        events.bean(bean);
        Listeners.tell(listener -> listener.opened(name));
    }

    private void standBy(Startup startup) {
        standby = new Standby(
                config.name(),
                config.metaPath(),
                Instant.now(),
                lock -> Pools.executeWaiting(() -> takeOver(startup, lock)));
        standbyHandle = Pools.NETWORK.start(
                standby,
                bug -> LOG.log(
                        Level.ERROR, about().says("standing by for another process ends because of a bug", bug)));
        events.accept(ReplicationEvent.Kind.STANDBY, standby.reason());
    }

    private void waitForLease(Supplier<String> reason) {
        opening = new Opening(ReplicationState.STANDBY, Instant.now(), reason);
        events.accept(ReplicationEvent.Kind.STANDBY, reason.get());
    }

    private void tellRestored() {
        if (restored != null) {
            events.accept(
                    ReplicationEvent.Kind.RESTORED,
                    "TXID " + Txid.format(restored.txid()) + " from " + restored.replicaUrl());
        }
    }

    /** The process that replicated has ended. Who connects or closes does not wait for the replica's first answer. */
    private void takeOver(Startup startup, OwnerLock lock) {
        Optional<Running> begun = beginInPlaceOfAnother(startup, lock);
        if (begun.isEmpty()) {
            return;
        }
        try {
            begun.get().awaitFirstAnswer();
        } catch (ReplicationException refused) {
            // Its state says so, and it was logged; connections that are open stay so.
        }
    }

    private synchronized Optional<Running> beginInPlaceOfAnother(Startup startup, OwnerLock lock) {
        try {
            if (retired || standby == null) {
                lock.close();
                return Optional.empty();
            }
            LOG.log(Level.INFO, about().says("the process that replicated it has ended; this one takes over"));
            startup.own(lock);
            running = startup.begin(gate, events, readings.totals());
            standby = null;
            return Optional.of(running);
        } catch (ReplicationException | SQLException | IOException | RuntimeException e) {
            closeAfter(e, startup);
            String reason =
                    "taking over failed; nobody replicates this database from here until all its connections are"
                            + " closed and it is opened anew: " + e;
            broken = new Broken(status(ReplicationState.FAILED, Instant.now(), reason), System.nanoTime());
            standby = null;
            LOG.log(Level.ERROR, about().says(reason));
            tell(ReplicationEvent.Kind.FAILED, reason);
            return Optional.empty();
        }
    }

    private synchronized void tell(ReplicationEvent.Kind kind, String reason) {
        events.accept(kind, reason);
    }

    private LogLine about() {
        return LogLine.of("database", config.name());
    }

    private static void closeAfter(Exception failure, AutoCloseable... opened) {
        for (AutoCloseable one : opened) {
            try {
                if (one != null) {
                    one.close();
                }
            } catch (Exception e) {
                failure.addSuppressed(e);
            }
        }
    }

    private static <C extends Connection> C open(ConnectionOpener<C> opener, Attachment attachment)
            throws SQLException {
        try {
            return opener.open(attachment);
        } catch (SQLException | RuntimeException e) {
            attachment.close();
            throw e;
        }
    }

    /** A connection was closed. Waits for the network only where this ends replication at once. */
    void detach() {
        long use;
        synchronized (this) {
            connections--;
            if (connections > 0) {
                return;
            }
            if (running == null) {
                end(Optional.empty());
                return;
            }
            use = uses;
            if (lingers()) {
                cancelLinger();
                lingering = Pools.scheduleWaiting(
                        () -> endUnlessUsedSince(use), config.lifecycle().linger());
                return;
            }
        }
        endUnlessUsedSince(use);
    }

    private boolean lingers() {
        return !running.isStopped()
                && !config.lifecycle().flushOnClose()
                && !config.lifecycle().linger().isZero()
                && !Databases.isUnloaded()
                && !Databases.isShuttingDown();
    }

    /** Nobody is to connect any more: ends with the last connection, at once if there is none. */
    void unload() {
        long use;
        synchronized (this) {
            if (connections > 0) {
                LOG.log(
                        Level.WARNING,
                        about().with("path", path)
                                .says("the driver was deregistered with " + connections
                                        + " connections open; replication ends"
                                        + " when they are closed. Close the pool first"));
                return;
            }
            use = uses;
        }
        endUnlessUsedSince(use);
    }

    /** Ends everything, unless somebody connects before that: this waits for the network, and who connects does not. */
    private void endUnlessUsedSince(long use) {
        synchronized (ending) {
            Running now;
            synchronized (this) {
                if (!isUnusedSince(use)) {
                    return;
                }
                if (running == null) {
                    end(Optional.empty());
                    return;
                }
                now = running;
            }
            Optional<FinalSync> finalSync = now.settle();
            synchronized (this) {
                if (isUnusedSince(use)) {
                    end(finalSync);
                } else {
                    now.goOn();
                }
            }
        }
    }

    private boolean isUnusedSince(long use) {
        return claim != null && connections == 0 && uses == use;
    }

    private void end(Optional<FinalSync> finalSync) {
        cancelLinger();
        if (standbyHandle != null) {
            standbyHandle.stop();
            standby = null;
        }
        if (running != null) {
            running.end(finalSync);
            running.totals().keep(path);
        }
        tellBrokenEnd();
        broken = null;
        if (bean != null) {
            bean.close();
            bean = null;
        }
        if (claim != null) {
            claim.close();
            claim = null;
        }
        retired = true;
        onRetired.accept(this);
        running = null;
        if (readings != null) {
            Listeners.tell(listener -> listener.closed(name));
        }
        if (name != null) {
            DatabaseNames.release(name);
            name = null;
        }
    }

    private void cancelLinger() {
        if (lingering != null) {
            lingering.cancel(false);
        }
    }

    /** Ends replication while connections may be open. */
    void endReplication() {
        synchronized (ending) {
            Running now = running;
            if (now != null) {
                now.leave();
            }
        }
    }

    void beforeWrite() throws ReplicationException {
        Running now = running;
        if (now != null) {
            now.beforeWrite();
        } else if (leased) {
            running();
        }
    }

    boolean takeTurn() {
        return untilReplicated && turn.take();
    }

    void leaveTurn() {
        turn.giveBack();
    }

    void committed() throws ReplicationException {
        Running now = running;
        if (now != null) {
            now.noticeCommit();
        } else if (untilReplicated) {
            running();
        }
    }

    long awaitReplicated(Duration timeout) throws ReplicationException {
        return running().awaitReplicated(timeout);
    }

    long committedTxid(Duration timeout) throws ReplicationException {
        return running().committed(timeout);
    }

    long replicatedTxid() throws ReplicationException {
        return running().replicated();
    }

    CheckpointResult checkpoint() throws ReplicationException {
        if (standby == null && broken == null) {
            return running().checkpoint();
        }
        try {
            return Database.copyBack(path);
        } catch (SQLException e) {
            throw new ReplicationException.Transient("checkpoint failed: " + e.getMessage(), e);
        }
    }

    long sync(Duration timeout) throws ReplicationException {
        return running().sync(timeout);
    }

    History history() throws ReplicationException {
        return running().history();
    }

    long snapshot(Duration timeout) throws ReplicationException {
        return running().snapshot(timeout);
    }

    ValidationResult validate(Duration timeout) throws ReplicationException {
        return running().validate(timeout);
    }

    ReplicationStatus status() {
        Running now = running;
        if (now != null) {
            return now.status();
        }
        Standby waiting = standby;
        if (waiting != null) {
            return waiting.status();
        }
        Broken failed = broken;
        if (failed != null) {
            return failed.status();
        }
        Opening begun = opening;
        return retired
                ? status(ReplicationState.CLOSED, Instant.EPOCH, "replication has ended")
                : status(begun.state(), begun.since(), begun.reason().get());
    }

    private static ReplicationStatus status(ReplicationState state, Instant since, String reason) {
        return new ReplicationStatus(state, since, reason, 0, 0, 0, 0, null, null, null);
    }

    /** -1 where this process does not replicate, and need not. */
    long lagMillis() {
        Running now = running;
        if (now != null) {
            return now.progress().lagMillis();
        }
        Broken failed = broken;
        return failed == null ? -1 : failed.lagMillis();
    }

    Optional<Running> runningNow() {
        return Optional.ofNullable(running);
    }

    Optional<ReplicationReadings> readings() {
        return Optional.ofNullable(readings);
    }

    Optional<RestoreReport> restored() {
        return Optional.ofNullable(restored);
    }

    private Running running() throws ReplicationException {
        Running now = running;
        if (now != null) {
            return now;
        }
        Standby waiting = standby;
        throw new ReplicationException.Stopped(
                waiting != null
                        ? waiting.reason()
                        : broken != null ? broken.status().reason() : "replication of " + path + " has ended");
    }

    /** First half of the end of the JVM: everything committed is to go to the replica. */
    void beginShutDown() {
        Running now = running;
        if (now != null) {
            now.beginFinalSync();
        }
    }

    /**
     * Second half: waits for it. Nothing is closed, so that the WAL stays and the next start goes on from it. With a lease
     * replication ends, for that is given back.
     */
    void awaitShutDown() {
        Running now = running;
        if (now != null && leased) {
            awaitLastWrites(now);
            endReplication();
        } else if (now != null) {
            now.awaitFinalSync();
        } else if (broken != null) {
            tellBrokenEnd();
        }
    }

    /** The commits since a takeover that failed: told once, at the end of the JVM or of the last connection. */
    private synchronized void tellBrokenEnd() {
        if (broken == null || brokenEndTold) {
            return;
        }
        brokenEndTold = true;
        String reason = "nobody replicated it here since " + broken.status().since()
                + ", and what was committed since then is not known to be in the replica; the next start uploads it";
        events.accept(ReplicationEvent.Kind.STOPPED_UNREPLICATED, reason);
        LastWords.say(Level.WARNING, about(), "replication ends; " + reason);
    }

    /** Hooks of the application run beside ours, and what they write after the lease is given back fails. */
    private void awaitLastWrites(Running now) {
        long deadline = System.nanoTime() + now.longestEnd().toNanos();
        while (isInUse() && !now.isQuietFor(LAST_WRITE) && System.nanoTime() - deadline < 0) {
            LockSupport.parkNanos(LAST_WRITE_LOOK.toNanos());
        }
    }

    private synchronized boolean isInUse() {
        return connections > 0 && running != null;
    }
}
