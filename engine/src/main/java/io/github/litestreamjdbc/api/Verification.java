package io.github.litestreamjdbc.api;

import java.util.List;

/**
 * What reading every file of a replica has shown.
 *
 * @param files how many were read
 * @param bytes their length together
 * @param damages files that cannot be used
 * @param history what can be restored without them
 * @param lost states that the damaged files take away
 * @param generations what building the newest state of each generation of Litestream 0.3 has shown
 */
public record Verification(
        int files,
        long bytes,
        List<Damage> damages,
        History history,
        List<History.Point> lost,
        List<GenerationCheck> generations) {
    /** Copies the lists. */
    public Verification {
        damages = List.copyOf(damages);
        lost = List.copyOf(lost);
        generations = List.copyOf(generations);
    }

    /**
     * A generation of Litestream 0.3.
     *
     * @param damage names the file and what is wrong; empty if nothing is
     */
    public record GenerationCheck(Generation generation, String damage) {}

    /**
     * A file that cannot be used.
     *
     * @param reason names the file, the byte and the rule
     */
    public record Damage(ReplicaFile file, String reason) {}

    /** Whether everything is there and undamaged. */
    public boolean ok() {
        return damages.isEmpty()
                && history.gaps().isEmpty()
                && generations.stream().allMatch(check -> check.damage().isEmpty());
    }
}
