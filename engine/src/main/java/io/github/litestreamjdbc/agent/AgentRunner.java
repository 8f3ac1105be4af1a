package io.github.litestreamjdbc.agent;

import java.util.concurrent.Delayed;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * A bounded pool of daemon threads that steps agents when they are due or woken. One pool serves a database or a
 * thousand; it has no thread while nothing is due.
 */
public final class AgentRunner {
    /** With the linger time of 5 s it keeps the promise that no thread is left 10 s after the last connection was closed. */
    private static final long KEEP_ALIVE_SECONDS = 3;

    private final ScheduledExecutorService pool;
    private final TimeSource time;

    /**
     * Creates a pool; threads start when they are needed.
     *
     * @param name prefix of the thread names
     * @param threads how many run at the most
     */
    public AgentRunner(String name, int threads) {
        this(name, threads, Thread.NORM_PRIORITY);
    }

    /**
     * Creates a pool; threads start when they are needed.
     *
     * @param name prefix of the thread names
     * @param threads how many run at the most
     * @param priority of the threads, as {@link Thread#setPriority}
     */
    public AgentRunner(String name, int threads, int priority) {
        AtomicInteger count = new AtomicInteger();
        ScheduledThreadPoolExecutor threadPool = new ScheduledThreadPoolExecutor(threads, task -> {
            Thread thread = DaemonThreads.of(task, name + "-" + count.incrementAndGet());
            thread.setPriority(priority);
            return thread;
        });
        threadPool.setKeepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS);
        threadPool.allowCoreThreadTimeOut(true);
        threadPool.setRemoveOnCancelPolicy(true);
        pool = threadPool;
        time = TimeSource.SYSTEM;
    }

    /** Over an executor and a time of somebody else's: a simulation's. */
    public AgentRunner(ScheduledExecutorService pool, TimeSource time) {
        this.pool = pool;
        this.time = time;
    }

    /**
     * Starts an agent with a first step at once.
     *
     * @param onFailure told of an exception out of a step, after which the agent is not stepped again
     */
    public AgentHandle start(Agent agent, Consumer<? super Throwable> onFailure) {
        AgentHandle handle = new AgentHandle(pool, time, agent, onFailure);
        handle.start();
        return handle;
    }

    /** Threads at present; 0 over an executor of somebody else's. */
    public int threads() {
        return pool instanceof ScheduledThreadPoolExecutor ours ? ours.getPoolSize() : 0;
    }

    /** Steps that are due and wait for a thread, without those that wait for their time; 0 over an executor of somebody else's. */
    public int queued() {
        return pool instanceof ScheduledThreadPoolExecutor ours
                ? (int) ours.getQueue().stream()
                        .filter(step -> ((Delayed) step).getDelay(TimeUnit.NANOSECONDS) <= 0)
                        .count()
                : 0;
    }

    /** Lets threads end as soon as they are idle, or, as usual, a little later. */
    public void endIdleThreads(boolean atOnce) {
        if (pool instanceof ScheduledThreadPoolExecutor ours) {
            ours.setKeepAliveTime(atOnce ? 1 : TimeUnit.SECONDS.toMillis(KEEP_ALIVE_SECONDS), TimeUnit.MILLISECONDS);
        }
    }

    /** Runs something once. */
    public void execute(Runnable task) {
        pool.execute(task);
    }

    /** Runs something once after a while. */
    public java.util.concurrent.Future<?> schedule(Runnable task, java.time.Duration delay) {
        return pool.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
    }
}
