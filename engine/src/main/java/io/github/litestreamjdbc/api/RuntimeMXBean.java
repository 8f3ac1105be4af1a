package io.github.litestreamjdbc.api;

/**
 * What all databases of this JVM share, as {@code io.github.litestreamjdbc:type=Runtime}. Registered as long as a database
 * is open. Reading an attribute waits for nobody and does no I/O.
 */
public interface RuntimeMXBean {
    @Description("Databases that this JVM has open through the driver")
    int getDatabases();

    @Description("Threads that capture at present; they end when there is nothing to do")
    int getCaptureThreads();

    @Description("Threads that talk to replicas at present; they end when there is nothing to do")
    int getUploadThreads();

    @Description("Threads that compare replicas with their databases at present, at most one")
    int getValidationThreads();

    @Description("Steps of capture that are due, or will be at a known time")
    int getCaptureQueue();

    @Description("Steps of upload and maintenance that are due, or will be at a known time")
    int getUploadQueue();

    @Description(
            "Bytes of the buffers that reading WALs and restoring hold at present; what the store's client and SQLite hold is"
                    + " not in it")
    long getBufferBytes();
}
