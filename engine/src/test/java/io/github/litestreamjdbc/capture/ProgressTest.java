package io.github.litestreamjdbc.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.litestreamjdbc.agent.TimeSource;
import io.github.litestreamjdbc.api.ReplicationException;
import java.time.Instant;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class ProgressTest {
    private static final long LONG = TimeUnit.HOURS.toNanos(1);

    private long nowNanos;

    private final Progress progress = new Progress(new TimeSource() {
        @Override
        public Instant instant() {
            return Instant.EPOCH;
        }

        @Override
        public long nanoTime() {
            return nowNanos;
        }

        @Override
        public RandomGenerator jitter() {
            return new Random(1);
        }
    });

    private void captureAll(long txid) {
        long request = progress.syncsRequested();
        progress.captured(txid, 1, 100);
        progress.syncCaptured(request);
    }

    @Test
    void groupWaitsAfterAnUploadForThoseWhomItConfirmed() {
        progress.requestGroupSync();
        progress.requestGroupSync();
        captureAll(1);
        progress.requestGroupSync();
        nowNanos = 80;
        progress.uploaded(1, 0);
        assertThat(progress.syncWanted()).isFalse();
        progress.requestGroupSync();
        assertThat(progress.syncWanted()).isFalse();
        progress.requestGroupSync();
        assertThat(progress.syncWanted()).isTrue();
    }

    @Test
    void groupWaitsForNoLongerThanAQuarterOfTheUpload() {
        for (int i = 0; i < 10; i++) {
            progress.requestGroupSync();
        }
        captureAll(1);
        nowNanos = 160;
        progress.uploaded(1, 0);
        assertThat(progress.gatherNanos()).isEqualTo(20);
        for (nowNanos = 161; nowNanos < 200; nowNanos += 9) {
            progress.requestGroupSync();
            assertThat(progress.syncWanted()).isFalse();
        }
        nowNanos = 200;
        assertThat(progress.syncWanted()).isTrue();
        assertThat(progress.gatherNanos()).isEqualTo(0);
    }

    @Test
    void groupWaitsNoLongerOnceNobodyComes() {
        progress.requestGroupSync();
        progress.requestGroupSync();
        captureAll(1);
        progress.requestGroupSync();
        nowNanos = 160;
        progress.uploaded(1, 0);
        nowNanos = 165;
        progress.requestGroupSync();
        nowNanos = 184;
        assertThat(progress.syncWanted()).isFalse();
        assertThat(progress.gatherNanos()).isEqualTo(1);
        nowNanos = 185;
        assertThat(progress.syncWanted()).isTrue();
        assertThat(progress.gatherNanos()).isEqualTo(0);
    }

    @Test
    void commitThatIsAloneWaitsForNobody() {
        progress.requestGroupSync();
        captureAll(1);
        nowNanos = 80;
        progress.uploaded(1, 0);
        assertThat(progress.gatherNanos()).isEqualTo(Long.MAX_VALUE);
        progress.requestGroupSync();
        assertThat(progress.syncWanted()).isTrue();
    }

    @Test
    void whoAsksDuringACaptureWaitsForTheNextOne() throws Exception {
        long first = progress.requestGroupSync();
        long request = progress.syncsRequested();
        long during = progress.requestGroupSync();
        progress.captured(1, 1, 100);
        progress.syncCaptured(request);
        progress.uploaded(1, 0);
        assertThat(progress.awaitCommit(first, 0)).isEqualTo(1);
        assertThatThrownBy(() -> progress.awaitCommit(during, 0)).isInstanceOf(ReplicationException.Transient.class);
        captureAll(2);
        assertThat(progress.awaitCapture(during, 0)).isEqualTo(2);
        progress.uploaded(2, 0);
        assertThat(progress.awaitCommit(during, 0)).isEqualTo(2);
    }

    @Test
    void groupGathersWhileAnUploadIsUnderWayAndIsDueWhenThatEnds() {
        progress.captured(1, 1, 100);
        progress.requestGroupSync();
        progress.requestGroupSync();
        assertThat(progress.syncWanted()).isFalse();
        progress.uploaded(1, 0);
        assertThat(progress.syncWanted()).isTrue();
        progress.syncCaptured(progress.syncsRequested());
        assertThat(progress.syncWanted()).isFalse();
    }

    @Test
    void groupIsToldThatItIsDueByTheUpload() {
        boolean[] due = new boolean[1];
        progress.onUploaded(() -> due[0] = progress.syncWanted());
        progress.captured(1, 1, 100);
        progress.requestGroupSync();
        progress.uploaded(1, 0);
        assertThat(due[0]).isTrue();
    }

    @Test
    void groupDoesNotGatherBehindAReplicaThatCannotBeReached() {
        progress.captured(1, 1, 100);
        progress.replicaError("down");
        progress.requestGroupSync();
        assertThat(progress.syncWanted()).isTrue();
    }

    @Test
    void oneThatIsNotToWaitTakesTheGatheredAlong() {
        progress.captured(1, 1, 100);
        progress.requestGroupSync();
        progress.requestSync();
        assertThat(progress.syncWanted()).isTrue();
    }

    @Test
    void isNotConfirmedByAnUploadOfWhatWasCapturedBefore() throws Exception {
        progress.captured(1, 1, 100);
        long request = progress.requestGroupSync();
        progress.uploaded(1, 0);
        assertThatThrownBy(() -> progress.awaitCommit(request, 0)).isInstanceOf(ReplicationException.Transient.class);
        progress.captured(2, 1, 100);
        progress.syncCaptured(request);
        assertThatThrownBy(() -> progress.awaitCommit(request, 0)).isInstanceOf(ReplicationException.Transient.class);
        progress.uploaded(2, 0);
        assertThat(progress.awaitCommit(request, 0)).isEqualTo(2);
    }

    @Test
    void refusalEndsTheWaitOfWhatWasAskedBeforeAndNotCaptured() throws Exception {
        progress.captured(1, 1, 100);
        long captured = progress.requestSync();
        progress.syncCaptured(captured);
        long waiting = progress.requestGroupSync();
        progress.refuseSyncs("disk full");
        assertThatThrownBy(() -> progress.awaitCommit(waiting, LONG))
                .isInstanceOf(ReplicationException.Stopped.class)
                .hasMessageContaining("disk full");
        assertThatThrownBy(() -> progress.awaitCapture(waiting, LONG)).hasMessageContaining("disk full");
        progress.uploaded(1, 0);
        assertThat(progress.awaitCommit(captured, LONG)).isEqualTo(1);
        long later = progress.requestGroupSync();
        progress.syncCaptured(later);
        assertThat(progress.awaitCommit(later, LONG)).isEqualTo(1);
    }

    @Test
    void endOfReplicationEndsEveryWaitAndNamesTheTxid() {
        progress.captured(0x2a, 1, 100);
        long request = progress.requestSync();
        progress.syncCaptured(request);
        progress.stop("closing");
        assertThatThrownBy(() -> progress.awaitCommit(request, LONG))
                .isInstanceOf(ReplicationException.Stopped.class)
                .hasMessage("TXID 000000000000002a: closing");
    }
}
