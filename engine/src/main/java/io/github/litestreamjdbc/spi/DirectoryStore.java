package io.github.litestreamjdbc.spi;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Objects as files below a directory: the reference implementation of {@link ObjectStore}, and the store of the local LTX
 * files.
 *
 * <p>An object is written to a temporary file beside its place, dated, synced, and then appears under its name by one
 * operation of the file system: a hard link, which fails if the name is taken, or a rename. The folder is synced after it.
 * Where links are missing, and for {@link Precondition.IfMatch}, look and rename happen under an OS lock on {@code .lock}
 * in the root.
 *
 * <p>A root that has been there and is not any more is unreachable, like a disk that is not mounted: it is neither empty
 * nor made again.
 *
 * <p>Safe for use by several threads.
 */
public final class DirectoryStore implements ObjectStore {
    static final String TEMPORARY_SUFFIX = ".tmp";

    /** As {@link Files#createTempFile} names them; who else has files there may have others that end so. */
    private static final Pattern TEMPORARY = Pattern.compile(".*[.-]\\d{1,20}\\.tmp");

    private static final String LOCK = ".lock";

    private static final Comparator<StoredObject> BY_KEY =
            Comparator.comparing(object -> object.key().getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned);

    /** OS locks belong to the process, so within it only one thread may hold one. */
    private static final Object LOCKING = new Object();

    private final Path root;
    private final FileModes modes;

    /** Set once the root was seen; never cleared. */
    private volatile boolean seen;

    /**
     * A store below a directory, which the first put creates.
     *
     * @param mustExist whether the directory is known to have been there before, so that its absence is an error
     */
    public DirectoryStore(Path root, FileModes modes, boolean mustExist) {
        this.root = root;
        this.modes = modes;
        this.seen = mustExist;
    }

    @Override
    public void list(String prefix, String after, Consumer<? super StoredObject> visitor) throws IOException {
        Path folder = prefix.isEmpty() ? root : path(prefix.substring(0, prefix.length() - 1));
        List<StoredObject> found = new ArrayList<>();
        if (isRootThere()) {
            collect(folder, prefix, found);
        }
        byte[] start = after.getBytes(StandardCharsets.UTF_8);
        found.stream()
                .filter(object -> Arrays.compareUnsigned(object.key().getBytes(StandardCharsets.UTF_8), start) > 0)
                .sorted(BY_KEY)
                .forEach(visitor);
    }

    private void collect(Path folder, String prefix, List<StoredObject> found) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                Optional<BasicFileAttributes> attributes = attributes(entry);
                if (attributes.isEmpty() || name.endsWith(TEMPORARY_SUFFIX) || name.equals(LOCK)) {
                    continue;
                }
                if (attributes.get().isDirectory()) {
                    collect(entry, prefix + name + "/", found);
                } else {
                    found.add(stored(prefix + name, attributes.get()));
                }
            }
        } catch (NoSuchFileException nothingUnderThatPrefix) {
            isRootThere();
        } catch (NotDirectoryException e) {
            throw new StoreConfigurationException(folder + " is not a directory", e);
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    /** Empty if the file went away after it was listed. */
    private static Optional<BasicFileAttributes> attributes(Path file) throws IOException {
        try {
            return Optional.of(Files.readAttributes(file, BasicFileAttributes.class));
        } catch (NoSuchFileException gone) {
            return Optional.empty();
        }
    }

    private static StoredObject stored(String key, BasicFileAttributes attributes) {
        Instant modified = attributes.lastModifiedTime().toInstant();
        String etag = attributes.size() + "-" + modified + "-" + attributes.fileKey();
        return new StoredObject(key, attributes.size(), modified, etag);
    }

    @Override
    public FetchedObject get(String key, long offset, long lengthBytes) throws IOException {
        Path file = path(key);
        try {
            FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
            try {
                StoredObject object = stored(key, Files.readAttributes(file, BasicFileAttributes.class));
                return new FetchedObject(object, new RangeInputStream(channel, offset, lengthBytes));
            } catch (IOException e) {
                channel.close();
                throw e;
            }
        } catch (NoSuchFileException e) {
            isRootThere();
            throw new ObjectNotFoundException(this + " has no " + key);
        }
    }

    @Override
    public StoredObject put(String key, ObjectBody body, Instant created, Precondition precondition)
            throws IOException {
        try (PendingFile pending = create(key);
                InputStream content = body.open()) {
            content.transferTo(pending.output());
            return pending.commit(created, precondition);
        }
    }

    /** Begins an object that is written bit by bit; nobody sees it before {@link PendingFile#commit}. */
    public PendingFile create(String key) throws IOException {
        Path target = path(key);
        if (!isRootThere()) {
            modes.createDirectories(root);
            seen = true;
        }
        modes.createDirectories(target.getParent());
        return new PendingFile(this, key, target, modes);
    }

    /** Gives a complete temporary file its name. */
    StoredObject publish(String key, Path temporary, Path target, Precondition precondition) throws IOException {
        try {
            if (precondition instanceof Precondition.None) {
                Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } else if (precondition instanceof Precondition.IfAbsent) {
                publishNew(key, temporary, target);
            } else {
                publishLocked(key, temporary, target, precondition);
            }
        } catch (PreconditionFailedException taken) {
            // It may be ours, from an attempt that failed behind the name; who finds that out relies on the name.
            syncDirectory(target.getParent());
            throw taken;
        }
        syncDirectory(target.getParent());
        return stored(key, Files.readAttributes(target, BasicFileAttributes.class));
    }

    private void publishNew(String key, Path temporary, Path target) throws IOException {
        try {
            Files.createLink(target, temporary);
            Files.delete(temporary);
        } catch (FileAlreadyExistsException e) {
            throw new PreconditionFailedException(this + " already has " + key);
        } catch (UnsupportedOperationException | FileSystemException noLinks) {
            publishLocked(key, temporary, target, Precondition.IF_ABSENT);
        }
    }

    private void publishLocked(String key, Path temporary, Path target, Precondition precondition) throws IOException {
        synchronized (LOCKING) {
            try (FileChannel channel =
                            FileChannel.open(root.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    var lock = channel.lock()) {
                Optional<StoredObject> present = attributes(target).map(attributes -> stored(key, attributes));
                boolean holds = precondition instanceof Precondition.IfMatch match
                        ? present.isPresent() && present.get().etag().equals(match.etag())
                        : present.isEmpty();
                if (!holds || !lock.isValid()) {
                    throw new PreconditionFailedException(this + ": " + key + " is not as expected: " + precondition);
                }
                Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    @Override
    public void delete(Collection<String> keys) throws IOException {
        for (String key : keys) {
            Files.deleteIfExists(path(key));
        }
    }

    /** Where the object of a key lies. */
    public Path path(String key) {
        for (String segment : key.split("/", -1)) {
            if (segment.isEmpty() || segment.equals(".") || segment.equals("..") || segment.indexOf('\\') >= 0) {
                throw new IllegalArgumentException("not a key: " + key);
            }
        }
        return root.resolve(key);
    }

    /** Deletes what a crash left half written. Only for a directory that nobody else writes to. */
    public void deleteTemporaries() throws IOException {
        if (!Files.isDirectory(root)) {
            return;
        }
        try (Stream<Path> tree = Files.walk(root)) {
            for (Path file : (Iterable<Path>) tree::iterator) {
                if (TEMPORARY.matcher(file.getFileName().toString()).matches()) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** Makes names in a directory durable; does nothing where the system cannot (Windows). */
    public static void syncDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (FileSystemException e) {
            if (Files.getFileStore(directory).supportsFileAttributeView("posix")) {
                throw e;
            }
        }
    }

    static void setCreated(Path file, Instant created) throws IOException {
        Files.setLastModifiedTime(file, FileTime.from(created));
    }

    /**
     * False if nothing was ever stored. One look, and at a root known to be there before it: another thread may be creating
     * the root, and what that one has seen by now says nothing of a look begun earlier.
     */
    private boolean isRootThere() throws IOException {
        boolean expected = seen;
        Optional<BasicFileAttributes> attributes = attributes(root);
        if (attributes.isEmpty()) {
            if (expected) {
                throw new IOException(root + " is gone; is its disk mounted?");
            }
            return false;
        }
        if (!attributes.get().isDirectory()) {
            throw new StoreConfigurationException(root + " is not a directory");
        }
        seen = true;
        return true;
    }

    @Override
    public void close() {}

    @Override
    public String toString() {
        return root.toString();
    }
}
