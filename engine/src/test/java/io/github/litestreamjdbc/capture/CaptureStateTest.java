package io.github.litestreamjdbc.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.api.ReplicationEvent.Kind;
import io.github.litestreamjdbc.api.ReplicationState;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CaptureStateTest {
    private final Progress progress = new Progress();
    private final List<Kind> told = new ArrayList<>();
    private long now = 1000;
    private final CaptureState state = new CaptureState("app.db", progress, () -> Instant.ofEpochMilli(now));

    @Test
    void anotherReasonForTheSameStateLeavesItAsOldAsItIs() {
        progress.onEvent((kind, reason) -> told.add(kind));
        now = 2000;
        state.become(ReplicationState.LOCAL_FULL, "no space");
        now = 3000;
        state.become(ReplicationState.LOCAL_FULL, "no space, and the WAL is long");
        assertThat(state.reading().reason()).isEqualTo("no space, and the WAL is long");
        assertThat(state.reading().since()).isEqualTo(Instant.ofEpochMilli(2000));
        now = 4000;
        state.become(ReplicationState.STREAMING, "there is room");
        assertThat(state.reading().since()).isEqualTo(Instant.ofEpochMilli(4000));
        assertThat(told)
                .as("replication had not begun")
                .containsExactly(Kind.LOCAL_FULL, Kind.STARTED, Kind.LOCAL_RECOVERED);
    }

    @Test
    void beginningIsToldWhereSomethingIsReplicatedAndOnce() {
        progress.onEvent((kind, reason) -> told.add(kind));
        state.become(ReplicationState.STARTING, "still");
        assertThat(told).isEmpty();
        state.become(ReplicationState.BASELINE, "there is nothing to go on with");
        state.become(ReplicationState.STREAMING, "full image written");
        assertThat(told).containsExactly(Kind.STARTED);
    }
}
