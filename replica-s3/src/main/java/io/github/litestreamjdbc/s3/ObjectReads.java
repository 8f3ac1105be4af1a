package io.github.litestreamjdbc.s3;

import io.github.litestreamjdbc.spi.FetchedObject;
import io.github.litestreamjdbc.spi.ObjectNotFoundException;
import io.github.litestreamjdbc.spi.StoredObject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;

/** Lists and reads what is below a path of a bucket. Safe for use by several threads. */
final class ObjectReads {
    private static final int PAGE = 1000;

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
            page.contents()
                    .forEach(object -> visitor.accept(new StoredObject(
                            object.key().substring(root.length()),
                            object.size(),
                            object.lastModified(),
                            ETags.plain(object.eTag()))));
            token = Boolean.TRUE.equals(page.isTruncated()) ? page.nextContinuationToken() : null;
        } while (token != null);
    }

    FetchedObject get(String key, long offset, long lengthBytes) throws IOException {
        if (lengthBytes == 0) {
            return empty(key);
        }
        GetObjectRequest request = requests.get(root + key, offset, lengthBytes);
        try {
            ResponseInputStream<GetObjectResponse> content = sender.send(client -> client.getObject(request));
            return new FetchedObject(stored(key, content.response()), new ObjectStream(place + ": " + key, content));
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

    private static StoredObject stored(String key, GetObjectResponse response) {
        String range = response.contentRange();
        long sizeBytes =
                range == null ? response.contentLength() : Long.parseLong(range.substring(range.lastIndexOf('/') + 1));
        Instant created = Timestamps.created(response.metadata(), response.lastModified());
        return new StoredObject(key, sizeBytes, created, ETags.plain(response.eTag()));
    }

    private ObjectNotFoundException notFound(String key) {
        return new ObjectNotFoundException(place + " has no " + key);
    }
}
