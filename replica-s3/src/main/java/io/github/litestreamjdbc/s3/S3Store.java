package io.github.litestreamjdbc.s3;

import io.github.litestreamjdbc.spi.FetchedObject;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.ObjectNotFoundException;
import io.github.litestreamjdbc.spi.ObjectStore;
import io.github.litestreamjdbc.spi.Precondition;
import io.github.litestreamjdbc.spi.PreconditionFailedException;
import io.github.litestreamjdbc.spi.StoreConfigurationException;
import io.github.litestreamjdbc.spi.StoreCounters;
import io.github.litestreamjdbc.spi.StoredObject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.Delete;
import software.amazon.awssdk.services.s3.model.DeleteObjectsResponse;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Error;

/** Objects below a path of a bucket. Safe for use by several threads. */
final class S3Store implements ObjectStore {
    private static final System.Logger LOG = System.getLogger(S3Store.class.getName());

    private static final int PAGE = 1000;

    /** Puts that failed in a row without an answer before a small request finds out what hides behind it. */
    private static final int MASKED = 3;

    private final S3Settings settings;
    private final SharedClient shared;
    private final S3Failures failures;
    private final Requests requests;
    private final RequestCounter counter = new RequestCounter();
    private final String root;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final AtomicInteger unanswered = new AtomicInteger();

    /** Whether many objects can be deleted at once; cleared by the first refusal. */
    private volatile boolean bulkDelete;

    /** Whether an ETag that looks like the MD5 of the content is one; cleared where it proves not to be. */
    private volatile boolean etagsAreMd5;

    S3Store(S3Settings settings, SharedClient shared) {
        this.settings = settings;
        this.shared = shared;
        this.failures = new S3Failures(settings);
        this.requests = new Requests(settings, counter);
        this.root = settings.path() + "/";
        this.etagsAreMd5 = !(settings.encryption() instanceof Encryption.Kms
                || settings.encryption() instanceof Encryption.CustomerKey);
        this.bulkDelete = settings.connection().provider().bulkDelete();
    }

    /** A request that may fail in the SDK's ways. */
    @FunctionalInterface
    interface Call<T> {
        T with(S3Client client) throws IOException;
    }

    /** Sends a request past the gate. Answers that mean something to the caller come as {@link SdkException}. */
    private <T> T send(Call<T> call) throws IOException {
        S3Client client = shared.client();
        EndpointGate gate = shared.gate();
        gate.enter();
        boolean answered = false;
        String failure = "a bug";
        try {
            T result = call.with(client);
            answered = true;
            return result;
        } catch (SdkException e) {
            answered = S3Failures.isAnswer(e);
            failure = String.valueOf(e.getMessage());
            throw e;
        } catch (UncheckedIOException e) {
            // The body could not be read: nothing that the service is to blame for.
            answered = true;
            throw new IOException(e.getCause().getMessage(), e.getCause());
        } finally {
            if (answered) {
                gate.answered();
            } else {
                gate.failed(failure);
            }
        }
    }

    private <T> T call(String what, Call<T> call) throws IOException {
        try {
            return send(call);
        } catch (SdkException e) {
            throw failures.translate(what, e);
        }
    }

    @Override
    public void list(String prefix, String after, Consumer<? super StoredObject> visitor) throws IOException {
        String token = null;
        do {
            String next = token;
            ListObjectsV2Response page = call(
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

    @Override
    public FetchedObject get(String key, long offset, long lengthBytes) throws IOException {
        if (lengthBytes == 0) {
            return empty(key);
        }
        GetObjectRequest request = requests.get(root + key, offset, lengthBytes);
        try {
            ResponseInputStream<GetObjectResponse> content = send(client -> client.getObject(request));
            return new FetchedObject(stored(key, content.response()), new ObjectStream(this + ": " + key, content));
        } catch (SdkException e) {
            if (S3Failures.status(e) == S3Failures.RANGE) {
                return empty(key);
            }
            throw missingOr("get " + key, key, e);
        }
    }

    private FetchedObject empty(String key) throws IOException {
        StoredObject object = head(key).orElseThrow(() -> notFound(key));
        return new FetchedObject(object, new ByteArrayInputStream(new byte[0]));
    }

    private Optional<StoredObject> head(String key) throws IOException {
        try {
            HeadObjectResponse head = send(client -> client.headObject(requests.head(root + key)));
            Instant created = Timestamps.created(head.metadata(), head.lastModified());
            return Optional.of(new StoredObject(key, head.contentLength(), created, ETags.plain(head.eTag())));
        } catch (SdkException e) {
            if (S3Failures.status(e) == S3Failures.NOT_FOUND) {
                return Optional.empty();
            }
            throw failures.translate("head " + key, e);
        }
    }

    private static StoredObject stored(String key, GetObjectResponse response) {
        String range = response.contentRange();
        long sizeBytes =
                range == null ? response.contentLength() : Long.parseLong(range.substring(range.lastIndexOf('/') + 1));
        Instant created = Timestamps.created(response.metadata(), response.lastModified());
        return new StoredObject(key, sizeBytes, created, ETags.plain(response.eTag()));
    }

    private IOException missingOr(String what, String key, SdkException e) {
        return S3Failures.status(e) == S3Failures.NOT_FOUND
                        && !S3Failures.code(e).equals("NoSuchBucket")
                ? notFound(key)
                : failures.translate(what, e);
    }

    private ObjectNotFoundException notFound(String key) {
        return new ObjectNotFoundException(this + " has no " + key);
    }

    @Override
    public StoredObject put(String key, ObjectBody body, Instant created, Precondition precondition)
            throws IOException {
        Precondition sent = sendable(key, precondition);
        try {
            StoredObject stored = upload(key, body, created, sent);
            unanswered.set(0);
            return stored;
        } catch (SdkException e) {
            int status = S3Failures.status(e);
            if (status == S3Failures.PRECONDITION
                    || status == S3Failures.NOT_FOUND
                            && precondition instanceof Precondition.IfMatch
                            && !S3Failures.code(e).equals("NoSuchBucket")
                            && !S3Failures.code(e).equals("NoSuchUpload")) {
                unanswered.set(0);
                throw new PreconditionFailedException(this + ": " + key + " is not as expected: " + precondition);
            }
            if (status == 0 && unanswered.incrementAndGet() >= MASKED) {
                unmask();
            }
            throw failures.translate("put " + key, e);
        }
    }

    private StoredObject upload(String key, ObjectBody body, Instant created, Precondition precondition)
            throws IOException {
        if (body.lengthBytes() >= settings.partSizeBytes()) {
            if (precondition instanceof Precondition.IfAbsent && head(key).isPresent()) {
                // The condition itself comes with the last request only, when everything has been sent.
                throw new PreconditionFailedException(this + " already has " + key);
            }
            String etag =
                    new MultipartUpload(this::send, requests, settings, root + key).run(body, created, precondition);
            return new StoredObject(key, body.lengthBytes(), created, ETags.plain(etag));
        }
        PutObjectResponse response = send(client -> client.putObject(
                requests.put(root + key, body.lengthBytes(), created, precondition),
                Requests.body(body, 0, body.lengthBytes())));
        if (response.eTag() == null) {
            throw new IOException(this + ": put " + key + " was answered without an ETag");
        }
        if (etagsAreMd5 && ETags.isMd5(response.eTag()) && !Requests.isKms(response.serverSideEncryption())) {
            verify(key, body, response.eTag());
        }
        return new StoredObject(key, body.lengthBytes(), created, ETags.plain(response.eTag()));
    }

    /** What was stored may not be what was sent: a box between changed it, or the store kept the framing of the transfer. */
    private void verify(String key, ObjectBody body, String etag) throws IOException {
        String sent = ETags.md5(body, 0, body.lengthBytes());
        if (sent.equals(ETags.plain(etag))) {
            return;
        }
        String found;
        try (FetchedObject stored = get(key, 0, Long.MAX_VALUE)) {
            found = ETags.md5(stored.content());
        }
        if (found.equals(sent)) {
            etagsAreMd5 = false;
            return;
        }
        call("delete the damaged " + key, client -> client.deleteObject(requests.delete(root + key)));
        throw new IOException(this + ": put " + key + " arrived damaged (MD5 " + sent + " was sent, " + found
                + " was stored) and was deleted again");
    }

    /**
     * Large bodies that a server refuses early often end as a broken connection, and the refusal is lost. A small request
     * brings it to light.
     */
    private void unmask() throws IOException {
        call("list", client -> client.listObjectsV2(requests.list(root, "", null, 1)));
    }

    /** The condition as the store understands it. */
    private Precondition sendable(String key, Precondition precondition) throws IOException {
        if (precondition instanceof Precondition.None) {
            return precondition;
        }
        Conditions known = conditions();
        if (precondition instanceof Precondition.IfMatch) {
            if (!known.ifMatch()) {
                throw new StoreConfigurationException(
                        this + " does not support If-Match, which is needed to replace an object safely; use a store"
                                + " that does");
            }
            return precondition;
        }
        if (known.ifAbsent()) {
            return precondition;
        }
        if (head(key).isPresent()) {
            throw new PreconditionFailedException(this + " already has " + key);
        }
        return Precondition.NONE;
    }

    private Conditions conditions() throws IOException {
        return shared.conditions(() -> {
            Conditions found;
            try {
                found = new ConditionProbe(this::send, requests, root).run();
            } catch (SdkException e) {
                throw failures.translate("try out conditional puts", e);
            }
            if (!found.ifAbsent()) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "{0} ignores or refuses If-None-Match: a second writer to a path may go unnoticed and damage"
                                + " the replica. Make sure that only one process replicates to it",
                        this);
            }
            return found;
        });
    }

    @Override
    public boolean createsExclusively() throws IOException {
        return conditions().ifAbsent();
    }

    @Override
    public boolean replacesExclusively() throws IOException {
        return conditions().ifMatch();
    }

    @Override
    public Instant created(String key, Instant listed) throws IOException {
        return head(key).orElseThrow(() -> notFound(key)).created();
    }

    @Override
    public StoreCounters counters() {
        return counter.counters();
    }

    @Override
    public void delete(Collection<String> keys) throws IOException {
        List<String> left = List.copyOf(keys);
        while (bulkDelete && !left.isEmpty()) {
            int batch = Math.min(left.size(), PAGE);
            if (deleteMany(left.subList(0, batch))) {
                left = left.subList(batch, left.size());
            } else {
                bulkDelete = false;
            }
        }
        for (String key : left) {
            call("delete " + key, client -> client.deleteObject(requests.delete(root + key)));
        }
    }

    /** False if the store cannot. */
    private boolean deleteMany(List<String> keys) throws IOException {
        List<ObjectIdentifier> identifiers = new ArrayList<>();
        for (String key : keys) {
            identifiers.add(ObjectIdentifier.builder().key(root + key).build());
        }
        Delete delete = Delete.builder().objects(identifiers).quiet(true).build();
        DeleteObjectsResponse response;
        try {
            response = send(client -> client.deleteObjects(requests.deleteMany(delete)));
        } catch (SdkException e) {
            if (S3Failures.refusesBulkDelete(e)) {
                return false;
            }
            throw failures.translate("delete " + keys.size() + " objects", e);
        }
        List<S3Error> errors = response.errors().stream()
                .filter(error -> !"NoSuchKey".equals(error.code()))
                .toList();
        if (!errors.isEmpty()) {
            S3Error first = errors.get(0);
            throw new IOException(this + ": " + errors.size() + " of " + keys.size() + " objects were not deleted, "
                    + first.key() + " because of " + first.code() + ": " + first.message());
        }
        return true;
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            shared.release();
        }
    }

    @Override
    public String toString() {
        return settings.place();
    }
}
