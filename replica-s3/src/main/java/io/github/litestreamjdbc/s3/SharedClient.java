package io.github.litestreamjdbc.s3;

import io.github.litestreamjdbc.spi.LogLine;
import io.github.litestreamjdbc.spi.StoreConfigurationException;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.regions.providers.DefaultAwsRegionProviderChain;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * The SDK's client of all stores with the same bucket and connection. Building it loads some thousand classes, so it is
 * begun on a thread of its own as soon as a store is opened. Safe for use by several threads.
 */
final class SharedClient {
    private static final System.Logger LOG = System.getLogger(SharedClient.class.getName());

    private record Key(S3Connection connection, String bucket) {
        String service() {
            return connection.endpoint().map(Object::toString).orElse("AWS S3");
        }
    }

    /** Opens an HTTP client; replaced in tests. */
    interface Http {
        SdkHttpClient open(boolean skipVerify) throws StoreConfigurationException;
    }

    private static final Map<Key, SharedClient> CLIENTS = new HashMap<>();

    /** Where every bucket of AWS is known. */
    private static final String FIRST_REGION = "us-east-1";

    private final Key key;
    private final Http http;
    private final EndpointGate gate;

    /** What conditional puts to this bucket are worth. */
    final FoundOut<Conditions> conditions = new FoundOut<>();

    /** What uploads in parts to this bucket are worth. */
    final FoundOut<PartTraits> parts = new FoundOut<>();

    /** Guarded by {@link #CLIENTS}. */
    private int users;

    /** Held while something is built, never while the network is waited for. */
    private final ReentrantLock building = new ReentrantLock();

    /** Guarded by {@link #building}; null before, and after the end. */
    private Built built;

    private volatile boolean closed;

    /**
     * What was built.
     *
     * @param first sends to the bucket's region if that is known from the start, else to where any bucket is known
     * @param located sends to the bucket's region; null as long as that has to be looked up
     */
    private record Built(SdkHttpClient http, S3Client first, S3Client located) {}

    private SharedClient(Key key, Http http, EndpointGate gate) {
        this.key = key;
        this.http = http;
        this.gate = gate;
    }

    /** The client for these settings; to be released once. */
    static SharedClient acquire(S3Settings settings) {
        return acquire(settings, HttpClients::build);
    }

    /** The same, over another HTTP client if none is there yet. */
    static SharedClient acquire(S3Settings settings, Http http) {
        Key key = new Key(settings.connection(), settings.bucket());
        synchronized (CLIENTS) {
            SharedClient shared = CLIENTS.computeIfAbsent(
                    key, absent -> new SharedClient(absent, http, EndpointGate.of(absent.service())));
            if (shared.users++ == 0) {
                shared.warmUp();
            }
            return shared;
        }
    }

    /** A client of its own. */
    static SharedClient alone(S3Settings settings, Http http) {
        return alone(settings, http, EndpointGate.of(new Key(settings.connection(), settings.bucket()).service()));
    }

    /** A client of its own, with a gate of its own. */
    static SharedClient alone(S3Settings settings, Http http, EndpointGate gate) {
        SharedClient alone = new SharedClient(new Key(settings.connection(), settings.bucket()), http, gate);
        alone.users = 1;
        return alone;
    }

    private void warmUp() {
        Thread thread = new Thread(
                () -> {
                    try {
                        built();
                    } catch (IOException | RuntimeException e) {
                        // The first request meets the same, and reports it where it matters.
                        LOG.log(
                                System.Logger.Level.DEBUG,
                                LogLine.of("bucket", key.bucket()).says("has no client yet: " + e));
                    }
                },
                "litestream-s3-start");
        thread.setDaemon(true);
        thread.setContextClassLoader(SharedClient.class.getClassLoader());
        thread.start();
    }

    EndpointGate gate() {
        return gate;
    }

    /** Finds out where the bucket is. */
    @FunctionalInterface
    interface RegionLookUp {
        /** @param anywhere a client that reaches some region, for requests about the bucket only */
        String of(S3Client anywhere) throws IOException;
    }

    /** The client, built if it is not yet there; the bucket's region is looked up if nothing names it. */
    S3Client client(RegionLookUp lookUp) throws IOException {
        Built now = built();
        return now.located() != null ? now.located() : locate(lookUp.of(now.first()));
    }

    private Built built() throws IOException {
        building.lock();
        try {
            requireOpen();
            if (built == null) {
                built = build();
            }
            return built;
        } finally {
            building.unlock();
            closeIfUnused();
        }
    }

    private Built build() throws IOException {
        S3Connection connection = key.connection();
        if (connection.skipVerify()) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    LogLine.of("s3.skip-verify", true)
                            .with("endpoint", key.service())
                            .says("the certificate is not verified; whoever stands between can read and change"
                                    + " everything"));
        }
        SdkHttpClient httpClient = http.open(connection.skipVerify());
        try {
            S3Client first = S3Clients.build(connection, connection.region().orElse(FIRST_REGION), httpClient);
            return new Built(httpClient, first, connection.region().isPresent() ? first : null);
        } catch (SdkException | IllegalArgumentException e) {
            httpClient.close();
            throw new StoreConfigurationException("the S3 client cannot be built: " + e.getMessage(), e);
        } catch (RuntimeException e) {
            httpClient.close();
            throw e;
        }
    }

    private S3Client locate(String region) throws IOException {
        building.lock();
        try {
            requireOpen();
            if (built.located() == null) {
                S3Client located = region.equals(FIRST_REGION)
                        ? built.first()
                        : S3Clients.build(key.connection(), region, built.http());
                built = new Built(built.http(), built.first(), located);
            }
            return built.located();
        } finally {
            building.unlock();
            closeIfUnused();
        }
    }

    private void requireOpen() throws IOException {
        if (closed) {
            throw new IOException("the store is closed");
        }
    }

    /** The region that this machine is set up for, where not even the service says one. */
    static String namedRegion() {
        try {
            return DefaultAwsRegionProviderChain.builder().build().getRegion().id();
        } catch (SdkException nowhere) {
            return FIRST_REGION;
        }
    }

    /** Ends one use; the last one closes the client. */
    void release() {
        synchronized (CLIENTS) {
            if (--users > 0) {
                return;
            }
            CLIENTS.remove(key, this);
        }
        closed = true;
        closeIfUnused();
    }

    /** Whoever comes last closes it: the last user, or a build that was under way at that time. */
    private void closeIfUnused() {
        if (closed && building.tryLock()) {
            try {
                if (built != null) {
                    built.first().close();
                    if (built.located() != null) {
                        built.located().close();
                    }
                    // Clients leave open what they were given.
                    built.http().close();
                    built = null;
                }
            } finally {
                building.unlock();
            }
        }
    }
}
