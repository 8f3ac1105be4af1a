package io.github.litestreamjdbc.replica;

import io.github.litestreamjdbc.agent.Agent;
import io.github.litestreamjdbc.agent.TimeSource;
import io.github.litestreamjdbc.spi.FetchedObject;
import io.github.litestreamjdbc.spi.LogLine;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.ObjectNotFoundException;
import io.github.litestreamjdbc.spi.ObjectStore;
import io.github.litestreamjdbc.spi.Precondition;
import io.github.litestreamjdbc.spi.PreconditionFailedException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/**
 * Gets the lease of a replica, renews it, and gives it back: {@link LeaseProtocol} on {@code lock.json} in the store. Others
 * ask it whether they may write; those methods are safe for use by several threads, {@link #step} is the lease pool's.
 */
public final class LeaseAgent implements Agent {
    private static final System.Logger LOG = System.getLogger(LeaseAgent.class.getName());

    private static final String KEY = "lock.json";
    private static final int MOST_BYTES = 64 * 1024;

    private final String name;
    private final ObjectStore store;
    private final TimeSource clock;
    private final long ttlNanos;
    private final LeaseProtocol protocol;

    /** Guarded by this, as is what is read of the protocol by other threads. */
    private boolean releaseWanted;

    private String lostReason;
    private String failure;
    private Runnable onLost = () -> {};
    private Runnable onConfirmed = () -> {};

    /** @param store of the replica; closed by others */
    public LeaseAgent(String name, ObjectStore store, Duration ttl, TimeSource clock) {
        this.name = name;
        this.store = store;
        this.clock = clock;
        this.ttlNanos = ttl.toNanos();
        this.protocol =
                new LeaseProtocol(owner(), ttl, () -> UUID.randomUUID().toString(), clock::instant, clock.nanoTime());
    }

    private static String owner() {
        String host;
        try {
            host = InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            host = "unknown";
        }
        return host + ":" + ProcessHandle.current().pid();
    }

    /** What to call once it is lost, and whenever it was confirmed; both must return at once. */
    public synchronized void listen(Runnable lost, Runnable confirmed) {
        onLost = lost;
        onConfirmed = confirmed;
        if (lostReason != null) {
            lost.run();
        }
    }

    @Override
    public Next step(long nowNanos) {
        while (true) {
            LeaseProtocol.Action action;
            synchronized (this) {
                if (releaseWanted) {
                    releaseWanted = false;
                    protocol.release(clock.nanoTime());
                }
                action = protocol.next(clock.nanoTime());
                if (action instanceof LeaseProtocol.Done) {
                    notifyAll();
                }
            }
            if (action instanceof LeaseProtocol.Wait wait) {
                return Next.paced(wait.nanos());
            }
            if (action instanceof LeaseProtocol.Done) {
                return Next.idle();
            }
            act(action);
        }
    }

    private void act(LeaseProtocol.Action action) {
        long confirmedBefore = confirmedNanos();
        try {
            if (action instanceof LeaseProtocol.Write write) {
                Precondition condition = write.etag()
                        .<Precondition>map(Precondition.IfMatch::new)
                        .orElse(Precondition.IF_ABSENT);
                String etag = store.put(KEY, ObjectBody.of(write.file().encode()), clock.instant(), condition)
                        .etag();
                told(() -> protocol.wrote(clock.nanoTime(), etag));
            } else {
                Optional<LeaseProtocol.Seen> seen = look();
                told(() -> protocol.looked(clock.nanoTime(), seen));
            }
            succeeded();
        } catch (PreconditionFailedException changed) {
            told(() -> protocol.refused(clock.nanoTime()));
        } catch (IOException e) {
            failed(e);
            told(() -> protocol.failed(clock.nanoTime()));
        }
        if (phase() == LeaseProtocol.Phase.LOST) {
            lose("the lease was taken over by " + describeHolder());
        } else if (confirmedNanos() != confirmedBefore) {
            onConfirmed.run();
        }
    }

    private Optional<LeaseProtocol.Seen> look() throws IOException {
        try (FetchedObject lease = store.get(KEY, 0, MOST_BYTES)) {
            return Optional.of(new LeaseProtocol.Seen(
                    LeaseFile.decode(lease.content().readAllBytes()),
                    lease.object().etag()));
        } catch (ObjectNotFoundException none) {
            return Optional.empty();
        }
    }

    private synchronized void told(Runnable answer) {
        answer.run();
        notifyAll();
    }

    private void failed(IOException e) {
        if (failure == null) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    LogLine.of("database", name).says("the lease cannot be confirmed: " + e));
        }
        failure = e.toString();
    }

    private void succeeded() {
        if (failure != null) {
            LOG.log(
                    System.Logger.Level.INFO,
                    LogLine.of("database", name).says("the store of the lease answers again"));
            failure = null;
        }
    }

    private synchronized LeaseProtocol.Phase phase() {
        return protocol.phase();
    }

    private synchronized long confirmedNanos() {
        return protocol.confirmedNanos();
    }

    /** Who has it, in words. */
    public synchronized String describeHolder() {
        return protocol.seen()
                .map(file -> file.owner() + ", epoch " + file.generation())
                .orElse("nobody known");
    }

    /** Whether it is ours and was confirmed within two thirds of its time: uploads and commits may go on. */
    public boolean isOpen() {
        return isConfirmedWithin(ttlNanos / 3 * 2);
    }

    /** Whether it is ours and was confirmed within a third of its time: files may be merged and deleted. */
    boolean isFresh() {
        return isConfirmedWithin(ttlNanos / 3);
    }

    private synchronized boolean isConfirmedWithin(long nanos) {
        return protocol.held() && clock.nanoTime() - protocol.confirmedNanos() <= nanos;
    }

    /** Why it will not be ours again; empty if it is, or may be. */
    public synchronized Optional<String> lostReason() {
        return Optional.ofNullable(lostReason);
    }

    /** It is lost: nothing more may be written. Idempotent. */
    public void lose(String reason) {
        Runnable listener;
        synchronized (this) {
            if (lostReason != null) {
                return;
            }
            lostReason = reason;
            protocol.lose();
            listener = onLost;
            notifyAll();
        }
        listener.run();
    }

    /** Waits until it is ours and confirmed; false if that takes longer, or it is lost or given back. */
    public boolean awaitOpen(Duration timeout) throws InterruptedException {
        return await(timeout, ttlNanos / 3 * 2);
    }

    /** As {@link #awaitOpen}, for {@link #isFresh}. */
    boolean awaitFresh(Duration timeout) throws InterruptedException {
        return await(timeout, ttlNanos / 3);
    }

    private synchronized boolean await(Duration timeout, long withinNanos) throws InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (!isConfirmedWithin(withinNanos)) {
            long leftMillis = (deadline - System.nanoTime() + 999_999) / 1_000_000;
            if (leftMillis <= 0 || isOver()) {
                return false;
            }
            wait(leftMillis);
        }
        return true;
    }

    private boolean isOver() {
        return lostReason != null || releaseWanted || protocol.phase() == LeaseProtocol.Phase.RELEASED;
    }

    /** From here on nothing may be written; the next step gives it back. Whoever asks wakes the agent. */
    public synchronized void release() {
        if (lostReason == null) {
            lostReason = "the lease was given back";
            releaseWanted = true;
            notifyAll();
        }
    }

    /** Waits until it is given back, or the time is over; then it runs out by itself. */
    public synchronized void awaitReleased(Duration timeout) throws InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (protocol.phase() != LeaseProtocol.Phase.RELEASED && protocol.phase() != LeaseProtocol.Phase.LOST) {
            long leftMillis = (deadline - System.nanoTime() + 999_999) / 1_000_000;
            if (leftMillis <= 0) {
                return;
            }
            wait(leftMillis);
        }
    }

    /** The time that it holds without renewal. */
    Duration ttl() {
        return Duration.ofNanos(ttlNanos);
    }
}
