package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.agent.AgentHandle;
import io.github.litestreamjdbc.agent.DaemonThreads;
import io.github.litestreamjdbc.agent.TimeSource;
import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.replica.LeaseAgent;
import io.github.litestreamjdbc.replica.LeasedStore;
import io.github.litestreamjdbc.restore.Verifier;
import io.github.litestreamjdbc.spi.LogLine;
import io.github.litestreamjdbc.store.LtxStore;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The lease on a replica while this process has it. Safe for use by several threads. */
final class Lease implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Lease.class.getName());

    /** How soon somebody who waits is told so. */
    private static final Duration TELL_AFTER = Duration.ofMillis(500);

    /** What is read of the replica while waiting. */
    private static final long REHEARSED_BYTES = 4L << 20;

    private final ReplicationConfig config;
    private final LeaseAgent agent;
    private final AgentHandle handle;

    private Lease(ReplicationConfig config, LeaseAgent agent, AgentHandle handle) {
        this.config = config;
        this.agent = agent;
        this.handle = handle;
    }

    /**
     * Waits for it.
     *
     * @param onWait told why, if it is not free at once; the words may be asked for again and again
     * @throws ReplicationException if it does not come in time, or the store is not fit for one
     */
    static Lease acquire(
            ReplicationConfig config, LtxStore replica, Consumer<Supplier<String>> onWait, long deadlineNanos)
            throws ReplicationException {
        requireConditions(config, replica);
        LeaseAgent agent =
                new LeaseAgent(config.name(), replica.objects(), config.lease().ttl(), TimeSource.SYSTEM);
        AgentHandle handle = Pools.LEASE.start(agent, bug -> {
            LOG.log(Level.ERROR, about(config, replica).says("the lease ends because of a bug", bug));
            agent.lose(bug.toString());
        });
        Lease lease = new Lease(config, agent, handle);
        try {
            if (!agent.awaitOpen(TELL_AFTER)) {
                tellWaiting(config, onWait, () -> "the lease is held by " + agent.describeHolder());
                DaemonThreads.of(() -> rehearse(config, replica), "litestream-rehearsal")
                        .start();
                Duration left = Duration.ofNanos(Math.max(0, deadlineNanos - System.nanoTime()));
                if (!agent.awaitOpen(left)) {
                    throw notGot(config, "the lease of " + replica + " is held by " + agent.describeHolder());
                }
            }
            LOG.log(Level.INFO, about(config, replica).says("the lease is ours: " + agent.describeHolder()));
            return lease;
        } catch (InterruptedException e) {
            lease.close();
            Thread.currentThread().interrupt();
            throw new ReplicationException.Transient("interrupted while waiting for the lease", e);
        } catch (ReplicationException e) {
            lease.close();
            throw e;
        }
    }

    /** What can be done of a takeover before it is our turn. It changes nothing, and nobody waits for it. */
    private static void rehearse(ReplicationConfig config, LtxStore replica) {
        try {
            new Verifier(replica).rehearse(config.restore().options().parallelism(), REHEARSED_BYTES);
        } catch (IOException | RuntimeException e) {
            LOG.log(Level.DEBUG, about(config, replica).says("not read ahead of the takeover: " + e));
        }
    }

    private static void requireConditions(ReplicationConfig config, LtxStore replica) throws ReplicationException {
        try {
            if (!replica.createsExclusively() || !replica.replacesExclusively()) {
                throw new ReplicationException.Config(replica
                        + " ignores or refuses conditional puts (If-None-Match, If-Match), which lease=on and"
                        + " fencing=required need; use a store that honours them");
            }
        } catch (IOException e) {
            throw new ReplicationException.Transient(
                    config.replicaUrl() + " cannot be reached for its lease: " + e.getMessage(), e);
        }
    }

    static void tellWaiting(ReplicationConfig config, Consumer<Supplier<String>> onWait, Supplier<String> why) {
        Supplier<String> reason = () -> why.get() + "; this process waits for it up to "
                + config.lease().patience().toSeconds() + " s";
        LOG.log(Level.INFO, about(config, config.replicaUrl()).says(reason.get()));
        onWait.accept(reason);
    }

    private static LogLine about(ReplicationConfig config, Object replica) {
        return LogLine.of("database", config.name()).with("replica", replica);
    }

    static ReplicationException notGot(ReplicationConfig config, String why) {
        return new ReplicationException.Transient(
                why + ", and was not free within lease-wait="
                        + config.lease().patience().toSeconds() + "s. End that instance, or wait for longer",
                null);
    }

    /** The replica, written to only while the lease is ours. */
    LtxStore uploads(LtxStore replica) {
        return replica.through(store -> new LeasedStore(store, agent, false));
    }

    /** As {@link #uploads}, for merging and deleting. */
    LtxStore maintenance(LtxStore replica) {
        return replica.through(store -> new LeasedStore(store, agent, true));
    }

    /** What to call once it is lost, and whenever it was confirmed. */
    void listen(Runnable lost, Runnable confirmed) {
        agent.listen(lost, confirmed);
    }

    String lostReason() {
        return agent.lostReason().orElse("the lease is not lost");
    }

    /** Another writer was found. */
    void lose(String reason) {
        agent.lose(reason);
    }

    /**
     * Waits for {@code lease-wait} at the most until it is confirmed.
     *
     * @throws ReplicationException if it is lost, or not confirmed
     */
    void requireOpen() throws ReplicationException {
        if (agent.isOpen()) {
            return;
        }
        try {
            if (agent.awaitOpen(config.lease().patience())) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new ReplicationException.Fenced(agent.lostReason()
                .map(reason -> config.name() + " is read-only: " + reason
                        + ". Close all connections; the next connect waits for the lease")
                .orElse(config.name() + " is read-only: the lease cannot be confirmed at present"));
    }

    /** Gives it back, and waits for that a moment. Idempotent. */
    @Override
    public void close() {
        agent.release();
        handle.wake();
        try {
            agent.awaitReleased(config.lifecycle().shutdownSyncTimeout());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        handle.stop();
    }
}
