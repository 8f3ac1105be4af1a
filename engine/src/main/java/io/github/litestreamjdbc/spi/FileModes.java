package io.github.litestreamjdbc.spi;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Modes of the files and directories that a store creates; without effect where the file system has none.
 *
 * @param file of files
 * @param directory of directories
 */
public record FileModes(Set<PosixFilePermission> file, Set<PosixFilePermission> directory) {
    /** The owner's only. */
    public static final FileModes PRIVATE =
            new FileModes(PosixFilePermissions.fromString("rw-------"), PosixFilePermissions.fromString("rwx------"));

    /** Those of a database file and the directory that it lies in; {@link #PRIVATE} if there is no such file. */
    public static FileModes like(Path database) throws IOException {
        if (!Files.exists(database) || !isPosix(database)) {
            return PRIVATE;
        }
        return new FileModes(
                Files.getPosixFilePermissions(database),
                Files.getPosixFilePermissions(database.toAbsolutePath().getParent()));
    }

    /** Creates a directory and its missing parents, and makes their names durable. */
    public void createDirectories(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        Path parent = directory.getParent();
        if (parent != null) {
            createDirectories(parent);
        }
        try {
            createDirectory(directory);
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(directory)) {
                throw new StoreConfigurationException(directory + " is not a directory", e);
            }
        }
        if (parent != null) {
            DirectoryStore.syncDirectory(parent);
        }
    }

    private void createDirectory(Path directory) throws IOException {
        if (isPosix(directory)) {
            Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(this.directory));
            // The umask takes bits away.
            Files.setPosixFilePermissions(directory, this.directory);
        } else {
            Files.createDirectory(directory);
        }
    }

    /** A new empty file beside a target, named after it and ending in {@code .tmp}. */
    public Path createTemporary(Path target) throws IOException {
        FileAttribute<?>[] none = {};
        Path temporary = Files.createTempFile(
                target.getParent(), target.getFileName() + ".", DirectoryStore.TEMPORARY_SUFFIX, none);
        try {
            if (isPosix(target)) {
                Files.setPosixFilePermissions(temporary, file);
            }
            return temporary;
        } catch (IOException e) {
            Files.deleteIfExists(temporary);
            throw e;
        }
    }

    private static boolean isPosix(Path path) {
        return path.getFileSystem().supportedFileAttributeViews().contains("posix");
    }
}
