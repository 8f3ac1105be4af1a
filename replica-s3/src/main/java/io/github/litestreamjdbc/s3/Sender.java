package io.github.litestreamjdbc.s3;

import java.io.IOException;
import java.io.UncheckedIOException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.HeadBucketResponse;

/** Sends a store's requests, each past the gate of its service. Safe for use by several threads. */
final class Sender {
    private final S3Settings settings;
    private final SharedClient shared;
    private final Requests requests;
    private final S3Failures failures;

    Sender(S3Settings settings, SharedClient shared, Requests requests) {
        this.settings = settings;
        this.shared = shared;
        this.requests = requests;
        this.failures = new S3Failures(settings);
    }

    /** A request that may fail in the SDK's ways. */
    @FunctionalInterface
    interface Call<T> {
        T with(S3Client client) throws IOException;
    }

    /** Sends a request. Refusals come as {@link SdkException} to whoever wants to tell them apart. */
    <T> T send(Call<T> call) throws IOException {
        return pass(call, shared.client(this::lookUpRegion));
    }

    /**
     * Sends a request whose refusals all mean the same to the caller.
     *
     * @param what is being done, such as {@code put 0000/…}
     */
    <T> T call(String what, Call<T> call) throws IOException {
        try {
            return send(call);
        } catch (SdkException e) {
            throw failures.translate(what, e);
        }
    }

    /** What a refusal is to the rest of the driver. */
    IOException translate(String what, SdkException e) {
        return failures.translate(what, e);
    }

    private <T> T pass(Call<T> call, S3Client client) throws IOException {
        EndpointGate gate = shared.gate();
        gate.enter();
        // Unless the service itself succeeds or fails: a body that cannot be read, missing keys, a bug.
        Runnable outcome = gate::abandoned;
        try {
            T result = call.with(client);
            outcome = gate::answered;
            return result;
        } catch (SdkException e) {
            if (S3Failures.isAnswer(e)) {
                outcome = gate::answered;
            } else if (S3Failures.isOutage(e)) {
                outcome = () -> gate.failed(String.valueOf(e.getMessage()));
            }
            throw e;
        } catch (UncheckedIOException e) {
            throw new IOException(e.getCause().getMessage(), e.getCause());
        } finally {
            outcome.run();
        }
    }

    /**
     * Where the bucket is. AWS says it with every answer about a bucket, also with those that refuse. Only an answer ends
     * the search: whatever else happens is reported, and asked again by the next request.
     */
    private String lookUpRegion(S3Client anywhere) throws IOException {
        try {
            HeadBucketResponse answer = pass(client -> client.headBucket(requests.headBucket()), anywhere);
            return answer.bucketRegion() == null ? SharedClient.namedRegion() : answer.bucketRegion();
        } catch (SdkException e) {
            if (S3Failures.region(e).isPresent()) {
                return S3Failures.region(e).get();
            }
            if (S3Failures.isAnswer(e) && S3Failures.status(e) != S3Failures.NOT_FOUND) {
                return SharedClient.namedRegion();
            }
            throw failures.translate("look up the region of bucket " + settings.bucket(), e);
        }
    }
}
