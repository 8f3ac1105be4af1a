package io.github.litestreamjdbc.driver;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.sql.SQLException;

/**
 * Where the database of a URL is. Looks at names and attributes only: opening and closing the file from Java would drop
 * the locks that SQLite holds on it in this process.
 */
final class DatabaseFile {
    /** How many links that lead to nothing are followed; more are a circle. */
    private static final int MOST_LINKS = 40;

    private static final String REPLICA_NONE = "; use a file, or replica=none for a connection without replication";

    private DatabaseFile() {}

    /**
     * The real path of the file.
     *
     * @param file as written in the URL: a plain path, or a {@code file:} URI
     * @throws SQLException if it cannot be replicated
     */
    static Path locate(String file) throws SQLException {
        if (file.isBlank()) {
            throw SqlErrors.refused("the URL has no file name, which is a temporary database" + REPLICA_NONE);
        }
        if (file.equals(":memory:") || file.startsWith("file::memory:")) {
            throw SqlErrors.refused("database '" + file + "' is in memory" + REPLICA_NONE);
        }
        if (file.startsWith(":resource:")) {
            throw SqlErrors.refused("database '" + file + "' is a temporary copy of a resource" + REPLICA_NONE);
        }
        Path path = real(path(file.startsWith("file:") ? uriPath(file) : file));
        if (Files.isDirectory(path)) {
            throw SqlErrors.refused("database '" + file + "' is a directory; name a file");
        }
        refuseHardLinks(path);
        return path;
    }

    /** The path in a {@code file:} URI, as SQLite reads it. */
    static String uriPath(String uri) throws SQLException {
        String rest = uri.substring("file:".length());
        int fragment = rest.indexOf('#');
        if (fragment >= 0) {
            rest = rest.substring(0, fragment);
        }
        if (rest.startsWith("//")) {
            int slash = rest.indexOf('/', 2);
            String authority = rest.substring(2, slash < 0 ? rest.length() : slash);
            if (!authority.isEmpty() && !authority.equals("localhost")) {
                throw SqlErrors.refused("'" + uri + "' names the host '" + authority
                        + "'; write file:///path for an absolute path and file:path for a relative one");
            }
            rest = slash < 0 ? "" : rest.substring(slash);
        }
        try {
            rest = PercentEncoding.decode(rest);
        } catch (IllegalArgumentException e) {
            throw SqlErrors.refused("'" + uri + "': " + e.getMessage());
        }
        if (rest.isEmpty()) {
            throw SqlErrors.refused("'" + uri + "' has no path");
        }
        return File.separatorChar == '\\' && rest.matches("/[A-Za-z]:.*") ? rest.substring(1) : rest;
    }

    private static Path path(String path) throws SQLException {
        try {
            return Path.of(path).toAbsolutePath().normalize();
        } catch (InvalidPathException e) {
            throw SqlErrors.refused("database '" + path + "' is not a path: " + e.getReason());
        }
    }

    /** The path with the symbolic links of what exists of it resolved. */
    static Path real(Path absolute) throws SQLException {
        return real(absolute, MOST_LINKS);
    }

    private static Path real(Path absolute, int links) throws SQLException {
        try {
            if (Files.exists(absolute)) {
                return absolute.toRealPath();
            }
            Path parent = absolute.getParent();
            if (parent == null) {
                return absolute;
            }
            Path folder = real(parent, links);
            if (!Files.isSymbolicLink(absolute)) {
                return folder.resolve(absolute.getFileName());
            }
            if (links == 0) {
                throw SqlErrors.refused("'" + absolute + "' is a symbolic link that leads to itself; remove it");
            }
            return real(folder.resolve(Files.readSymbolicLink(absolute)).normalize(), links - 1);
        } catch (IOException e) {
            throw SqlErrors.refused("'" + absolute + "' cannot be looked at: " + e);
        }
    }

    private static void refuseHardLinks(Path path) throws SQLException {
        if (!Files.exists(path)
                || !FileSystems.getDefault().supportedFileAttributeViews().contains("unix")) {
            return;
        }
        try {
            int links = (Integer) Files.getAttribute(path, "unix:nlink");
            if (links > 1) {
                throw SqlErrors.refused("database '" + path + "' has " + links + " hard links: each name would have a "
                        + "WAL of its own, which corrupts the database; remove the others");
            }
        } catch (IOException e) {
            throw SqlErrors.refused("database '" + path + "' cannot be looked at: " + e);
        }
    }
}
