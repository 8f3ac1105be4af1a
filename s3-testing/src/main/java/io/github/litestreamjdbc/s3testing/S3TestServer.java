package io.github.litestreamjdbc.s3testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;
import org.gaul.s3proxy.nio2blob.TransientNio2BlobStore;
import software.amazon.awssdk.services.s3.model.CreateBucketRequest;

/**
 * An S3 server in this JVM, on a free port of the loopback interface, with one bucket and one pair of keys. It verifies
 * signatures, bodies and clocks. Safe for use by several threads.
 */
public final class S3TestServer implements AutoCloseable {
    /** The bucket that is there. */
    public static final String BUCKET = "test-bucket";

    public static final String ACCESS_KEY_ID = "test-key";
    public static final String SECRET_ACCESS_KEY = "test-secret";

    /** How conditional puts are treated. */
    public enum Conditions {
        /** As S3 does. */
        HONOURED,
        /** The put is done in any case. */
        IGNORED,
        /** 501. */
        REFUSED
    }

    private final FaultyStore store;
    private final TestCertificate certificate;

    /** Whether headers that S3Proxy does not know are passed over; it does not know session tokens. */
    private final boolean lenient;

    private S3Proxy proxy;
    private int port;

    private S3TestServer(BlobStore store, TestCertificate certificate, boolean lenient) throws IOException {
        this.store = new FaultyStore(store);
        this.certificate = certificate;
        this.lenient = lenient;
        if (!this.store.containerExists(BUCKET)) {
            this.store.createContainer(
                    CreateBucketRequest.builder().bucket(BUCKET).build());
        }
        start();
    }

    /** A server over plain HTTP that keeps everything in memory. */
    public static S3TestServer http() throws IOException {
        return new S3TestServer(new TransientNio2BlobStore(), null, false);
    }

    /**
     * A server over plain HTTP, in memory, that takes session tokens as part of what is signed and verifies only that. It
     * passes over other headers that it does not know, too, where the others refuse: the test looks at what is sent.
     */
    public static S3TestServer withSessionTokens() throws IOException {
        return new S3TestServer(new TransientNio2BlobStore(), null, true);
    }

    /** A server over plain HTTP that keeps everything below a directory, and finds there what it kept before. */
    public static S3TestServer http(Path directory) throws IOException {
        return new S3TestServer(new FilesystemNio2BlobStore(directory.toString()), null, false);
    }

    /** A server over HTTPS with a certificate that nobody has signed. */
    public static S3TestServer https(TestCertificate certificate) throws IOException {
        return new S3TestServer(new TransientNio2BlobStore(), certificate, false);
    }

    /** Starts it again after {@link #stop}, on the same port, with everything that was stored. */
    public void start() throws IOException {
        S3Proxy.Builder builder = S3Proxy.builder()
                .blobStore(store)
                .stopTimeout(0)
                .ignoreUnknownHeaders(lenient)
                .awsAuthentication(AuthenticationType.AWS_V4, ACCESS_KEY_ID, SECRET_ACCESS_KEY);
        if (certificate == null) {
            builder.endpoint(URI.create("http://127.0.0.1:" + port));
        } else {
            builder.secureEndpoint(URI.create("https://127.0.0.1:" + port))
                    .keyStore(certificate.keyStore().toString(), certificate.password());
        }
        proxy = builder.build();
        try {
            proxy.start();
        } catch (Exception e) {
            throw failed("start", e);
        }
        port = certificate == null ? proxy.getPort() : proxy.getSecurePort();
    }

    /** Connections are refused from now on. */
    public void stop() throws IOException {
        try {
            proxy.stop();
        } catch (Exception e) {
            throw failed("stop", e);
        }
    }

    private static IOException failed(String what, Exception e) {
        if (e instanceof InterruptedException) {
            Thread.currentThread().interrupt();
        }
        return new IOException("the S3 server does not " + what, e);
    }

    /** Its address. */
    public URI endpoint() {
        return URI.create((certificate == null ? "http" : "https") + "://127.0.0.1:" + port);
    }

    /** A line to it, to be closed by the caller. */
    public Line line() throws IOException {
        return line(InetAddress.getLoopbackAddress());
    }

    /** A line to it that begins at a free port of a local address. */
    public Line line(InetAddress from) throws IOException {
        return Line.of(from, port);
    }

    /** Settings that reach it, by parameter name. */
    public Map<String, String> settings() {
        return Map.of(
                "s3.endpoint", endpoint().toString(),
                "s3.access-key-id", ACCESS_KEY_ID,
                "s3.secret-access-key", SECRET_ACCESS_KEY);
    }

    /** Lets something go wrong from now on. */
    public void add(Fault fault) {
        store.add(fault);
    }

    /** Everything is well again. */
    public void clearFaults() {
        store.clear();
    }

    /** How conditional puts are treated from now on, whole or in parts. */
    public void conditions(Conditions conditions) {
        store.conditions(conditions, conditions);
    }

    /** How conditional puts are treated from now on, and how those in parts. */
    public void conditions(Conditions whole, Conditions parts) {
        store.conditions(whole, parts);
    }

    /** What reached the store, such as {@code PUT app/0000/…}, in its order. */
    public List<String> requests() {
        return List.copyOf(store.log());
    }

    /** Keys in the order in which they were stored; twice if an object was replaced. */
    public List<String> stored() {
        return List.copyOf(store.stored());
    }

    @Override
    public void close() throws IOException {
        stop();
    }
}
