package io.github.litestreamjdbc.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.api.ReplicationEvent.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class OutagesTest {
    private final Outages outages = new Outages();
    private final List<Kind> said = new ArrayList<>();
    private long nowNanos = Long.MAX_VALUE - 1000;

    private void pass(long seconds) {
        nowNanos += TimeUnit.SECONDS.toNanos(seconds);
    }

    private void fail(boolean refused) {
        outages.failed(refused, nowNanos).ifPresent(said::add);
    }

    private void work() {
        outages.worked().ifPresent(said::add);
    }

    @Test
    void outageOfAnHourIsSaidOnceAndSoIsItsEnd() {
        for (int i = 0; i < 120; i++) {
            fail(false);
            pass(30);
        }
        work();
        work();
        assertThat(said).containsExactly(Kind.REPLICA_UNREACHABLE, Kind.REPLICA_REACHABLE);
    }

    @Test
    void outageInWhichTheReplicaRefusesNowAndThenIsSaidToRefuseOnce() {
        for (int i = 0; i < 60; i++) {
            fail(i % 2 == 1);
            pass(60);
        }
        work();
        assertThat(said).containsExactly(Kind.REPLICA_UNREACHABLE, Kind.REPLICA_REFUSED, Kind.REPLICA_REACHABLE);
    }

    @Test
    void replicaThatComesAndGoesIsSaidTenTimesAndThenEveryTenMinutes() {
        for (int second = 0; second < 3600; second++) {
            fail(false);
            work();
            pass(1);
        }
        assertThat(said).hasSize(2 * (Outages.MOST + 5));
        assertThat(outages.isSpent()).isTrue();
    }

    @Test
    void outageThatLastsIsSaidWithinAMinuteHoweverOftenThereWereOthers() {
        for (int i = 0; i < 20; i++) {
            fail(false);
            work();
        }
        assertThat(said).hasSize(2 * Outages.MOST);
        said.clear();
        fail(true);
        pass(59);
        fail(true);
        assertThat(said).isEmpty();
        pass(1);
        fail(true);
        work();
        assertThat(said).containsExactly(Kind.REPLICA_REFUSED, Kind.REPLICA_REACHABLE);
    }

    @Test
    void quietReplicaMayFailTenTimesAgain() {
        for (int i = 0; i < 20; i++) {
            fail(false);
            work();
        }
        pass(2 * 3600);
        said.clear();
        for (int i = 0; i < 20; i++) {
            fail(false);
            work();
        }
        assertThat(said).hasSize(2 * Outages.MOST);
    }
}
