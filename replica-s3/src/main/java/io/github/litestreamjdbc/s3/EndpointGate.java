package io.github.litestreamjdbc.s3;

import io.github.litestreamjdbc.spi.LogLine;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Spares a service that is down: after a while without any success, only one request at a time is let through for all
 * databases of the process; the others fail at once with what the last one met. Each success doubles how many are let
 * through, until the service counts as healthy. Safe for use by several threads.
 */
final class EndpointGate {
    private static final System.Logger LOG = System.getLogger(EndpointGate.class.getName());

    private static final Map<String, EndpointGate> GATES = new ConcurrentHashMap<>();

    private static final long DOWN_AFTER_NANOS = TimeUnit.SECONDS.toNanos(30);

    /** As many as a client has connections: no limit in effect. */
    private static final int HEALTHY = 64;

    private final String endpoint;
    private final LongSupplier nanoTime;
    private int limit = HEALTHY;
    private int inFlight;
    private boolean failing;
    private long failingSinceNanos;
    private String lastFailure;

    EndpointGate(String endpoint, LongSupplier nanoTime) {
        this.endpoint = endpoint;
        this.nanoTime = nanoTime;
    }

    /** The one of a service. */
    static EndpointGate of(String endpoint) {
        return of(endpoint, System::nanoTime);
    }

    /** The same, with a clock of its own if there is none yet. */
    static EndpointGate of(String endpoint, LongSupplier nanoTime) {
        return GATES.computeIfAbsent(endpoint, name -> new EndpointGate(name, nanoTime));
    }

    /**
     * Begins a request; {@link #answered}, {@link #failed} or {@link #abandoned} ends it.
     *
     * @throws IOException if the service is down and is being asked already
     */
    synchronized void enter() throws IOException {
        if (limit < HEALTHY && inFlight >= limit) {
            throw new IOException(endpoint + " is down, and is asked by one request at a time: " + lastFailure);
        }
        inFlight++;
    }

    /** The service answered, whatever it said. */
    synchronized void answered() {
        inFlight--;
        failing = false;
        if (limit < HEALTHY) {
            limit = Math.min(HEALTHY, limit * 2);
            if (limit == HEALTHY) {
                LOG.log(
                        System.Logger.Level.INFO,
                        LogLine.of("endpoint", endpoint).says("answers again"));
            }
        }
    }

    /** It did not, or said that it cannot. */
    synchronized void failed(String reason) {
        inFlight--;
        lastFailure = reason;
        long now = nanoTime.getAsLong();
        if (!failing) {
            failing = true;
            failingSinceNanos = now;
        }
        if (limit < HEALTHY) {
            limit = 1;
        } else if (now - failingSinceNanos >= DOWN_AFTER_NANOS) {
            limit = 1;
            LOG.log(
                    System.Logger.Level.WARNING,
                    LogLine.of("endpoint", endpoint)
                            .says("is down: no success for " + TimeUnit.NANOSECONDS.toSeconds(now - failingSinceNanos)
                                    + " s; asked by one request at a time until it answers: " + reason));
        }
    }

    /** It ended for reasons that say nothing about the service. */
    synchronized void abandoned() {
        inFlight--;
    }

    synchronized boolean isDown() {
        return limit < HEALTHY;
    }
}
