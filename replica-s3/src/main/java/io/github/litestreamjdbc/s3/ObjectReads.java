package io.github.litestreamjdbc.s3;

import io.github.litestreamjdbc.spi.FetchedObject;
import io.github.litestreamjdbc.spi.ObjectNotFoundException;
import io.github.litestreamjdbc.spi.StoredObject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.ResponseTransformer;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Object;

/** Lists and reads what is below a path of a bucket. Safe for use by several threads. */
final class ObjectReads {
    private static final int PAGE = 1000;

    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d{1,18})-\\d+/(\\d{1,18})");

    private final Sender sender;
    private final Requests requests;
    private final String place;
    private final String root;

    /** @param root of the replica, with its trailing slash */
    ObjectReads(Sender sender, Requests requests, String place, String root) {
        this.sender = sender;
        this.requests = requests;
        this.place = place;
        this.root = root;
    }

    void list(String prefix, String after, Consumer<? super StoredObject> visitor) throws IOException {
        String token = null;
        do {
            String next = token;
            ListObjectsV2Response page = sender.call(
                    "list " + prefix,
                    client -> client.listObjectsV2(
                            requests.list(root + prefix, after.isEmpty() ? "" : root + after, next, PAGE)));
            requireListing(prefix, page);
            for (S3Object object : page.contents()) {
                visitor.accept(listed(prefix, object));
            }
            token = Boolean.TRUE.equals(page.isTruncated()) ? page.nextContinuationToken() : null;
            if (Boolean.TRUE.equals(page.isTruncated()) && (token == null || token.equals(next))) {
                throw new IOException(place + ": list " + prefix
                        + ": there is more, but the service does not say where it goes on; look at s3.endpoint");
            }
        } while (token != null);
    }

    /**
     * The SDK reads an empty listing out of whatever comes with status 200, such as the page of a store's console or of a
     * network's portal. Every service that lists says at least one of these.
     */
    private void requireListing(String prefix, ListObjectsV2Response page) throws IOException {
        if (page.name() == null
                && page.prefix() == null
                && page.isTruncated() == null
                && page.keyCount() == null
                && page.maxKeys() == null) {
            throw new IOException(place + ": list " + prefix + ": the answer is no listing; look at s3.endpoint");
        }
    }

    private StoredObject listed(String prefix, S3Object object) throws IOException {
        if (object.key() == null
                || !object.key().startsWith(root + prefix)
                || object.size() == null
                || object.lastModified() == null) {
            throw new IOException(place + ": list " + prefix + ": the answer lists " + object.key()
                    + ", which was not asked for or is without size or time; look at s3.endpoint");
        }
        return new StoredObject(
                object.key().substring(root.length()),
                object.size(),
                object.lastModified(),
                ETags.plain(object.eTag()));
    }

    FetchedObject get(String key, long offset, long lengthBytes) throws IOException {
        if (lengthBytes == 0) {
            return empty(key);
        }
        GetObjectRequest request = requests.get(root + key, offset, lengthBytes);
        try {
            // Without the watch over streams that nobody reads: its thread would never end.
            ResponseInputStream<GetObjectResponse> content =
                    sender.send(client -> client.getObject(request, ResponseTransformer.toInputStream(Duration.ZERO)));
            return fetched(key, offset, lengthBytes, content);
        } catch (SdkException e) {
            if (S3Failures.status(e) == S3Failures.RANGE) {
                return empty(key);
            }
            if (S3Failures.status(e) == S3Failures.NOT_FOUND
                    && !S3Failures.code(e).equals("NoSuchBucket")) {
                throw notFound(key);
            }
            throw sender.translate("get " + key, e);
        }
    }

    private FetchedObject empty(String key) throws IOException {
        StoredObject object = head(key).orElseThrow(() -> notFound(key));
        return new FetchedObject(object, new ByteArrayInputStream(new byte[0]));
    }

    Instant created(String key) throws IOException {
        return head(key).orElseThrow(() -> notFound(key)).created();
    }

    boolean exists(String key) throws IOException {
        return head(key).isPresent();
    }

    private Optional<StoredObject> head(String key) throws IOException {
        try {
            HeadObjectResponse head = sender.send(client -> client.headObject(requests.head(root + key)));
            Instant created = Timestamps.created(head.metadata(), head.lastModified());
            return Optional.of(new StoredObject(key, head.contentLength(), created, ETags.plain(head.eTag())));
        } catch (SdkException e) {
            if (S3Failures.status(e) == S3Failures.NOT_FOUND) {
                return Optional.empty();
            }
            throw sender.translate("head " + key, e);
        }
    }

    private FetchedObject fetched(
            String key, long offset, long lengthBytes, ResponseInputStream<GetObjectResponse> content)
            throws IOException {
        Long responseBytes = content.response().contentLength();
        InputStream stream =
                new ObjectStream(place + ": " + key, content, responseBytes == null ? Long.MAX_VALUE : responseBytes);
        try {
            StoredObject object = stored(key, offset, content.response());
            // A range from the start may be answered with the whole.
            return new FetchedObject(object, new BoundedInputStream(stream, lengthBytes));
        } catch (IOException | RuntimeException e) {
            stream.close();
            throw e;
        }
    }

    private StoredObject stored(String key, long offset, GetObjectResponse response) throws IOException {
        Matcher range = CONTENT_RANGE.matcher(response.contentRange() == null ? "" : response.contentRange());
        boolean ranged = range.matches() && Long.parseLong(range.group(1)) == offset;
        boolean whole = response.contentRange() == null && offset == 0 && response.contentLength() != null;
        if (!ranged && !whole) {
            throw new IOException(place + ": get " + key + " from byte " + offset + " was answered with another range: "
                    + response.contentRange());
        }
        long sizeBytes = ranged ? Long.parseLong(range.group(2)) : response.contentLength();
        Instant created = Timestamps.created(response.metadata(), response.lastModified());
        return new StoredObject(key, sizeBytes, created, ETags.plain(response.eTag()));
    }

    private ObjectNotFoundException notFound(String key) {
        return new ObjectNotFoundException(place + " has no " + key);
    }
}
