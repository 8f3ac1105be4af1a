package io.github.litestreamjdbc.s3;

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

    private record Key(S3Connection connection, String bucket) {}

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

    /** Guarded by {@link #CLIENTS}. */
    private int users;

    /** Held while the client is built, which may wait for the network; closing does not wait for that. */
    private final ReentrantLock building = new ReentrantLock();

    private S3Client client;
    private volatile boolean closed;

    private final Object probing = new Object();

    /** Guarded by {@link #probing}; null before. */
    private Conditions conditions;

    private SharedClient(Key key, Http http) {
        this.key = key;
        this.http = http;
        this.gate = EndpointGate.of(
                key.connection().endpoint().map(Object::toString).orElse("AWS S3"));
    }

    /** The client for these settings; to be released once. */
    static SharedClient acquire(S3Settings settings) {
        Key key = new Key(settings.connection(), settings.bucket());
        synchronized (CLIENTS) {
            SharedClient shared = CLIENTS.computeIfAbsent(key, absent -> new SharedClient(absent, HttpClients::build));
            if (shared.users++ == 0) {
                shared.warmUp();
            }
            return shared;
        }
    }

    /** A client of its own. */
    static SharedClient alone(S3Settings settings, Http http) {
        SharedClient alone = new SharedClient(new Key(settings.connection(), settings.bucket()), http);
        alone.users = 1;
        return alone;
    }

    private void warmUp() {
        Thread thread = new Thread(
                () -> {
                    try {
                        client();
                    } catch (IOException | RuntimeException e) {
                        // The first request meets the same, and reports it where it matters.
                        LOG.log(System.Logger.Level.DEBUG, "the S3 client could not be built early", e);
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

    /** The client, built if it is not yet there; may look up the bucket's region. */
    S3Client client() throws IOException {
        building.lock();
        try {
            if (closed) {
                throw new IOException("the store is closed");
            }
            if (client == null) {
                client = build();
            }
            return client;
        } finally {
            building.unlock();
            closeIfUnused();
        }
    }

    private S3Client build() throws IOException {
        S3Connection connection = key.connection();
        if (connection.skipVerify()) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "s3.skip-verify=true: the certificate of {0} is not verified; whoever stands between can read and"
                            + " change everything",
                    connection.endpoint().map(Object::toString).orElse("AWS S3"));
        }
        SdkHttpClient httpClient = http.open(connection.skipVerify());
        try {
            String region =
                    connection.region().isPresent() ? connection.region().get() : lookUpRegion(httpClient);
            return S3Clients.build(connection, region, httpClient);
        } catch (SdkException | IllegalArgumentException e) {
            httpClient.close();
            throw new StoreConfigurationException("the S3 client cannot be built: " + e.getMessage(), e);
        } catch (IOException | RuntimeException e) {
            httpClient.close();
            throw e;
        }
    }

    /** AWS says it with every answer about a bucket, also with those that refuse. */
    private String lookUpRegion(SdkHttpClient httpClient) throws IOException {
        // Closing this client leaves the HTTP client open, for it was given.
        try (S3Client any = S3Clients.build(key.connection(), FIRST_REGION, httpClient)) {
            return any.headBucket(request -> request.bucket(key.bucket())).bucketRegion();
        } catch (SdkException e) {
            String region = S3Failures.region(e).orElse(null);
            if (region != null) {
                return region;
            }
            if (S3Failures.status(e) == 0 && !TellingCredentials.isMissing(e)) {
                throw new IOException("the region of bucket " + key.bucket() + " cannot be looked up: " + e, e);
            }
            return namedRegion();
        }
    }

    private static String namedRegion() {
        try {
            return DefaultAwsRegionProviderChain.builder().build().getRegion().id();
        } catch (SdkException nowhere) {
            return FIRST_REGION;
        }
    }

    /** Tries something out. */
    @FunctionalInterface
    interface Probe {
        Conditions run() throws IOException;
    }

    /** What conditional puts to this bucket are worth, tried out once by the first who asks. */
    Conditions conditions(Probe probe) throws IOException {
        synchronized (probing) {
            if (conditions == null) {
                conditions = probe.run();
            }
            return conditions;
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
                if (client != null) {
                    client.close();
                    client = null;
                }
            } finally {
                building.unlock();
            }
        }
    }
}
