package io.github.litestreamjdbc.s3;

import io.github.litestreamjdbc.spi.LogLine;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.Precondition;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.UploadPartResponse;

/**
 * One object in parts, several at a time, each read from the body when it is sent. It appears whole or not at all; a
 * failure leaves no parts behind. Used by one thread.
 */
final class MultipartUpload {
    private static final System.Logger LOG = System.getLogger(MultipartUpload.class.getName());

    /** As many parts as S3 takes. */
    private static final int MOST_PARTS = 10_000;

    private static final long END_SECONDS = 10;

    private final Sender sender;
    private final Requests requests;
    private final S3Settings settings;
    private final boolean etagsAreMd5;
    private final String key;

    /**
     * @param etagsAreMd5 whether the ETag of a part is its MD5 unless the service encrypts
     * @param key whole
     */
    MultipartUpload(Sender sender, Requests requests, S3Settings settings, boolean etagsAreMd5, String key) {
        this.sender = sender;
        this.requests = requests;
        this.settings = settings;
        this.etagsAreMd5 = etagsAreMd5;
        this.key = key;
    }

    /** May refuse to go on. */
    @FunctionalInterface
    interface LastLook {
        void take() throws IOException;
    }

    /**
     * Uploads it.
     *
     * @param lastLook taken before the request that makes the object appear
     * @return its ETag
     */
    String run(ObjectBody body, Instant created, Precondition precondition, LastLook lastLook) throws IOException {
        String upload = sender.send(client -> client.createMultipartUpload(requests.begin(key, created)))
                .uploadId();
        boolean complete = false;
        try {
            List<CompletedPart> parts = sendParts(upload, body);
            lastLook.take();
            CompleteMultipartUploadResponse response = sender.send(
                    client -> client.completeMultipartUpload(requests.complete(key, upload, parts, precondition)));
            if (response.eTag() == null) {
                throw new IOException(key + ": the upload in parts was answered without an ETag");
            }
            complete = true;
            return response.eTag();
        } finally {
            if (!complete) {
                abort(upload);
            }
        }
    }

    /** Equal sizes but for the last: some stores insist on it. */
    private long partSizeBytes(long lengthBytes) {
        long least = (lengthBytes + MOST_PARTS - 1) / MOST_PARTS;
        return Math.max(settings.partSizeBytes(), least);
    }

    private List<CompletedPart> sendParts(String upload, ObjectBody body) throws IOException {
        long lengthBytes = body.lengthBytes();
        long partSizeBytes = partSizeBytes(lengthBytes);
        ExecutorService threads = Executors.newFixedThreadPool(settings.concurrency(), task -> {
            Thread thread = new Thread(task, "litestream-s3-part");
            thread.setDaemon(true);
            thread.setContextClassLoader(MultipartUpload.class.getClassLoader());
            return thread;
        });
        try {
            Deque<Future<CompletedPart>> sent = new ArrayDeque<>();
            List<CompletedPart> done = new ArrayList<>();
            int number = 1;
            for (long offset = 0; offset < lengthBytes; offset += partSizeBytes) {
                if (sent.size() == settings.concurrency()) {
                    done.add(result(sent.remove()));
                }
                int part = number++;
                long from = offset;
                long partBytes = Math.min(partSizeBytes, lengthBytes - offset);
                sent.add(threads.submit(() -> sendPart(upload, part, body, from, partBytes)));
            }
            while (!sent.isEmpty()) {
                done.add(result(sent.remove()));
            }
            return done;
        } finally {
            end(threads);
        }
    }

    private CompletedPart sendPart(String upload, int number, ObjectBody body, long offset, long lengthBytes)
            throws IOException {
        UploadPartResponse response;
        try (SentBody sent = new SentBody(body, offset, lengthBytes)) {
            response = sender.send(
                    client -> client.uploadPart(requests.part(key, upload, number, lengthBytes), sent.content()));
        }
        if (response.eTag() == null) {
            throw new IOException(key + ": part " + number + " was answered without an ETag");
        }
        boolean comparable = etagsAreMd5
                && ETags.isMd5(response.eTag())
                && !Requests.isKms(response.serverSideEncryption())
                && settings.encryption().leavesMd5();
        if (comparable && !ETags.plain(response.eTag()).equals(ETags.md5(body, offset, lengthBytes))) {
            throw new IOException(key + ": part " + number + " arrived damaged");
        }
        return CompletedPart.builder().partNumber(number).eTag(response.eTag()).build();
    }

    /** Waits for what is being sent: a part that arrives after the upload was aborted would stay behind. */
    private static void end(ExecutorService threads) {
        threads.shutdownNow();
        try {
            threads.awaitTermination(END_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static <T> T result(Future<T> future) throws IOException {
        try {
            return future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted during an upload in parts", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException failure) {
                throw failure;
            }
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    private void abort(String upload) {
        try {
            sender.send((S3Client client) -> client.abortMultipartUpload(requests.abort(key, upload)));
        } catch (SdkException | IOException e) {
            // A rule of the bucket should do it then; docs/providers.md recommends one.
            LOG.log(
                    System.Logger.Level.DEBUG,
                    LogLine.of("key", key)
                            .says("an upload in parts could not be aborted; its parts stay until a rule of the bucket"
                                    + " removes them: " + e));
        }
    }
}
