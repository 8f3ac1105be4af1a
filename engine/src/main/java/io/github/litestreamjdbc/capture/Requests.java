package io.github.litestreamjdbc.capture;

import java.io.IOException;
import java.sql.SQLException;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * What other threads want done in an agent's next step. {@link #ask} is safe for use by several threads; the agent serves
 * and abandons.
 */
final class Requests {
    private final Queue<Request<?>> waiting = new ConcurrentLinkedQueue<>();

    /** Something to do. */
    @FunctionalInterface
    interface Work<T> {
        T run() throws SQLException, IOException;
    }

    private record Request<T>(Work<T> work, CompletableFuture<T> answer) {
        void serve() {
            try {
                answer.complete(work.run());
            } catch (SQLException | IOException | RuntimeException e) {
                answer.completeExceptionally(e);
            }
        }
    }

    /** Asks for it; whoever asks wakes the agent. */
    <T> CompletableFuture<T> ask(Work<T> work) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        waiting.add(new Request<>(work, answer));
        return answer;
    }

    /** Does what was asked for, in the order of asking. */
    void serve() {
        for (Request<?> request = waiting.poll(); request != null; request = waiting.poll()) {
            request.serve();
        }
    }

    /** Tells everybody who waits that no answer will come. */
    void abandon(Exception reason) {
        for (Request<?> request = waiting.poll(); request != null; request = waiting.poll()) {
            request.answer().completeExceptionally(reason);
        }
    }
}
