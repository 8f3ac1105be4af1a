package io.github.litestreamjdbc.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.util.Set;
import org.apache.lucene.tests.mockfile.FilterFileChannel;
import org.apache.lucene.tests.mockfile.FilterFileSystemProvider;
import org.apache.lucene.tests.mockfile.FilterInputStream2;
import org.apache.lucene.tests.mockfile.FilterOutputStream2;

/**
 * The real file system with a watcher in front: it is told of each step before it is taken, and may make it fail as a full
 * or broken disk would. Code under test gets a {@link #path} of it; SQLite, which does not come through Java, works on the
 * same files. For use by one thread, or with a watcher that is safe for several.
 */
public final class FaultyFiles extends FilterFileSystemProvider {
    private final Watcher watcher;

    /** Steps of file work that may fail. */
    public enum Step {
        /** A directory is made. */
        CREATE_DIRECTORY,
        /** A file is created, or opened for writing. */
        OPEN_WRITE,
        /** A file is opened for reading. */
        OPEN_READ,
        /** Bytes are read from a file that was opened as a stream. */
        READ,
        /** Bytes are written to a file. */
        WRITE,
        /** A file's content is made durable. */
        FORCE,
        /** Names in a directory are made durable. */
        FORCE_DIRECTORY,
        /** A file gets a further name. */
        LINK,
        /** A file is renamed. */
        MOVE,
        /** A name is removed. */
        DELETE,
        /** A directory is listed. */
        LIST
    }

    /** Told of each step before it is taken. */
    @FunctionalInterface
    public interface Watcher {
        /** @throws IOException if the step is to fail; it is not taken then */
        void before(Step step, Path path) throws IOException;
    }

    /** The default file system behind a watcher. */
    public FaultyFiles(Watcher watcher) {
        super("faulty", FileSystems.getDefault());
        this.watcher = watcher;
    }

    /** A path whose file work is watched. */
    public Path path(Path real) {
        return wrapPath(real);
    }

    /** The file system of the watched paths. */
    public FileSystem fileSystem() {
        return fileSystem;
    }

    private void before(Step step, Path path) throws IOException {
        watcher.before(step, toDelegate(path));
    }

    @Override
    public void createDirectory(Path directory, FileAttribute<?>... attributes) throws IOException {
        before(Step.CREATE_DIRECTORY, directory);
        super.createDirectory(directory, attributes);
    }

    @Override
    public void delete(Path path) throws IOException {
        before(Step.DELETE, path);
        super.delete(path);
    }

    @Override
    public boolean deleteIfExists(Path path) throws IOException {
        if (Files.exists(path)) {
            before(Step.DELETE, path);
        }
        return super.deleteIfExists(path);
    }

    @Override
    public void createLink(Path link, Path existing) throws IOException {
        before(Step.LINK, link);
        super.createLink(link, existing);
    }

    @Override
    public void move(Path source, Path target, CopyOption... options) throws IOException {
        before(Step.MOVE, target);
        super.move(source, target, options);
    }

    @Override
    public DirectoryStream<Path> newDirectoryStream(Path directory, DirectoryStream.Filter<? super Path> filter)
            throws IOException {
        before(Step.LIST, directory);
        return super.newDirectoryStream(directory, filter);
    }

    @Override
    public SeekableByteChannel newByteChannel(
            Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes) throws IOException {
        before(isWrite(options) ? Step.OPEN_WRITE : Step.OPEN_READ, path);
        return super.newByteChannel(path, options, attributes);
    }

    @Override
    public FileChannel newFileChannel(Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
            throws IOException {
        boolean directory = Files.isDirectory(path);
        if (!directory) {
            before(isWrite(options) ? Step.OPEN_WRITE : Step.OPEN_READ, path);
        }
        return new WatchedChannel(super.newFileChannel(path, options, attributes), path, directory);
    }

    @Override
    public InputStream newInputStream(Path path, OpenOption... options) throws IOException {
        before(Step.OPEN_READ, path);
        return new FilterInputStream2(super.newInputStream(path, options)) {
            @Override
            public int read() throws IOException {
                before(Step.READ, path);
                return super.read();
            }

            @Override
            public int read(byte[] bytes) throws IOException {
                return read(bytes, 0, bytes.length);
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                before(Step.READ, path);
                return super.read(bytes, offset, length);
            }
        };
    }

    @Override
    public OutputStream newOutputStream(Path path, OpenOption... options) throws IOException {
        before(Step.OPEN_WRITE, path);
        return new FilterOutputStream2(super.newOutputStream(path, options)) {
            @Override
            public void write(int one) throws IOException {
                before(Step.WRITE, path);
                super.write(one);
            }

            @Override
            public void write(byte[] bytes) throws IOException {
                write(bytes, 0, bytes.length);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                before(Step.WRITE, path);
                super.write(bytes, offset, length);
            }
        };
    }

    private static boolean isWrite(Set<? extends OpenOption> options) {
        return options.contains(StandardOpenOption.WRITE) || options.contains(StandardOpenOption.APPEND);
    }

    private final class WatchedChannel extends FilterFileChannel {
        private final Path path;
        private final boolean directory;

        WatchedChannel(FileChannel channel, Path path, boolean directory) {
            super(channel);
            this.path = path;
            this.directory = directory;
        }

        @Override
        public int write(ByteBuffer source) throws IOException {
            before(Step.WRITE, path);
            return super.write(source);
        }

        @Override
        public int write(ByteBuffer source, long position) throws IOException {
            before(Step.WRITE, path);
            return super.write(source, position);
        }

        @Override
        public void force(boolean metaData) throws IOException {
            before(directory ? Step.FORCE_DIRECTORY : Step.FORCE, path);
            super.force(metaData);
        }
    }
}
