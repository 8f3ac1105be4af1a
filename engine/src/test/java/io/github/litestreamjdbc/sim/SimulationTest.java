package io.github.litestreamjdbc.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Runs seeds of the {@link Simulation}: fixed ones from 1 on, then fresh ones. A seed that fails is shortened to the actions
 * that it takes, and printed with them. {@code -Dlitestreamjdbc.sim.seed=N} runs one seed, {@code -Dlitestreamjdbc.sim.seeds}
 * and {@code -Dlitestreamjdbc.sim.minutes} say how many at least and how long.
 */
@Tag("simulation")
class SimulationTest {
    private static final int SEEDS = Integer.getInteger("litestreamjdbc.sim.seeds", 2000);
    private static final int MINUTES = Integer.getInteger("litestreamjdbc.sim.minutes", 0);

    private final Logger logger = Logger.getLogger("io.github.litestreamjdbc");
    private Level level;
    private Path root;

    @BeforeEach
    void quiet() throws IOException {
        level = logger.getLevel();
        logger.setLevel(Long.getLong("litestreamjdbc.sim.seed") == null ? Level.OFF : Level.INFO);
        Path memory = Path.of("/dev/shm");
        root = Files.isWritable(memory)
                ? Files.createTempDirectory(memory, "simulation-")
                : Files.createTempDirectory("simulation-");
    }

    @AfterEach
    void clean() throws IOException {
        logger.setLevel(level);
        Files.deleteIfExists(root);
    }

    @Test
    void whateverHappensTheReplicaIsAPrefixOfTheHistoryAndEverythingGetsThereInTheEnd() throws Exception {
        Long only = Long.getLong("litestreamjdbc.sim.seed");
        if (only != null) {
            run(only, Simulation.plan(only));
            return;
        }
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(MINUTES);
        long fresh = System.nanoTime();
        long files = 0;
        long actions = 0;
        int seeds = 0;
        while (seeds < SEEDS || System.nanoTime() - deadline < 0) {
            long seed = seeds < SEEDS / 2 ? seeds + 1 : fresh + seeds;
            List<Simulation.Action> plan = Simulation.plan(seed);
            try {
                files += run(seed, plan);
            } catch (Exception | AssertionError e) {
                List<Simulation.Action> shortest = shrink(seed, plan);
                throw new AssertionError(
                        "seed " + seed + " (-Dlitestreamjdbc.sim.seed=" + seed + ") after " + seeds
                                + " others; it takes " + shortest + ": " + e.getMessage(),
                        e);
            }
            seeds++;
            actions += plan.size();
        }
        System.out.println("simulation: " + seeds + " seeds, " + actions + " actions, " + files
                + " files of the replica compared with the database");
        assertThat(files).isGreaterThan(seeds);
    }

    private long run(long seed, List<Simulation.Action> actions) throws Exception {
        try (Simulation simulation = new Simulation(root, seed)) {
            simulation.run(actions);
            return simulation.filesChecked();
        }
    }

    /** Leaves out actions, halves first and then single ones, as long as the seed still fails. */
    private List<Simulation.Action> shrink(long seed, List<Simulation.Action> failing) {
        List<Simulation.Action> shortest = failing;
        for (int length = failing.size() / 2; length >= 1; length /= 2) {
            for (int from = 0; from + length <= shortest.size(); ) {
                List<Simulation.Action> shorter = new ArrayList<>(shortest.subList(0, from));
                shorter.addAll(shortest.subList(from + length, shortest.size()));
                if (fails(seed, shorter)) {
                    shortest = shorter;
                } else {
                    from += length;
                }
            }
        }
        return shortest;
    }

    private boolean fails(long seed, List<Simulation.Action> actions) {
        try {
            run(seed, actions);
            return false;
        } catch (Exception | AssertionError e) {
            return true;
        }
    }
}
