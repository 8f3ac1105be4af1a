package io.github.litestreamjdbc.spi;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;

/** An object being written to a {@link DirectoryStore}. Closing it without a commit leaves nothing. Not thread-safe. */
public final class PendingFile implements AutoCloseable {
    private static final int BUFFER_BYTES = 64 * 1024;

    private final DirectoryStore store;
    private final String key;
    private final Path target;
    private final Path temporary;
    private final FileChannel channel;
    private final OutputStream output;

    PendingFile(DirectoryStore store, String key, Path target, FileModes modes) throws IOException {
        this.store = store;
        this.key = key;
        this.target = target;
        this.temporary = modes.createTemporary(target);
        this.channel = open(temporary);
        this.output = new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER_BYTES);
    }

    private static FileChannel open(Path temporary) throws IOException {
        try {
            return FileChannel.open(temporary, StandardOpenOption.WRITE);
        } catch (IOException e) {
            Files.deleteIfExists(temporary);
            throw e;
        }
    }

    /** Where the content goes; buffered. */
    public OutputStream output() {
        return output;
    }

    /**
     * Makes the object durable and visible.
     *
     * @throws PreconditionFailedException if {@code precondition} does not hold; nothing is left then
     */
    public StoredObject commit(Instant created, Precondition precondition) throws IOException {
        output.flush();
        DirectoryStore.setCreated(temporary, created);
        channel.force(true);
        channel.close();
        return store.publish(key, temporary, target, precondition);
    }

    @Override
    public void close() throws IOException {
        try {
            channel.close();
        } finally {
            Files.deleteIfExists(temporary);
        }
    }
}
