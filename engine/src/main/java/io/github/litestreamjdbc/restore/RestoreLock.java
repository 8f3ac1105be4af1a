package io.github.litestreamjdbc.restore;

import io.github.litestreamjdbc.spi.DirectoryStore;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.regex.Pattern;

/**
 * Keeps processes from restoring one file at the same time: the second waits, and finds it restored. Only a courtesy;
 * that nothing is overwritten is seen to by {@link #publish}. Within a process the caller sees to it that one thread
 * restores a file.
 */
final class RestoreLock implements AutoCloseable {
    private final Path database;
    private final Path path;
    private final FileChannel channel;
    private final FileLock lock;

    private RestoreLock(Path database, Path path, FileChannel channel, FileLock lock) {
        this.database = database;
        this.path = path;
        this.channel = channel;
        this.lock = lock;
    }

    /** Waits until nobody holds it; false if nobody did. */
    static boolean await(Path database) throws IOException {
        try (FileChannel channel = FileChannel.open(path(database), StandardOpenOption.WRITE)) {
            channel.lock();
            return true;
        } catch (NoSuchFileException nobody) {
            return false;
        }
    }

    private static Path path(Path database) {
        return database.resolveSibling("." + database.getFileName() + "-restore.lock");
    }

    static RestoreLock acquire(Path database) throws IOException {
        Path path = path(database);
        FileChannel channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            return new RestoreLock(database, path, channel, channel.lock());
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** Deletes what killed restores of this file left. */
    void deleteTemporaries() throws IOException {
        // As they are named; others may have something of the same name with another ending there.
        Pattern name = Pattern.compile(Pattern.quote(database.getFileName().toString()) + "\\.\\d{1,20}\\.tmp");
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory())) {
            for (Path file : files) {
                if (name.matcher(file.getFileName().toString()).matches()) {
                    Files.delete(file);
                }
            }
        }
    }

    /** Gives the complete file its name, unless there is such a file by now, and makes the name durable. */
    void publish(Path temporary) throws IOException {
        try {
            Files.createLink(database, temporary);
        } catch (FileAlreadyExistsException e) {
            throw e;
        } catch (UnsupportedOperationException | FileSystemException noLinks) {
            Files.move(temporary, database);
        }
        DirectoryStore.syncDirectory(directory());
    }

    private Path directory() {
        return database.toAbsolutePath().getParent();
    }

    @Override
    public void close() throws IOException {
        try (channel) {
            Files.deleteIfExists(path);
            lock.release();
        }
    }
}
