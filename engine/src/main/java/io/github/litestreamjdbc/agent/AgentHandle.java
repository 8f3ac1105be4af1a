package io.github.litestreamjdbc.agent;

import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * A running agent, as those see it who wake it or end it. Safe for use by several threads; {@link #hint} costs one
 * volatile read when there is nothing to wake, for it stands on the commit path of the application.
 */
public final class AgentHandle {

    private enum State {
        /** Waiting; a hint or a wake-up ends the wait. */
        LISTENING,
        /** Waiting; only a wake-up or the timer ends the wait. */
        PACED,
        /** Handed to the pool. */
        QUEUED,
        /** In its step. */
        RUNNING,
        /** In its step, and hinted at meanwhile. */
        RUNNING_HINTED,
        /** In its step, and woken meanwhile. */
        RUNNING_WOKEN,
        /** Will not be stepped again, unless it is restarted. */
        STOPPED
    }

    private final AtomicReference<State> state = new AtomicReference<>(State.QUEUED);
    private final ScheduledExecutorService pool;
    private final TimeSource time;
    private final Agent agent;
    private final Consumer<? super Throwable> onFailure;

    /** Guards the step against {@link #stop}, which waits for it. */
    private final Object stepping = new Object();

    /** Guarded by {@link #stepping}. */
    private Future<?> timer;

    AgentHandle(ScheduledExecutorService pool, TimeSource time, Agent agent, Consumer<? super Throwable> onFailure) {
        this.pool = pool;
        this.time = time;
        this.agent = agent;
        this.onFailure = onFailure;
    }

    void start() {
        pool.execute(this::run);
    }

    /** Something may have happened that the agent would look at soon anyway. */
    public void hint() {
        State now = state.get();
        if (now == State.LISTENING && state.compareAndSet(State.LISTENING, State.QUEUED)) {
            pool.execute(this::run);
        } else if (now == State.RUNNING) {
            state.compareAndSet(State.RUNNING, State.RUNNING_HINTED);
        }
    }

    /** The agent has to look now. */
    public void wake() {
        while (true) {
            State now = state.get();
            switch (now) {
                case LISTENING, PACED -> {
                    if (state.compareAndSet(now, State.QUEUED)) {
                        pool.execute(this::run);
                        return;
                    }
                }
                case RUNNING, RUNNING_HINTED -> {
                    if (state.compareAndSet(now, State.RUNNING_WOKEN)) {
                        return;
                    }
                }
                case QUEUED, RUNNING_WOKEN, STOPPED -> {
                    return;
                }
            }
        }
    }

    /** Ends the agent; returns once its last step is over. Must not be called from the agent itself. Idempotent. */
    public void stop() {
        state.set(State.STOPPED);
        synchronized (stepping) {
            cancelTimer();
        }
    }

    /** Undoes {@link #stop}: the agent is stepped again, at once. Without effect on one that was not stopped. */
    public void restart() {
        if (state.compareAndSet(State.STOPPED, State.QUEUED)) {
            pool.execute(this::run);
        }
    }

    private void onTimer(State waiting) {
        if (state.compareAndSet(waiting, State.QUEUED)) {
            run();
        }
    }

    private void run() {
        synchronized (stepping) {
            if (!state.compareAndSet(State.QUEUED, State.RUNNING)) {
                return;
            }
            cancelTimer();
            Agent.Next next;
            try {
                next = agent.step(time.nanoTime());
            } catch (Throwable bug) {
                state.set(State.STOPPED);
                onFailure.accept(bug);
                return;
            }
            await(next);
        }
    }

    private void await(Agent.Next next) {
        State waiting = next.hintable() ? State.LISTENING : State.PACED;
        while (true) {
            State now = state.get();
            boolean again = now == State.RUNNING_WOKEN || (now == State.RUNNING_HINTED && next.hintable());
            if (now == State.STOPPED) {
                return;
            }
            if (again || next.delayNanos() <= 0) {
                if (state.compareAndSet(now, State.QUEUED)) {
                    pool.execute(this::run);
                    return;
                }
            } else if (state.compareAndSet(now, waiting)) {
                arm(waiting, next.delayNanos());
                return;
            }
        }
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }

    /** A timer that comes late for its wait finds another state, or makes the agent look once too often. */
    private void arm(State waiting, long delayNanos) {
        timer = delayNanos == Long.MAX_VALUE
                ? null
                : pool.schedule(() -> onTimer(waiting), delayNanos, TimeUnit.NANOSECONDS);
    }
}
