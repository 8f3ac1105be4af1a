package io.github.litestreamjdbc.replica;

import io.github.litestreamjdbc.capture.StateFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Whether this machine has ever seen the database's files in a replica: one that has vanished since is unreachable, like a
 * disk that is not mounted, and not a new one. A file in the meta directory holds the replica's URL; another URL is another
 * replica. Used by one thread at a time.
 */
public final class SeenReplica {
    private final Path file;
    private final String url;
    private boolean seen;

    /** Reads what was remembered. */
    public SeenReplica(Path metaPath, String url) throws IOException {
        this.file = metaPath.resolve("replica");
        this.url = url;
        this.seen =
                StateFile.read(file).filter(text -> text.strip().equals(url)).isPresent();
    }

    /** Whether it was seen. */
    public boolean seen() {
        return seen;
    }

    /** It was seen now. */
    public void remember() throws IOException {
        if (!seen) {
            StateFile.write(file, (url + "\n").getBytes(StandardCharsets.UTF_8));
            seen = true;
        }
    }
}
