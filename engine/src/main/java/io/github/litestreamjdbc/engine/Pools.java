package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.agent.AgentRunner;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The threads that serve all databases of this JVM. None of them exists while there is nothing to do. */
final class Pools {
    /** Work that waits for nothing but the local disk. */
    static final AgentRunner LOCAL = new AgentRunner("litestream-capture", 2);

    /** Work that waits for the network. */
    static final AgentRunner NETWORK = new AgentRunner("litestream-upload", 8);

    /** Comparing replicas with their databases, one after the other, behind everything else. */
    static final AgentRunner VALIDATION = new AgentRunner("litestream-validation", 1, Thread.MIN_PRIORITY);

    /** Renewing leases, which must not wait behind uploads. */
    static final AgentRunner LEASE = new AgentRunner("litestream-lease", 4);

    /** What waits for the other two, and so must not take their threads. */
    private static final ExecutorService WAITING =
            new ThreadPoolExecutor(0, Integer.MAX_VALUE, 1, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
                Thread thread = new Thread(null, task, "litestream-end");
                thread.setDaemon(true);
                thread.setContextClassLoader(Pools.class.getClassLoader());
                return thread;
            });

    private Pools() {}

    /** Runs something that may wait for agents. */
    static void executeWaiting(Runnable task) {
        WAITING.execute(task);
    }

    /** Runs something later that may wait for agents. */
    static Future<?> scheduleWaiting(Runnable task, Duration delay) {
        return LOCAL.schedule(() -> WAITING.execute(task), delay);
    }
}
