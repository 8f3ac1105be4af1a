package io.github.litestreamjdbc.s3;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.Delete;
import software.amazon.awssdk.services.s3.model.DeleteObjectsResponse;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.S3Error;

/** Deletes objects, many at once where the service can. Safe for use by several threads. */
final class Deletions {
    private static final int BATCH = 1000;

    private final Sender sender;
    private final Requests requests;
    private final String place;
    private final String root;

    /** Whether many objects can be deleted at once; cleared by the first refusal. */
    private volatile boolean bulk;

    /** @param root of the replica, with its trailing slash */
    Deletions(Sender sender, Requests requests, S3Settings settings, String root) {
        this.sender = sender;
        this.requests = requests;
        this.place = settings.place();
        this.root = root;
        this.bulk = settings.connection().provider().bulkDelete();
    }

    void delete(Collection<String> keys) throws IOException {
        List<String> left = List.copyOf(keys);
        while (bulk && !left.isEmpty()) {
            int batch = Math.min(left.size(), BATCH);
            if (deleteMany(left.subList(0, batch))) {
                left = left.subList(batch, left.size());
            } else {
                bulk = false;
            }
        }
        for (String key : left) {
            sender.call("delete " + key, client -> client.deleteObject(requests.delete(root + key)));
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
            response = sender.send(client -> client.deleteObjects(requests.deleteMany(delete)));
        } catch (SdkException e) {
            if (S3Failures.refusesBulkDelete(e)) {
                return false;
            }
            throw sender.translate("delete " + keys.size() + " objects", e);
        }
        List<S3Error> errors = response.errors().stream()
                .filter(error -> !"NoSuchKey".equals(error.code()))
                .toList();
        if (!errors.isEmpty()) {
            S3Error first = errors.get(0);
            throw new IOException(place + ": " + errors.size() + " of " + keys.size() + " objects were not deleted, "
                    + first.key() + " because of " + first.code() + ": " + first.message());
        }
        return true;
    }
}
