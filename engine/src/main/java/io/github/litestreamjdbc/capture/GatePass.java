package io.github.litestreamjdbc.capture;

/**
 * A connection's way through the {@link WriteGate}. Called by the thread that uses the connection; read by the
 * checkpointing thread.
 *
 * <p>Every entry first says that it is inside and then looks whether the gate is closed, the checkpointing thread does it
 * the other way round; so one of them always sees the other.
 */
public final class GatePass {
    private final WriteGate gate;

    /** {@link System#nanoTime} of the transaction's begin, made odd; 0 outside. */
    private volatile long insideSinceNanos;

    private volatile boolean upgrading;

    GatePass(WriteGate gate) {
        this.gate = gate;
    }

    /** Waits while starts are closed, then counts as inside until {@link #leave}. */
    public void enter() {
        while (true) {
            insideSinceNanos = System.nanoTime() | 1;
            if (!gate.startsClosed() || Thread.currentThread().isInterrupted()) {
                return;
            }
            insideSinceNanos = 0;
            gate.awaitStartsOpen();
        }
    }

    /** Not inside any more. Idempotent. */
    public void leave() {
        if (insideSinceNanos != 0) {
            insideSinceNanos = 0;
        }
    }

    /** Waits while starts are closed, without being counted. */
    public void await() {
        if (gate.startsClosed()) {
            gate.awaitStartsOpen();
        }
    }

    /** Waits while upgrades are closed, then counts as upgrading until {@link #leaveUpgrade}. */
    public void enterUpgrade() {
        if (!tryUpgrade()) {
            gate.awaitUpgradesOpen(this);
            // Who is interrupted goes on all the same.
            upgrading = true;
        }
    }

    /** Counts as upgrading unless upgrades are closed; who is interrupted does not wait. */
    boolean tryUpgrade() {
        upgrading = true;
        if (!gate.upgradesClosed() || Thread.currentThread().isInterrupted()) {
            return true;
        }
        upgrading = false;
        return false;
    }

    /** The upgrading call has returned. */
    public void leaveUpgrade() {
        upgrading = false;
    }

    /** The connection is closed. */
    public void close() {
        leave();
        gate.remove(this);
    }

    boolean isInsideYoung(long oldNanos) {
        long since = insideSinceNanos;
        return since != 0 && System.nanoTime() - since < oldNanos;
    }

    boolean isUpgrading() {
        return upgrading;
    }
}
