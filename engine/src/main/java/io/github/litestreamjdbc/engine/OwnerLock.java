package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.capture.StateFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Says that this process replicates a database: an OS lock on a file of our own in the meta directory, which dies with the
 * process. Two replicators of one database would give the same TXID twice. The file says in words who it is.
 *
 * <p>To be taken only under a {@link JvmClaim} on the meta directory: closing a second descriptor of the file in this
 * process would drop the lock. So none is opened while the lock is held here, under whatever name the directory goes. Safe
 * for use by several threads.
 */
final class OwnerLock implements AutoCloseable {
    private static final String FILE = "owner.lock";

    /** The real paths of the meta directories whose locks are held here, or are being taken. */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path realMetaPath;
    private final FileChannel channel;

    private OwnerLock(Path realMetaPath, FileChannel channel) {
        this.realMetaPath = realMetaPath;
        this.channel = channel;
    }

    /**
     * Takes it; empty if another process has it.
     *
     * @throws IOException if this process has it, or the file cannot be used
     */
    static Optional<OwnerLock> tryAcquire(Path metaPath) throws IOException {
        Path real = metaPath.toRealPath();
        if (!HELD.add(real)) {
            throw new IOException("another database of this JVM uses it; give each database a meta-path of its own");
        }
        Optional<OwnerLock> lock = Optional.empty();
        try {
            lock = tryAcquireFirst(real);
            return lock;
        } finally {
            if (lock.isEmpty()) {
                HELD.remove(real);
            }
        }
    }

    private static Optional<OwnerLock> tryAcquireFirst(Path metaPath) throws IOException {
        FileChannel channel =
                FileChannel.open(metaPath.resolve(FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (channel.tryLock() == null) {
                channel.close();
                return Optional.empty();
            }
            byte[] owner = ("process " + ProcessHandle.current().pid() + ", since "
                            + Instant.now().truncatedTo(ChronoUnit.SECONDS) + "\n")
                    .getBytes(StandardCharsets.UTF_8);
            channel.truncate(0);
            channel.write(ByteBuffer.wrap(owner), 0);
            return Optional.of(new OwnerLock(metaPath, channel));
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** Who has it, in words, as far as the file tells. Only for a process that does not have it. */
    static String describeOwner(Path metaPath) {
        try {
            String owner = StateFile.read(metaPath.resolve(FILE)).orElse("").strip();
            return owner.isEmpty() ? "another process" : owner;
        } catch (IOException unreadable) {
            return "another process";
        }
    }

    /** Gives it back. Idempotent. */
    @Override
    public synchronized void close() throws IOException {
        if (!channel.isOpen()) {
            return;
        }
        try {
            channel.close();
        } finally {
            HELD.remove(realMetaPath);
        }
    }
}
