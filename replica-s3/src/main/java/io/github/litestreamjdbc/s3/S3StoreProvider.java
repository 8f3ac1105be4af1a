package io.github.litestreamjdbc.s3;

import io.github.litestreamjdbc.spi.KeyLayout;
import io.github.litestreamjdbc.spi.ObjectStore;
import io.github.litestreamjdbc.spi.ObjectStoreProvider;
import io.github.litestreamjdbc.spi.StoreConfigurationException;
import io.github.litestreamjdbc.spi.StoreRequest;
import java.io.IOException;
import java.util.Set;

/** Opens buckets of S3 and of everything that speaks S3; see {@link S3Url} for the URLs. */
public final class S3StoreProvider implements ObjectStoreProvider {
    /** A provider; {@link java.util.ServiceLoader} needs it. */
    public S3StoreProvider() {}

    @Override
    public Set<String> schemes() {
        return S3Url.SCHEMES;
    }

    @Override
    public KeyLayout layout() {
        return KeyLayout.S3;
    }

    @Override
    public void check(StoreRequest request) throws StoreConfigurationException {
        S3Settings.of(request);
    }

    @Override
    public ObjectStore open(StoreRequest request) throws IOException {
        S3Settings settings = S3Settings.of(request);
        return new S3Store(settings, SharedClient.acquire(settings));
    }
}
