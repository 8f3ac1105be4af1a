package io.github.litestreamjdbc.replica;

import io.github.litestreamjdbc.agent.AgentHandle;
import io.github.litestreamjdbc.api.CheckpointResult;
import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.capture.CaptureAgent;
import io.github.litestreamjdbc.capture.LocalFilesException;
import io.github.litestreamjdbc.capture.SnapshotImage;
import io.github.litestreamjdbc.capture.StartCheck;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A running capture agent: every request comes with its wake-up. Safe for use by several threads. */
public record CaptureControl(CaptureAgent agent, AgentHandle handle) {
    /** {@link CaptureAgent#begin}. */
    public void begin(StartCheck.Start start) {
        agent.begin(start);
        handle.wake();
    }

    /** {@link CaptureAgent#waitForReplica}. */
    public void waitForReplica() {
        agent.waitForReplica();
        handle.wake();
    }

    /** {@link CaptureAgent#rebase}. */
    public CompletableFuture<Long> rebase(long lastTxid, String reason) {
        CompletableFuture<Long> imageTxid = agent.rebase(lastTxid, reason);
        handle.wake();
        return imageTxid;
    }

    /** {@link CaptureAgent#compare}. */
    public CompletableFuture<Boolean> compare(Path ltx) {
        CompletableFuture<Boolean> equal = agent.compare(ltx);
        handle.wake();
        return equal;
    }

    /** {@link CaptureAgent#localFault}. */
    public void localFault(LocalFilesException fault) {
        agent.localFault(fault);
        handle.wake();
    }

    /** {@link CaptureAgent#localFaultOver}. */
    public void localFaultOver() {
        agent.localFaultOver();
        handle.wake();
    }

    /** {@link CaptureAgent#standBy}. */
    public void standBy(ReplicationState state, String reason) {
        agent.standBy(state, reason);
        handle.wake();
    }

    /** {@link CaptureAgent#image}. */
    public CompletableFuture<Optional<SnapshotImage>> image() {
        CompletableFuture<Optional<SnapshotImage>> image = agent.image();
        handle.wake();
        return image;
    }

    /** {@link CaptureAgent#checkpoint}. */
    public CompletableFuture<CheckpointResult> checkpoint() {
        CompletableFuture<CheckpointResult> result = agent.checkpoint();
        handle.wake();
        return result;
    }

    /** Has the agent look now. */
    public void wake() {
        handle.wake();
    }
}
