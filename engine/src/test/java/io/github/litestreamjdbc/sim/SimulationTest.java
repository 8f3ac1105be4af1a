package io.github.litestreamjdbc.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Runs seeds of the {@link Simulation}, each on one thread: in the ordinary run fixed ones from 1 on; with
 * {@code -Dlitestreamjdbc.sim.minutes=N} fresh ones for that long. A seed that fails is shortened to the actions that it
 * takes, and printed with them. {@code -Dlitestreamjdbc.sim.seed=N} runs one seed and logs, {@code
 * -Dlitestreamjdbc.sim.seeds} says how many there are at least.
 */
@Tag("simulation")
class SimulationTest {
    private static final int MINUTES = Integer.getInteger("litestreamjdbc.sim.minutes", 0);
    private static final int SEEDS = Integer.getInteger("litestreamjdbc.sim.seeds", MINUTES == 0 ? 2000 : 1);
    private static final Long ONLY = Long.getLong("litestreamjdbc.sim.seed");

    private static final int THREADS = 2;

    private final Logger logger = Logger.getLogger("io.github.litestreamjdbc");
    private final ErrorLog errors = new ErrorLog();
    private final Tally tally = new Tally();
    private final AtomicLong next = new AtomicLong();
    private final AtomicReference<AssertionError> failure = new AtomicReference<>();
    private Level level;
    private Path root;
    private long files;
    private long actions;
    private long seeds;

    @BeforeEach
    void listen() throws IOException {
        level = logger.getLevel();
        logger.setLevel(ONLY == null ? Level.SEVERE : Level.INFO);
        logger.setUseParentHandlers(ONLY != null);
        logger.addHandler(errors);
        Path memory = Path.of("/dev/shm");
        root = Files.isWritable(memory)
                ? Files.createTempDirectory(memory, "simulation-")
                : Files.createTempDirectory("simulation-");
    }

    @AfterEach
    void clean() throws IOException {
        logger.removeHandler(errors);
        logger.setUseParentHandlers(true);
        logger.setLevel(level);
        Files.deleteIfExists(root);
    }

    @Test
    void whateverHappensTheReplicaIsAPrefixOfTheHistoryAndEverythingGetsThereInTheEnd() throws Exception {
        if (ONLY != null) {
            run(ONLY, Simulation.plan(ONLY));
            return;
        }
        long first = MINUTES == 0 ? 1 : System.nanoTime();
        long begun = System.nanoTime();
        long last = first + SEEDS;
        System.out.println("simulation: seeds from " + first);
        next.set(first);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            Thread thread = new Thread(() -> runSeeds(last, begun), "simulation-" + i);
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        System.out.println("simulation: " + seeds + " seeds, " + actions + " actions, " + files
                + " files of the replica compared with the database: " + tally);
        if (failure.get() != null) {
            throw failure.get();
        }
        assertThat(seeds).isGreaterThanOrEqualTo(SEEDS);
        assertThat(files).isGreaterThan(seeds);
        // Some are rare: fewer seeds may miss them.
        if (seeds >= 1000) {
            assertThat(tally.missing()).as("what never happened").isEmpty();
        }
    }

    private void runSeeds(long last, long begun) {
        while (failure.get() == null) {
            long seed = next.getAndIncrement();
            if (seed >= last && System.nanoTime() - begun >= TimeUnit.MINUTES.toNanos(MINUTES)) {
                return;
            }
            List<Simulation.Action> plan = Simulation.plan(seed);
            try {
                run(seed, plan);
            } catch (Exception | AssertionError e) {
                List<Simulation.Action> shortest = shrink(seed, plan, kind(e));
                failure.compareAndSet(
                        null,
                        new AssertionError(
                                "seed " + seed + " (-Dlitestreamjdbc.sim.seed=" + seed + ") takes " + shortest + ": "
                                        + e.getMessage(),
                                e));
            }
        }
    }

    private void run(long seed, List<Simulation.Action> plan) throws Exception {
        ErrorLog.take();
        try (Simulation simulation = new Simulation(root, seed)) {
            simulation.run(plan);
            synchronized (tally) {
                tally.addAll(simulation.tally());
                files += simulation.filesChecked();
                actions += plan.size();
                seeds++;
            }
        }
    }

    /** Leaves out actions, halves first and then single ones, as long as the seed still fails in the same way. */
    private List<Simulation.Action> shrink(long seed, List<Simulation.Action> failing, String kind) {
        List<Simulation.Action> shortest = failing;
        for (int length = failing.size() / 2; length >= 1; length /= 2) {
            for (int from = 0; from + length <= shortest.size(); ) {
                List<Simulation.Action> shorter = new ArrayList<>(shortest.subList(0, from));
                shorter.addAll(shortest.subList(from + length, shortest.size()));
                if (fails(seed, shorter, kind)) {
                    shortest = shorter;
                } else {
                    from += length;
                }
            }
        }
        return shortest;
    }

    private boolean fails(long seed, List<Simulation.Action> plan, String kind) {
        try {
            run(seed, plan);
            return false;
        } catch (Exception | AssertionError e) {
            return kind(e).equals(kind);
        }
    }

    /** What went wrong, without the numbers. */
    private static String kind(Throwable e) {
        return e.getClass() + String.valueOf(e.getMessage()).replaceAll("[0-9A-Fa-f]+", "#");
    }
}
