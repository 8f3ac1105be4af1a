package io.github.litestreamjdbc.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.http.AbortableInputStream;

class ObjectStreamTest {
    private long nanos;
    private boolean aborted;

    private ObjectStream stream(int bytes) {
        return stream(bytes, Long.MAX_VALUE);
    }

    private ObjectStream stream(int bytes, long lengthBytes) {
        return new ObjectStream(
                "s3://b/p: a",
                AbortableInputStream.create(new ByteArrayInputStream(new byte[bytes]), () -> aborted = true),
                lengthBytes,
                () -> nanos += TimeUnit.MILLISECONDS.toNanos(500));
    }

    @Test
    void trickleCountsAsBroken() throws IOException {
        try (ObjectStream slow = stream(10_000)) {
            assertThatThrownBy(() -> {
                        while (slow.read() >= 0) {
                            assertThat(nanos).isLessThan(TimeUnit.MINUTES.toNanos(2));
                        }
                    })
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("s3://b/p: a trickles");
        }
        assertThat(aborted).isTrue();
    }

    @Test
    void enoughBytesInTheSameTimeAreFine() throws IOException {
        try (ObjectStream steady = stream(1 << 20)) {
            assertThat(steady.readAllBytes()).hasSize(1 << 20);
        }
        assertThat(aborted).as("read to its end, so the connection is kept").isFalse();
    }

    @Test
    void connectionIsKeptByAReaderThatAsksForNoMoreThanThereIs() throws IOException {
        try (ObjectStream exact = stream(1000, 1000)) {
            assertThat(exact.readNBytes(1000)).hasSize(1000);
        }
        assertThat(aborted).isFalse();
        try (ObjectStream early = stream(1000, 1000)) {
            assertThat(early.readNBytes(999)).hasSize(999);
        }
        assertThat(aborted).isTrue();
    }

    @Test
    void closedEarlyItDropsTheConnection() throws IOException {
        try (ObjectStream early = stream(1 << 20)) {
            assertThat(early.read()).isZero();
        }
        assertThat(aborted).isTrue();
    }
}
