package io.github.litestreamjdbc.capture;

import java.nio.file.Path;
import java.sql.SQLException;

/**
 * Two connections that take turns in holding a read transaction open. While one is held, no frame behind its snapshot can
 * be copied back or overwritten by anybody. The rule that makes capture safe: open the new pin, have everything up to its
 * snapshot in durable level-0 files (or, for another process's checkpoint, in memory: {@link Staged}), only then release the
 * old one.
 *
 * <p>Owned by the capture thread.
 */
final class Pins implements AutoCloseable {
    private final EngineConnection[] pins = new EngineConnection[2];
    private final WriteGate gate;
    private int current;
    private boolean held;
    private boolean spareHeld;

    Pins(Path file, WriteGate gate) throws SQLException {
        this.gate = gate;
        pins[0] = EngineConnection.reading(file);
        try {
            pins[1] = EngineConnection.reading(file);
        } catch (SQLException e) {
            pins[0].close();
            throw e;
        }
    }

    boolean held() {
        return held;
    }

    /** Takes the first pin. */
    void hold() throws SQLException {
        begin(pins[current]);
        held = true;
    }

    /** Database size in pages in the current pin's snapshot. */
    long pageCount() throws SQLException {
        return Long.parseLong(pins[current].queryString("PRAGMA page_count"));
    }

    /** Opens the pin not in use; the current one stays. */
    void openSpare() throws SQLException {
        if (!held || spareHeld) {
            throw new IllegalStateException("handover without a pin, or inside another");
        }
        begin(pins[1 - current]);
        spareHeld = true;
    }

    /** Nothing up to the spare's snapshot is needed from the WAL any more: it takes over. */
    void takeOver() throws SQLException {
        pins[current].rollback();
        current = 1 - current;
        spareHeld = false;
    }

    /** Nothing is sure up to the spare's snapshot: the current pin stays. */
    void abandonSpare() throws SQLException {
        if (spareHeld) {
            pins[1 - current].rollback();
            spareHeld = false;
        }
    }

    /** Releases everything; frames are unprotected from here on. */
    void release() throws SQLException {
        abandonSpare();
        if (held) {
            pins[current].rollback();
            held = false;
        }
    }

    /** A read transaction's start never waits for long: another thread is in the middle of recovery or a checkpoint. */
    private void begin(EngineConnection pin) throws SQLException {
        Retry.untilNotBusy(() -> {
            boolean paused = gate.pauseUpgrades();
            try {
                pin.beginRead();
            } finally {
                if (paused) {
                    gate.resumeUpgrades();
                }
            }
        });
    }

    @Override
    public void close() throws SQLException {
        held = false;
        spareHeld = false;
        try {
            pins[0].close();
        } finally {
            pins[1].close();
        }
    }
}
