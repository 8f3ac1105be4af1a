package io.github.litestreamjdbc.s3;

import java.io.IOException;

/** What is tried out once, by the first who asks; a failed attempt is repeated by the next. Safe for several threads. */
final class FoundOut<T> {
    /** Guarded by this; null before. */
    private T found;

    /** Tries something out. */
    @FunctionalInterface
    interface Attempt<T> {
        T run() throws IOException;
    }

    synchronized T get(Attempt<T> attempt) throws IOException {
        if (found == null) {
            found = attempt.run();
        }
        return found;
    }
}
