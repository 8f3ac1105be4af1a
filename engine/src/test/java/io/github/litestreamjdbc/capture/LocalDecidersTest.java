package io.github.litestreamjdbc.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.api.ReplicationConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@link LocalFull#decide} and {@link LocalBudget}: what is given up, and when, while files cannot leave or be written. */
class LocalDecidersTest {
    @ParameterizedTest
    @CsvSource({
        // The WAL keeps the frames for as long as it may.
        "DETACH, false, false, KEEP",
        "BLOCK, false, false, KEEP",
        "GROW, false, false, KEEP",
        "DETACH, false, true, DETACH",
        "BLOCK, false, true, BLOCK",
        "GROW, false, true, KEEP",
        // It keeps nothing that a full image would not hold.
        "DETACH, true, false, COPY_BACK",
        "BLOCK, true, false, COPY_BACK",
        "GROW, true, false, COPY_BACK",
        "DETACH, true, true, COPY_BACK",
        "BLOCK, true, true, COPY_BACK",
        "GROW, true, true, COPY_BACK",
    })
    void localFullKeepsTheWalUntilItsLimit(
            ReplicationConfig.LocalFull policy, boolean imageDue, boolean overLimit, LocalFull.Action action) {
        assertThat(LocalFull.decide(policy, imageDue, overLimit)).isEqualTo(action);
    }

    private final Progress progress = new Progress();

    private void capture(long txid, long bytes) {
        progress.captured(txid, 1, bytes);
    }

    @Test
    void budgetIsSpentOnlyWhileTheReplicaDoesNotAnswer() {
        LocalBudget budget = new LocalBudget(1000);
        capture(1, 999);
        assertThat(budget.spend(progress, false)).isFalse();
        capture(2, 1);
        assertThat(budget.spend(progress, false)).as("an upload is only slow").isFalse();
        progress.replicaError("down");
        assertThat(budget.spend(progress, false)).isTrue();
        assertThat(budget.isSpent()).isTrue();
    }

    @Test
    void budgetStaysSpentUntilEverythingIsUploadedAndItIsRefilled() {
        LocalBudget budget = new LocalBudget(1000);
        progress.replicaError("down");
        capture(1, 600);
        assertThat(budget.spend(progress, false)).isFalse();
        capture(2, 600);
        assertThat(budget.spend(progress, false)).isTrue();
        assertThat(budget.isCleared(progress)).isFalse();
        progress.replicaError(null);
        assertThat(budget.isCleared(progress))
                .as("it answers, and has nothing yet")
                .isFalse();
        progress.uploaded(1, 0);
        assertThat(budget.isCleared(progress)).isFalse();
        assertThat(budget.spend(progress, false)).as("below the limit again").isTrue();
        progress.uploaded(2, 0);
        assertThat(budget.isCleared(progress)).isTrue();
        budget.refill();
        assertThat(budget.spend(progress, false)).isFalse();
        assertThat(budget.isSpent()).isFalse();
    }

    @Test
    void budgetIsNotClearedByAReplicaThatGoesAwayAgain() {
        LocalBudget budget = new LocalBudget(10);
        progress.replicaError("down");
        capture(1, 10);
        assertThat(budget.spend(progress, false)).isTrue();
        progress.replicaError(null);
        progress.uploaded(1, 0);
        progress.replicaError("down again");
        assertThat(budget.isCleared(progress)).isFalse();
    }
}
