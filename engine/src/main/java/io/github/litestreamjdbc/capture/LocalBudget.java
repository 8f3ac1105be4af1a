package io.github.litestreamjdbc.capture;

/**
 * How much of level-0 files may pile up while the replica does not answer. Pure but for what it remembers; owned by the
 * capture thread.
 */
final class LocalBudget {
    private final long bytes;
    private boolean spent;

    LocalBudget(long bytes) {
        this.bytes = bytes;
    }

    /**
     * Whether capture is to stop now; remembered until {@link #refill}.
     *
     * @param unreadable whether nothing can be uploaded because the local files cannot be read
     */
    boolean spend(Progress progress, boolean unreadable) {
        spent |= (unreadable || progress.replicaError() != null) && progress.unreplicatedFileBytes() >= bytes;
        return spent;
    }

    boolean isSpent() {
        return spent;
    }

    /** Whether the replica answers again and has everything that had piled up. */
    boolean isCleared(Progress progress) {
        return progress.replicaError() == null && progress.unreplicatedFileBytes() == 0;
    }

    void refill() {
        spent = false;
    }

    String reason() {
        return "local-budget=" + bytes
                + " is used up by level-0 files that the replica does not have. What is committed"
                + " from now on is in the database only; when the replica answers again it gets these files and a full"
                + " image, without the states in between";
    }
}
