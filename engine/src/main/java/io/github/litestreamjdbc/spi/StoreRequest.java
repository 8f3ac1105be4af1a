package io.github.litestreamjdbc.spi;

import java.nio.file.Path;
import java.util.Map;

/**
 * What a store is opened with.
 *
 * @param url the replica's URL as the user wrote it
 * @param databaseFile the database that is replicated, absolute; its file modes may serve as an example
 * @param mustExist whether this machine knows that something was stored there before; where a store can tell, its absence
 *     is then an error and not an empty store
 * @param settings store settings by name, such as {@code s3.region}; may hold secrets, so {@link #toString} leaves them out
 */
public record StoreRequest(String url, Path databaseFile, boolean mustExist, Map<String, String> settings) {
    /** Copies the settings. */
    public StoreRequest {
        settings = Map.copyOf(settings);
    }

    @Override
    public String toString() {
        return "StoreRequest[" + url + "]";
    }
}
