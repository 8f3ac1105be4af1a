package io.github.litestreamjdbc.sim;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** An executor whose tasks run when the simulation says so, in the order that it chooses. For use by one thread. */
final class SimulatedPool extends AbstractExecutorService implements ScheduledExecutorService {
    private final VirtualTime time;
    private final BooleanSupplier inline;
    private final List<Runnable> ready = new ArrayList<>();
    private final List<Timer> timers = new ArrayList<>();

    /** @param inline whether a task runs within the call that submits it: somebody waits for it there */
    SimulatedPool(VirtualTime time, BooleanSupplier inline) {
        this.time = time;
        this.inline = inline;
    }

    /** Runs one task that is due; false if there is none. */
    boolean runOne(Random choice) {
        for (Timer timer : List.copyOf(timers)) {
            if (timer.dueNanos <= time.nanoTime()) {
                timers.remove(timer);
                ready.add(timer);
            }
        }
        if (ready.isEmpty()) {
            return false;
        }
        ready.remove(choice.nextInt(ready.size())).run();
        return true;
    }

    /** Nanoseconds until a timer is due; {@code Long.MAX_VALUE} if there is none. */
    long untilNextNanos() {
        return timers.stream()
                .mapToLong(timer -> Math.max(0, timer.dueNanos - time.nanoTime()))
                .min()
                .orElse(Long.MAX_VALUE);
    }

    @Override
    public void execute(Runnable command) {
        if (inline.getAsBoolean()) {
            command.run();
        } else {
            ready.add(command);
        }
    }

    private final class Timer extends FutureTask<Object> implements ScheduledFuture<Object> {
        private final long dueNanos;

        Timer(Runnable command, long dueNanos) {
            super(command, null);
            this.dueNanos = dueNanos;
        }

        @Override
        public boolean cancel(boolean mayInterrupt) {
            timers.remove(this);
            return super.cancel(mayInterrupt);
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(dueNanos - time.nanoTime(), TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
        }
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
        Timer timer = new Timer(command, time.nanoTime() + unit.toNanos(delay));
        timers.add(timer);
        return timer;
    }

    @Override
    public <V> ScheduledFuture<V> schedule(Callable<V> callable, long delay, TimeUnit unit) {
        throw new UnsupportedOperationException();
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable command, long first, long period, TimeUnit unit) {
        throw new UnsupportedOperationException();
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable command, long first, long delay, TimeUnit unit) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void shutdown() {}

    @Override
    public List<Runnable> shutdownNow() {
        return List.of();
    }

    @Override
    public boolean isShutdown() {
        return false;
    }

    @Override
    public boolean isTerminated() {
        return false;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        return true;
    }

    @Override
    public <T> List<java.util.concurrent.Future<T>> invokeAll(Collection<? extends Callable<T>> tasks) {
        throw new UnsupportedOperationException();
    }
}
