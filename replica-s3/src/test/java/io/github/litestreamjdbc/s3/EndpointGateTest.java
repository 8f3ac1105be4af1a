package io.github.litestreamjdbc.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.litestreamjdbc.agent.Backoff;
import java.io.IOException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class EndpointGateTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private long nanos;
    private final EndpointGate gate = new EndpointGate("https://s3.example.com", () -> nanos);

    private void fail() throws IOException {
        gate.enter();
        gate.failed("no answer");
    }

    private void takeDown() throws IOException {
        fail();
        nanos += 30 * SECOND;
        fail();
        assertThat(gate.isDown()).isTrue();
    }

    @Test
    void someFailuresChangeNothing() throws Exception {
        for (int i = 0; i < 10; i++) {
            fail();
            nanos += SECOND;
        }
        assertThat(gate.isDown()).isFalse();
        gate.enter();
        gate.answered();
        nanos += 60 * SECOND;
        fail();
        assertThat(gate.isDown())
                .as("a success in between begins the count again")
                .isFalse();
    }

    @Test
    void whileItIsDownOneRequestAsksForAll() throws Exception {
        takeDown();
        gate.enter();
        assertThatThrownBy(gate::enter)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("https://s3.example.com is down")
                .hasMessageContaining("no answer");
        gate.failed("still nothing");
        gate.enter();
    }

    @Test
    void eachAnswerLetsTwiceAsManyThrough() throws Exception {
        takeDown();
        gate.enter();
        gate.answered();
        gate.enter();
        gate.enter();
        assertThatThrownBy(gate::enter).isInstanceOf(IOException.class);
        gate.answered();
        gate.answered();
        for (int i = 0; i < 8; i++) {
            gate.enter();
        }
        for (int i = 0; i < 8; i++) {
            gate.answered();
        }
        assertThat(gate.isDown()).isFalse();
    }

    @Test
    void whatSaysNothingAboutTheServiceChangesNothing() throws Exception {
        for (int i = 0; i < 3; i++) {
            gate.enter();
            gate.abandoned();
            nanos += 60 * SECOND;
        }
        assertThat(gate.isDown()).isFalse();
        takeDown();
        for (int i = 0; i < 10; i++) {
            gate.enter();
            gate.abandoned();
        }
        gate.enter();
        assertThatThrownBy(gate::enter).as("still one at a time").isInstanceOf(IOException.class);
    }

    @Test
    void hourLongOutageOfHundredDatabasesIsAskedSparinglyAndEnds() {
        Random random = new Random(11);
        int databases = 100;
        Backoff[] backoffs = new Backoff[databases];
        long[] due = new long[databases];
        boolean[] uploaded = new boolean[databases];
        for (int i = 0; i < databases; i++) {
            backoffs[i] = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(30), random);
        }
        long requestNanos = 5 * SECOND;
        long end = TimeUnit.HOURS.toNanos(1);
        long inFlightUntil = -1;
        int asked = 0;
        int open = databases;
        while (open > 0) {
            int next = -1;
            for (int i = 0; i < databases; i++) {
                if (!uploaded[i] && (next < 0 || due[i] < due[next])) {
                    next = i;
                }
            }
            if (inFlightUntil >= 0 && inFlightUntil <= due[next]) {
                nanos = inFlightUntil;
                gate.failed("no answer");
                inFlightUntil = -1;
            }
            nanos = Math.max(nanos, due[next]);
            try {
                gate.enter();
                if (nanos >= end) {
                    gate.answered();
                    uploaded[next] = true;
                    open--;
                } else if (gate.isDown()) {
                    inFlightUntil = nanos + requestNanos;
                    asked++;
                } else {
                    gate.failed("no answer");
                }
            } catch (IOException another) {
                assertThat(inFlightUntil).as("refused only while another asks").isPositive();
            }
            due[next] = nanos + backoffs[next].nextNanos();
        }
        assertThat(asked).as("one at a time: an hour of 5 s each").isBetween(100, 720);
        assertThat(nanos - end).as("all of them are through soon").isLessThan(40 * SECOND);
    }
}
