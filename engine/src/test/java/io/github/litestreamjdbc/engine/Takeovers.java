package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.spi.KeyLayout;
import io.github.litestreamjdbc.spi.ObjectStore;
import io.github.litestreamjdbc.store.LtxStore;
import java.nio.file.Path;

/** {@link Takeover} for a simulation in another package. */
public final class Takeovers {
    private Takeovers() {}

    /** What the new holder of a lease does before it opens the database. */
    public static void prepare(Path file, ReplicationConfig config, ObjectStore store) throws ReplicationException {
        LtxStore replica = new LtxStore(store, KeyLayout.DIRECTORY);
        MetaDirectory meta = new MetaDirectory(config.metaPath(), file);
        new Takeover(file, config, meta, replica, meta.seen(config.replicaUrl())).prepare();
    }
}
