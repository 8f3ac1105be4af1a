package io.github.litestreamjdbc.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.api.ReplicationState;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Containers interrupt threads that they take for left over. */
class InterruptedCaptureTest {
    private static final int COMMITS = 200;

    @TempDir
    private Path directory;

    @Test
    void stormOfInterruptsLosesNothingAndForcesNoFullImage() throws Exception {
        Path file = directory.resolve("app.db");
        try (Connection application = CaptureRig.application(file)) {
            CaptureRig.run(application, "CREATE TABLE t (v BLOB)");
            try (CaptureRig rig = CaptureRig.open(file, 20, 100).begin()) {
                Thread capture = Thread.currentThread();
                AtomicBoolean ended = new AtomicBoolean();
                Thread interrupter = new Thread(() -> {
                    while (!ended.get()) {
                        capture.interrupt();
                        LockSupport.parkNanos(300_000);
                    }
                });
                interrupter.start();
                for (int i = 0; i < COMMITS; i++) {
                    CaptureRig.run(application, "INSERT INTO t VALUES (randomblob(2000))");
                    rig.step();
                    assertThat(rig.state()).isEqualTo(ReplicationState.STREAMING);
                }
                ended.set(true);
                awaitEnd(interrupter);
                Thread.interrupted();
                rig.runNow();

                assertThat(rig.state()).isEqualTo(ReplicationState.STREAMING);
                assertThat(rig.agent.reading().reason()).endsWith("TXID 0000000000000001");
                assertThat(rig.replayed()).isEqualTo(rig.live());
            }
        }
    }

    /** The last interrupt may arrive during the wait. */
    private static void awaitEnd(Thread thread) {
        while (thread.isAlive()) {
            Thread.interrupted();
            LockSupport.parkNanos(1_000_000);
        }
    }
}
