package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.api.ReplicationException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Says that this process replicates a database: an OS lock on a file of our own in the meta directory, which dies with the
 * process. Two replicators of one database would give the same TXID twice. Safe for use by several threads.
 */
final class OwnerLock implements AutoCloseable {
    private static final String FILE = "owner.lock";

    private final FileChannel channel;

    private OwnerLock(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Takes it.
     *
     * @throws ReplicationException.Config if somebody else has it
     */
    static OwnerLock acquire(Path metaPath) throws ReplicationException, IOException {
        Path file = metaPath.resolve(FILE);
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (channel.tryLock() != null) {
                return new OwnerLock(channel);
            }
        } catch (OverlappingFileLockException sameJvm) {
            // Not closed: that would drop the lock of the one who has it, which is in this process.
            throw new ReplicationException.Config(
                    file + " is locked by another copy of this driver in this JVM, loaded by"
                            + " another class loader; load the driver once, in a loader that all share");
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        channel.close();
        throw new ReplicationException.Config(
                file + " is locked: another process replicates this database. One does it for"
                        + " all: let this process use jdbc:sqlite: or replica=none beside it, or end the other one first");
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
