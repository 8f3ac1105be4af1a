package io.github.litestreamjdbc.file;

import io.github.litestreamjdbc.spi.DirectoryStore;
import io.github.litestreamjdbc.spi.FileModes;
import io.github.litestreamjdbc.spi.KeyLayout;
import io.github.litestreamjdbc.spi.ObjectStore;
import io.github.litestreamjdbc.spi.ObjectStoreProvider;
import io.github.litestreamjdbc.spi.StoreConfigurationException;
import io.github.litestreamjdbc.spi.StoreRequest;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/**
 * Opens directories: {@code file:///absolute/dir}, {@code file:/absolute/dir}, and {@code file:relative/dir}, which is
 * seen from the working directory. Percent-encoded where a URI has to be.
 */
public final class FileStoreProvider implements ObjectStoreProvider {
    @Override
    public Set<String> schemes() {
        return Set.of("file");
    }

    @Override
    public KeyLayout layout() {
        return KeyLayout.DIRECTORY;
    }

    @Override
    public void check(StoreRequest request) throws StoreConfigurationException {
        Path root = directory(request.url());
        if (request.mustExist() && Files.notExists(root)) {
            throw wrong(request.url(), root + " does not exist; look at the path, and whether its disk is mounted");
        }
    }

    @Override
    public ObjectStore open(StoreRequest request) throws IOException {
        Path root = directory(request.url());
        if (Files.exists(root) && !Files.isDirectory(root)) {
            throw wrong(request.url(), root + " is not a directory; name one, or a path that does not exist yet");
        }
        return new DirectoryStore(root, FileModes.like(request.databaseFile()), request.mustExist());
    }

    private static Path directory(String url) throws StoreConfigurationException {
        try {
            URI uri = new URI(url);
            if (uri.getRawQuery() != null || uri.getRawFragment() != null) {
                throw wrong(url, "a directory takes no parameters; encode ? as %3F and # as %23");
            }
            if (uri.getRawAuthority() != null) {
                throw wrong(url, "a directory is on no host; write three slashes: file:///path");
            }
            String path = uri.isOpaque() ? decode(uri) : uri.getPath();
            if (path.isEmpty()) {
                throw wrong(url, "it names no directory; write for example file:///backup/app");
            }
            Path directory = uri.isOpaque() ? Path.of(path) : Path.of(uri);
            return directory.toAbsolutePath().normalize();
        } catch (URISyntaxException | IllegalArgumentException | FileSystemNotFoundException e) {
            throw new StoreConfigurationException(
                    "replica=" + url + " is not a URL of a directory: " + e.getMessage()
                            + ". Write for example file:///backup/app, with spaces as %20",
                    e);
        }
    }

    /** The path of {@code file:relative/dir}. */
    private static String decode(URI uri) throws URISyntaxException {
        return new URI("file:/" + uri.getRawSchemeSpecificPart()).getPath().substring(1);
    }

    private static StoreConfigurationException wrong(String url, String reason) {
        return new StoreConfigurationException("replica=" + url + ": " + reason);
    }
}
