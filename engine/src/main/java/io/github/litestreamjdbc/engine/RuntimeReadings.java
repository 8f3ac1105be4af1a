package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.agent.BufferBytes;
import io.github.litestreamjdbc.api.RuntimeMXBean;

/** What all databases of this JVM share. Safe for use by several threads. */
final class RuntimeReadings implements RuntimeMXBean {
    @Override
    public int getDatabases() {
        return Databases.count();
    }

    @Override
    public int getCaptureThreads() {
        return Pools.LOCAL.threads();
    }

    @Override
    public int getUploadThreads() {
        return Pools.NETWORK.threads();
    }

    @Override
    public int getValidationThreads() {
        return Pools.VALIDATION.threads();
    }

    @Override
    public int getLeaseThreads() {
        return Pools.LEASE.threads();
    }

    @Override
    public int getCaptureQueue() {
        return Pools.LOCAL.queued();
    }

    @Override
    public int getUploadQueue() {
        return Pools.NETWORK.queued();
    }

    @Override
    public long getBufferBytes() {
        return BufferBytes.held();
    }
}
