package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.agent.AgentRunner;
import io.github.litestreamjdbc.agent.DaemonThreads;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The threads that serve all databases of this JVM. None of them exists while there is nothing to do. */
final class Pools {
    private static final int KEEP_ALIVE_SECONDS = 1;
    private static final long END_NANOS = TimeUnit.SECONDS.toNanos(2);

    /** Work that waits for nothing but the local disk. */
    static final AgentRunner LOCAL = new AgentRunner("litestream-capture", 2);

    /** Work that waits for the network. */
    static final AgentRunner NETWORK = new AgentRunner("litestream-upload", 8);

    /** Comparing replicas with their databases, one after the other, behind everything else. */
    static final AgentRunner VALIDATION = new AgentRunner("litestream-validation", 1, Thread.MIN_PRIORITY);

    /** Renewing leases, which must not wait behind uploads. */
    static final AgentRunner LEASE = new AgentRunner("litestream-lease", 4);

    /** What waits for the other two, and so must not take their threads. */
    private static final ThreadPoolExecutor WAITING = new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE,
            KEEP_ALIVE_SECONDS,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            task -> DaemonThreads.of(task, "litestream-end"));

    private static final List<AgentRunner> RUNNERS = List.of(LOCAL, NETWORK, VALIDATION, LEASE);

    private Pools() {}

    /**
     * Ends the threads that are idle, where otherwise each would wait a little for something to do.
     *
     * @return whether none is left; false after two seconds
     */
    static boolean endIdleThreads() {
        RUNNERS.forEach(runner -> runner.endIdleThreads(true));
        WAITING.setKeepAliveTime(1, TimeUnit.MILLISECONDS);
        try {
            long end = System.nanoTime() + END_NANOS;
            while (threads() > 0 && System.nanoTime() < end) {
                Thread.sleep(1);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            RUNNERS.forEach(runner -> runner.endIdleThreads(false));
            WAITING.setKeepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS);
        }
        return threads() == 0;
    }

    private static int threads() {
        return WAITING.getPoolSize()
                + RUNNERS.stream().mapToInt(AgentRunner::threads).sum();
    }

    /** Runs something that may wait for agents. */
    static void executeWaiting(Runnable task) {
        WAITING.execute(task);
    }

    /** Runs something later that may wait for agents. */
    static Future<?> scheduleWaiting(Runnable task, Duration delay) {
        return LOCAL.schedule(() -> WAITING.execute(task), delay);
    }
}
