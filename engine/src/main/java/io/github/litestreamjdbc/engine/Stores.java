package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.spi.ObjectStoreProvider;
import io.github.litestreamjdbc.spi.StoreConfigurationException;
import io.github.litestreamjdbc.spi.StoreRequest;
import io.github.litestreamjdbc.store.LtxStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;

/** Finds the store that serves a replica's URL. */
final class Stores {
    /** What the artifact for S3 serves. */
    private static final Set<String> S3 = Set.of("s3", "r2", "b2", "minio");

    private Stores() {}

    /**
     * Opens it; nothing is created, and the network is not waited for.
     *
     * @param mustExist whether this machine knows that something was stored there
     */
    static LtxStore open(Path database, ReplicationConfig config, boolean mustExist) throws ReplicationException {
        return open(
                provider(config.replicaUrl()),
                new StoreRequest(config.replicaUrl(), database, mustExist, config.storeSettings()));
    }

    /** Opens the store of a replica that has to be there. */
    static LtxStore open(Path database, String url, Map<String, String> settings) throws ReplicationException {
        ObjectStoreProvider provider = provider(url);
        StoreRequest request = new StoreRequest(url, database, true, settings);
        try {
            provider.check(request);
        } catch (StoreConfigurationException e) {
            throw new ReplicationException.Config(e.getMessage(), e);
        }
        return open(provider, request);
    }

    /** Refuses settings that no store could be opened with, before anything is touched. */
    static void check(Path database, ReplicationConfig config) throws ReplicationException {
        try {
            provider(config.replicaUrl())
                    .check(new StoreRequest(config.replicaUrl(), database, false, config.storeSettings()));
        } catch (StoreConfigurationException e) {
            throw new ReplicationException.Config(e.getMessage(), e);
        }
    }

    private static ObjectStoreProvider provider(String url) throws ReplicationException {
        int colon = url.indexOf(':');
        if (colon < 1) {
            throw new ReplicationException.Config(
                    "replica=" + url + " has no scheme; write for example file:///backup/app");
        }
        String scheme = url.substring(0, colon).toLowerCase(Locale.ROOT);
        TreeSet<String> known = new TreeSet<>();
        for (ObjectStoreProvider provider :
                ServiceLoader.load(ObjectStoreProvider.class, Stores.class.getClassLoader())) {
            known.addAll(provider.schemes());
            if (provider.schemes().contains(scheme)) {
                return provider;
            }
        }
        String fix = S3.contains(scheme) ? "; add the artifact litestream-jdbc-s3" : "";
        throw new ReplicationException.Config("replica=" + url + ": nothing on the class path serves " + scheme
                + ": URLs" + fix + ". Known are " + known);
    }

    private static LtxStore open(ObjectStoreProvider provider, StoreRequest request) throws ReplicationException {
        try {
            return new LtxStore(provider.open(request), provider.layout());
        } catch (StoreConfigurationException e) {
            throw new ReplicationException.Config(e.getMessage(), e);
        } catch (IOException e) {
            throw new ReplicationException.Transient("replica=" + request.url() + ": " + e.getMessage(), e);
        }
    }
}
