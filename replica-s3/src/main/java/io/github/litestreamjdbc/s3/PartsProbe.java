package io.github.litestreamjdbc.s3;

import io.github.litestreamjdbc.spi.LogLine;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.Precondition;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.UploadPartResponse;

/**
 * Finds out what the condition of an upload in parts is worth, which is sent with the last request only: one is completed
 * on the condition that nothing is there, where a small object is. A store may honour conditions with whole objects and
 * let this one pass.
 */
final class PartsProbe {
    private static final System.Logger LOG = System.getLogger(PartsProbe.class.getName());

    private static final byte[] CONTENT = "litestream-jdbc\n".getBytes(StandardCharsets.US_ASCII);

    private final Sender sender;
    private final Requests requests;
    private final Encryption encryption;
    private final String key;

    /** @param root of the replica, with its trailing slash */
    PartsProbe(Sender sender, Requests requests, Encryption encryption, String root) {
        this.sender = sender;
        this.requests = requests;
        this.encryption = encryption;
        this.key = root + "probe-" + UUID.randomUUID();
    }

    /** Six requests; nothing is left behind. */
    PartTraits run() throws IOException {
        ObjectBody body = ObjectBody.of(CONTENT);
        try {
            sender.send(client -> client.putObject(
                    requests.put(key, CONTENT.length, Instant.EPOCH, Precondition.NONE),
                    SentBody.of(body).content()));
            String upload = sender.send(client -> client.createMultipartUpload(requests.begin(key, Instant.EPOCH)))
                    .uploadId();
            UploadPartResponse part;
            boolean conditional;
            try {
                part = sender.send(client -> client.uploadPart(
                        requests.part(key, upload, 1, CONTENT.length),
                        SentBody.of(body).content()));
                conditional = isRefused(upload, part.eTag());
            } finally {
                quietly(client -> client.abortMultipartUpload(requests.abort(key, upload)));
            }
            return new PartTraits(conditional, !isOtherMd5(part));
        } finally {
            quietly(client -> client.deleteObject(requests.delete(key)));
        }
    }

    /** Whether its ETag looks like an MD5, and is another one, though the service did not encrypt. */
    private boolean isOtherMd5(UploadPartResponse part) throws IOException {
        return encryption.leavesMd5()
                && !Requests.isKms(part.serverSideEncryption())
                && ETags.isMd5(part.eTag())
                && !ETags.plain(part.eTag()).equals(ETags.md5(new ByteArrayInputStream(CONTENT)));
    }

    private boolean isRefused(String upload, String etag) throws IOException {
        List<CompletedPart> parts =
                List.of(CompletedPart.builder().partNumber(1).eTag(etag).build());
        try {
            sender.send(client ->
                    client.completeMultipartUpload(requests.complete(key, upload, parts, Precondition.IF_ABSENT)));
            return false;
        } catch (SdkException e) {
            if (S3Failures.status(e) == S3Failures.PRECONDITION) {
                return true;
            }
            if (S3Failures.refusesHeader(e)) {
                return false;
            }
            throw e;
        }
    }

    private void quietly(Sender.Call<?> call) {
        try {
            sender.send(call);
        } catch (SdkException | IOException e) {
            LOG.log(System.Logger.Level.DEBUG, LogLine.of("key", key).says("could not be cleaned up: " + e));
        }
    }
}
