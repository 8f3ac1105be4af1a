package io.github.litestreamjdbc.api;

/**
 * What all databases of this JVM share, as {@code io.github.litestreamjdbc:type=Runtime}. Registered as long as a database
 * is open. Reading an attribute waits for nobody and does no I/O.
 */
public interface RuntimeMXBean {
    @Description("Databases that this JVM has open through the driver. As of the reading")
    int getDatabases();

    @Description("Threads that capture at present; they end when there is nothing to do. As of the reading")
    int getCaptureThreads();

    @Description("Threads that talk to replicas at present; they end when there is nothing to do. As of the reading")
    int getUploadThreads();

    @Description("Threads that compare replicas with their databases at present, at most one. As of the reading")
    int getValidationThreads();

    @Description("Threads that renew leases at present. As of the reading")
    int getLeaseThreads();

    @Description("Steps of capture that are due and wait for a thread. As of the reading")
    int getCaptureQueue();

    @Description("Steps of upload and maintenance that are due and wait for a thread. As of the reading")
    int getUploadQueue();

    @Description(
            "Bytes of the buffers that reading WALs and restoring hold at present; what the store's client and SQLite hold is"
                    + " not in it. As of the reading")
    long getBufferBytes();
}
