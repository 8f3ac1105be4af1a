package io.github.litestreamjdbc.replica;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * One process's side of the lease: what to ask of the store next, and what its answers mean. Pure: no I/O, and of time only
 * what the caller says, in the monotonic nanoseconds of its own clock. Used by one thread at a time.
 *
 * <pre>
 *   WATCHING ──free, or unchanged for TTL + ½ s ──► WRITING ──► SETTLING ──still ours──► HOLDING
 *      ▲                                              │            │                      │  ▲
 *      └──────────── not as expected, no answer ──────┴────────────┘        no clear answer  │
 *                                                                                         ▼  │
 *                                               LOST ◄── somebody else's ──────────────  UNSURE
 * </pre>
 *
 * A write whose answer got lost is known again by its nonce, and is repeated with the same content on the same ground: if
 * the first one lands late, it is the same. What counts as confirmed is counted from when a content was first sent.
 */
final class LeaseProtocol {
    /** What to do next. */
    sealed interface Action {}

    record Wait(long nanos) implements Action {}

    /** Read the lease. */
    record Look() implements Action {}

    /** @param etag what is to be replaced; empty: only if there is none */
    record Write(LeaseFile file, Optional<String> etag) implements Action {}

    /** Nothing more: given back, or lost. */
    record Done() implements Action {}

    /** The lease as it was read. */
    record Seen(LeaseFile file, String etag) {}

    enum Phase {
        WATCHING,
        WRITING,
        SETTLING,
        HOLDING,
        UNSURE,
        LOST,
        RELEASED
    }

    private static final long SETTLE_NANOS = Duration.ofMillis(200).toNanos();
    private static final long CONFLICT_NANOS = Duration.ofMillis(50).toNanos();

    /** Who waits does so for a minute or two; a look costs less than the time. */
    private static final long POLL_NANOS = Duration.ofMillis(250).toNanos();

    /**
     * How much longer than the TTL a content has to stand. The holder stops after two thirds of the TTL by its own clock, so
     * clocks may run apart by half already; this is for the time that a renewal takes.
     */
    private static final long MARGIN_NANOS = Duration.ofMillis(500).toNanos();

    private record Tried(LeaseFile file, Optional<String> etag, long sentNanos) {}

    private final String owner;
    private final long ttlNanos;
    private final long pollNanos;
    private final Supplier<String> nonces;
    private final Supplier<Instant> clock;

    private Phase phase = Phase.WATCHING;

    /** When the next action is due, where the phase waits. */
    private long dueNanos;

    /** What is watched, or ours; null if none was seen. */
    private Seen current;

    private long watchedSinceNanos;

    /** What was sent and not answered clearly; null if nothing was. */
    private Tried tried;

    /** Whether it was ours once, so that anybody else's means that we have lost it. */
    private boolean held;

    private boolean releasing;
    private long confirmedNanos;
    private long newestGeneration;
    private long lastAskedNanos;
    private long roundTripNanos;

    LeaseProtocol(String owner, Duration ttl, Supplier<String> nonces, Supplier<Instant> clock, long nowNanos) {
        this.owner = owner;
        this.ttlNanos = ttl.toNanos();
        this.pollNanos = Math.min(POLL_NANOS, ttlNanos / 10);
        this.nonces = nonces;
        this.clock = clock;
        this.dueNanos = nowNanos;
    }

    Phase phase() {
        return phase;
    }

    /** Whether it is ours as far as known; how old that knowledge is says {@link #confirmedNanos}. */
    boolean held() {
        return held && !releasing && phase != Phase.LOST && phase != Phase.RELEASED;
    }

    long confirmedNanos() {
        return confirmedNanos;
    }

    /** What was seen last; empty before. */
    Optional<LeaseFile> seen() {
        return Optional.ofNullable(current).map(Seen::file);
    }

    /** Give it back, or stop trying to get it. */
    void release(long nowNanos) {
        releasing = true;
        dueNanos = nowNanos;
    }

    /** Another writer was found: it is not renewed any more. */
    void lose() {
        phase = Phase.LOST;
    }

    Action next(long nowNanos) {
        if (releasing) {
            if (phase == Phase.WATCHING && tried == null) {
                phase = Phase.RELEASED;
            } else if (phase == Phase.HOLDING || phase == Phase.SETTLING) {
                write(successor(current.file(), true), Optional.of(current.etag()), nowNanos);
            }
        } else if (phase == Phase.HOLDING && nowNanos - dueNanos >= 0) {
            write(successor(current.file(), false), Optional.of(current.etag()), nowNanos);
        }
        lastAskedNanos = nowNanos;
        return switch (phase) {
            case WRITING -> new Write(tried.file(), tried.etag());
            case HOLDING -> new Wait(dueNanos - nowNanos);
            case WATCHING, SETTLING, UNSURE -> nowNanos - dueNanos >= 0 ? new Look() : new Wait(dueNanos - nowNanos);
            case LOST, RELEASED -> new Done();
        };
    }

    private void write(LeaseFile file, Optional<String> etag, long nowNanos) {
        tried = new Tried(file, etag, nowNanos);
        phase = Phase.WRITING;
    }

    private LeaseFile successor(LeaseFile before, boolean released) {
        return file(before.generation(), released, before.renew() + 1);
    }

    private LeaseFile file(long generation, boolean released, long renew) {
        return new LeaseFile(
                generation,
                clock.get().plusNanos(released ? 0 : ttlNanos),
                owner,
                nonces.get(),
                released,
                ttlNanos / 1_000_000,
                renew);
    }

    /** The answer to {@link Look}. */
    void looked(long nowNanos, Optional<Seen> seen) {
        if (phase == Phase.LOST) {
            return;
        }
        answered(nowNanos);
        seen.ifPresent(
                now -> newestGeneration = Math.max(newestGeneration, now.file().generation()));
        boolean ours = tried != null
                && seen.isPresent()
                && seen.get().file().nonce().equals(tried.file().nonce());
        if (ours && phase != Phase.SETTLING) {
            wrote(nowNanos, seen.get().etag());
            return;
        }
        switch (phase) {
            case WATCHING -> watch(nowNanos, seen);
            case SETTLING -> {
                if (seen.isPresent() && isCurrent(seen.get())) {
                    current = seen.get();
                    held = true;
                    holdOn();
                } else {
                    phase = Phase.WATCHING;
                    watch(nowNanos, seen);
                }
            }
            case UNSURE -> {
                if (seen.isEmpty()) {
                    write(tried.file(), Optional.empty(), tried.sentNanos());
                } else if (isCurrent(seen.get())) {
                    write(tried.file(), Optional.of(seen.get().etag()), tried.sentNanos());
                } else {
                    current = seen.get();
                    phase = Phase.LOST;
                }
            }
            case WRITING, HOLDING, LOST, RELEASED -> {}
        }
    }

    private boolean isCurrent(Seen seen) {
        return seen.file().nonce().equals(current.file().nonce())
                && seen.file().generation() == current.file().generation();
    }

    private void watch(long nowNanos, Optional<Seen> seen) {
        if (releasing) {
            phase = Phase.RELEASED;
            return;
        }
        if (seen.isEmpty()) {
            take(Optional.empty(), nowNanos);
            return;
        }
        Seen now = seen.get();
        if (now.file().released()) {
            take(Optional.of(now.etag()), nowNanos);
            return;
        }
        if (current == null || !current.etag().equals(now.etag())) {
            current = now;
            watchedSinceNanos = nowNanos;
        }
        long longestNanos = Math.max(ttlNanos, now.file().ttlMillis() * 1_000_000);
        long leftNanos = longestNanos + Math.min(MARGIN_NANOS, longestNanos / 10) - (nowNanos - watchedSinceNanos);
        if (leftNanos <= 0) {
            take(Optional.of(now.etag()), nowNanos);
        } else {
            dueNanos = nowNanos + Math.min(pollNanos, leftNanos);
        }
    }

    /** The same content again on the same ground, for an earlier try may still land. */
    private void take(Optional<String> etag, long nowNanos) {
        if (tried != null && tried.etag().equals(etag)) {
            phase = Phase.WRITING;
        } else {
            write(file(newestGeneration + 1, false, 0), etag, nowNanos);
        }
    }

    /** {@link Write} was done. */
    void wrote(long nowNanos, String etag) {
        if (phase == Phase.LOST) {
            return;
        }
        answered(nowNanos);
        current = new Seen(tried.file(), etag);
        newestGeneration = Math.max(newestGeneration, tried.file().generation());
        if (tried.file().released()) {
            phase = Phase.RELEASED;
        } else if (held) {
            confirmedNanos = tried.sentNanos();
            holdOn();
        } else {
            confirmedNanos = tried.sentNanos();
            phase = Phase.SETTLING;
            dueNanos = nowNanos + Math.max(SETTLE_NANOS, 2 * roundTripNanos);
        }
        tried = null;
    }

    private void holdOn() {
        phase = Phase.HOLDING;
        dueNanos = confirmedNanos + ttlNanos / 3;
    }

    /** {@link Write} was not done: the lease is not what was to be replaced. */
    void refused(long nowNanos) {
        if (phase == Phase.LOST) {
            return;
        }
        answered(nowNanos);
        phase = notWritten();
        dueNanos = nowNanos + CONFLICT_NANOS;
    }

    /** No clear answer. */
    void failed(long nowNanos) {
        switch (phase) {
            case WRITING -> phase = notWritten();
            case WATCHING, SETTLING, UNSURE, HOLDING, LOST, RELEASED -> {}
        }
        dueNanos = nowNanos + pollNanos;
    }

    /** What succeeds a content of ours is renewed or given back; the first content of an epoch takes it. */
    private Phase notWritten() {
        return tried.file().renew() > 0 ? Phase.UNSURE : Phase.WATCHING;
    }

    private void answered(long nowNanos) {
        roundTripNanos = nowNanos - lastAskedNanos;
    }
}
