package io.github.litestreamjdbc.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class AgentRunnerTest {
    @Test
    void queuedIsWhatWaitsForAThreadAndNotWhatWaitsForItsTime() throws Exception {
        AgentRunner runner = new AgentRunner("queued-test", 1);
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch goesOn = new CountDownLatch(1);
        Future<?> later = runner.schedule(() -> {}, Duration.ofHours(1));
        try {
            assertThat(runner.queued()).isZero();
            runner.execute(() -> hold(busy, goesOn));
            assertThat(busy.await(60, TimeUnit.SECONDS)).isTrue();
            assertThat(runner.queued()).as("what runs waits no more").isZero();
            runner.execute(() -> {});
            runner.execute(() -> {});
            assertThat(runner.queued()).isEqualTo(2);
        } finally {
            goesOn.countDown();
            later.cancel(false);
        }
    }

    private static void hold(CountDownLatch busy, CountDownLatch goesOn) {
        busy.countDown();
        try {
            goesOn.await(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
