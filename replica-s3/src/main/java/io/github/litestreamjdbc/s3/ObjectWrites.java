package io.github.litestreamjdbc.s3;

import io.github.litestreamjdbc.spi.FetchedObject;
import io.github.litestreamjdbc.spi.LogLine;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.Precondition;
import io.github.litestreamjdbc.spi.PreconditionFailedException;
import io.github.litestreamjdbc.spi.StoreConfigurationException;
import io.github.litestreamjdbc.spi.StoredObject;
import java.io.IOException;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;

/**
 * Puts objects, whole or in parts, on the conditions that the store understands. Safe for use by several threads.
 *
 * <p>Where a store proves to honour conditions with whole objects but not with those in parts, what is created on a
 * condition goes out whole as far as S3 takes it. Where it honours none, each key is looked for before it is put, and
 * again before the last request of an upload in parts.
 */
final class ObjectWrites {
    private static final System.Logger LOG = System.getLogger(ObjectWrites.class.getName());

    /** Puts that failed in a row without an answer before a small request finds out what hides behind it. */
    private static final int MASKED = 3;

    /** S3 takes no more by one request. */
    private static final long MOST_WHOLE_BYTES = 5L << 30;

    private final Sender sender;
    private final Requests requests;
    private final S3Settings settings;
    private final SharedClient shared;
    private final ObjectReads reads;
    private final String place;
    private final String root;
    private final AtomicInteger unanswered = new AtomicInteger();

    /** Whether an ETag that looks like the MD5 of the content is one; cleared where it proves not to be. */
    private volatile boolean etagsAreMd5;

    /** @param root of the replica, with its trailing slash */
    ObjectWrites(
            Sender sender,
            Requests requests,
            S3Settings settings,
            SharedClient shared,
            ObjectReads reads,
            String root) {
        this.sender = sender;
        this.requests = requests;
        this.settings = settings;
        this.shared = shared;
        this.reads = reads;
        this.place = settings.place();
        this.root = root;
        this.etagsAreMd5 = settings.encryption().leavesMd5();
    }

    StoredObject put(String key, ObjectBody body, Instant created, Precondition precondition) throws IOException {
        try {
            String etag = body.lengthBytes() < settings.partSizeBytes()
                    ? putWhole(key, body, created, wholeCondition(key, precondition))
                    : putLarge(key, body, created, precondition);
            unanswered.set(0);
            return new StoredObject(key, body.lengthBytes(), created, ETags.plain(etag));
        } catch (SdkException e) {
            int status = S3Failures.status(e);
            if (status == S3Failures.PRECONDITION
                    || status == S3Failures.NOT_FOUND
                            && precondition instanceof Precondition.IfMatch
                            && !S3Failures.code(e).equals("NoSuchBucket")
                            && !S3Failures.code(e).equals("NoSuchUpload")) {
                unanswered.set(0);
                throw new PreconditionFailedException(place + ": " + key + " is not as expected: " + precondition);
            }
            if (status == 0 && unanswered.incrementAndGet() >= MASKED) {
                unmask();
            }
            throw sender.translate("put " + key, e);
        }
    }

    private String putWhole(String key, ObjectBody body, Instant created, Precondition precondition)
            throws IOException {
        PutObjectResponse response;
        try (SentBody sent = SentBody.of(body)) {
            response = sender.send(client -> client.putObject(
                    requests.put(root + key, body.lengthBytes(), created, precondition), sent.content()));
        }
        if (response.eTag() == null) {
            throw new IOException(place + ": put " + key + " was answered without an ETag");
        }
        if (etagsAreMd5 && ETags.isMd5(response.eTag()) && !Requests.isKms(response.serverSideEncryption())) {
            verify(key, body, response.eTag());
        }
        return response.eTag();
    }

    private String putLarge(String key, ObjectBody body, Instant created, Precondition precondition)
            throws IOException {
        PartTraits parts = shared.parts.get(() -> new PartsProbe(sender, requests, settings.encryption(), root).run());
        MultipartUpload upload = new MultipartUpload(sender, requests, settings, parts.etagsAreMd5(), root + key);
        if (precondition instanceof Precondition.None) {
            return upload.run(body, created, precondition, () -> {});
        }
        boolean inParts = precondition instanceof Precondition.IfAbsent && parts.conditional();
        if (!inParts && body.lengthBytes() <= MOST_WHOLE_BYTES && honours(precondition, conditions())) {
            return putWhole(key, body, created, precondition);
        }
        if (precondition instanceof Precondition.IfMatch) {
            throw ifMatchMissing();
        }
        // The condition itself comes with the last request only, when everything has been sent.
        requireAbsent(key);
        return inParts
                ? upload.run(body, created, precondition, () -> {})
                : upload.run(body, created, Precondition.NONE, () -> requireAbsent(key));
    }

    private void requireAbsent(String key) throws IOException {
        if (reads.exists(key)) {
            throw new PreconditionFailedException(place + " already has " + key);
        }
    }

    /** The condition of a whole object as the store understands it. */
    private Precondition wholeCondition(String key, Precondition precondition) throws IOException {
        if (precondition instanceof Precondition.None || honours(precondition, conditions())) {
            return precondition;
        }
        if (precondition instanceof Precondition.IfMatch) {
            throw ifMatchMissing();
        }
        requireAbsent(key);
        return Precondition.NONE;
    }

    private static boolean honours(Precondition precondition, Conditions known) {
        return precondition instanceof Precondition.IfMatch ? known.ifMatch() : known.ifAbsent();
    }

    private StoreConfigurationException ifMatchMissing() {
        return new StoreConfigurationException(place
                + " does not support If-Match, which is needed to replace an object safely; use a store that does");
    }

    Conditions conditions() throws IOException {
        return shared.conditions.get(() -> {
            Conditions found;
            try {
                found = new ConditionProbe(sender, requests, root).run();
            } catch (SdkException e) {
                throw sender.translate("try out conditional puts", e);
            }
            if (!found.ifAbsent()) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        LogLine.of("replica", place)
                                .says("the store ignores or refuses If-None-Match: a second writer to a path may go"
                                        + " unnoticed and damage the replica. Make sure that only one process replicates"
                                        + " to it"));
            }
            return found;
        });
    }

    /** What was stored may not be what was sent: a box between changed it, or the store kept the framing of the transfer. */
    private void verify(String key, ObjectBody body, String etag) throws IOException {
        String sent = ETags.md5(body, 0, body.lengthBytes());
        if (sent.equals(ETags.plain(etag))) {
            return;
        }
        String found;
        try (FetchedObject stored = reads.get(key, 0, Long.MAX_VALUE)) {
            found = ETags.md5(stored.content());
        }
        if (found.equals(sent)) {
            etagsAreMd5 = false;
            return;
        }
        sender.call("delete the damaged " + key, client -> client.deleteObject(requests.delete(root + key)));
        throw new IOException(place + ": put " + key + " arrived damaged (MD5 " + sent + " was sent, " + found
                + " was stored) and was deleted again");
    }

    /**
     * Large bodies that a server refuses early often end as a broken connection, and the refusal is lost. A small request
     * brings it to light.
     */
    private void unmask() throws IOException {
        sender.call("list", client -> client.listObjectsV2(requests.list(root, "", null, 1)));
    }
}
