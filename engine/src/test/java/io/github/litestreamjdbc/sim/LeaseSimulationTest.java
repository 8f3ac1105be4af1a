package io.github.litestreamjdbc.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Runs seeds of the {@link LeaseSimulation} from 1 on; {@code -Dlitestreamjdbc.leaseSim.seeds} says how many, {@code
 * -Dlitestreamjdbc.leaseSim.seed=N} runs one and logs.
 */
@Tag("simulation")
class LeaseSimulationTest {
    private static final int SEEDS = Integer.getInteger("litestreamjdbc.leaseSim.seeds", 800);
    private static final Long ONLY = Long.getLong("litestreamjdbc.leaseSim.seed");
    private static final int THREADS = 2;

    private final Logger logger = Logger.getLogger("io.github.litestreamjdbc");
    private final AtomicLong next = new AtomicLong(1);
    private final AtomicLong epochs = new AtomicLong();
    private final AtomicLong confirmed = new AtomicLong();
    private final AtomicReference<AssertionError> failure = new AtomicReference<>();
    private Level level;
    private Path root;

    @BeforeEach
    void directory() throws IOException {
        level = logger.getLevel();
        logger.setLevel(ONLY == null ? Level.OFF : Level.INFO);
        Path memory = Path.of("/dev/shm");
        root = Files.isWritable(memory)
                ? Files.createTempDirectory(memory, "leases-")
                : Files.createTempDirectory("leases-");
    }

    @AfterEach
    void clean() throws IOException {
        logger.setLevel(level);
        try (Stream<Path> tree = Files.walk(root)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    @Test
    void oneWriterAtATimeAndNothingConfirmedIsLost() throws Exception {
        if (ONLY != null) {
            run(ONLY);
            return;
        }
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            Thread thread = new Thread(this::runSeeds, "leases-" + i);
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        System.out.println("leases: " + SEEDS + " seeds, " + epochs + " epochs, " + confirmed + " commits confirmed");
        if (failure.get() != null) {
            throw failure.get();
        }
        // So that it cannot quietly do nothing.
        assertThat(epochs.get()).isGreaterThan(2L * SEEDS);
        assertThat(confirmed.get()).isGreaterThan(5L * SEEDS);
    }

    private void runSeeds() {
        while (failure.get() == null) {
            long seed = next.getAndIncrement();
            if (seed > SEEDS) {
                return;
            }
            try {
                run(seed);
            } catch (Exception | AssertionError e) {
                failure.compareAndSet(
                        null,
                        new AssertionError(
                                "seed " + seed + " (-Dlitestreamjdbc.leaseSim.seed=" + seed + "): " + e.getMessage(),
                                e));
            }
        }
    }

    private void run(long seed) throws Exception {
        try (LeaseSimulation simulation = new LeaseSimulation(root, seed)) {
            simulation.run();
            epochs.addAndGet(simulation.epochs());
            confirmed.addAndGet(simulation.confirmed());
        }
    }
}
