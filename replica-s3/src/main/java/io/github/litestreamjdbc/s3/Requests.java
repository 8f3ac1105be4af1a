package io.github.litestreamjdbc.s3;

import io.github.litestreamjdbc.spi.Precondition;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.services.s3.model.AbortMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.Delete;
import software.amazon.awssdk.services.s3.model.DeleteObjectRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectsRequest;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadBucketRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.ServerSideEncryption;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;

/** Makes requests out of the settings, each with its time limit and its count. Keys are whole. Immutable. */
final class Requests {
    static final String CONTENT_TYPE = "application/octet-stream";
    private static final String CUSTOMER_ALGORITHM = "AES256";

    private static final Duration SMALL = Duration.ofSeconds(15);
    private static final Duration LARGE = Duration.ofSeconds(30);

    /** A line slower than this is as good as none. */
    private static final long LEAST_BYTES_PER_SECOND = 64 * 1024;

    private final S3Settings settings;
    private final RequestCounter counter;

    Requests(S3Settings settings, RequestCounter counter) {
        this.settings = settings;
        this.counter = counter;
    }

    private Consumer<AwsRequestOverrideConfiguration.Builder> within(Duration attempt) {
        return override -> override.apiCallAttemptTimeout(attempt).putExecutionAttribute(RequestCounter.OWNER, counter);
    }

    private Consumer<AwsRequestOverrideConfiguration.Builder> sending(long bytes) {
        return within(LARGE.plusSeconds(bytes / LEAST_BYTES_PER_SECOND));
    }

    /** Reads have no limit of their own: the stream of the content watches its rate. */
    private Consumer<AwsRequestOverrideConfiguration.Builder> reading() {
        return override -> override.putExecutionAttribute(RequestCounter.OWNER, counter);
    }

    HeadBucketRequest headBucket() {
        return HeadBucketRequest.builder()
                .bucket(settings.bucket())
                .overrideConfiguration(within(SMALL))
                .build();
    }

    ListObjectsV2Request list(String prefix, String after, String token, int most) {
        ListObjectsV2Request.Builder list = ListObjectsV2Request.builder()
                .bucket(settings.bucket())
                .prefix(prefix)
                .maxKeys(most)
                .continuationToken(token)
                .overrideConfiguration(within(SMALL));
        return (after.isEmpty() ? list : list.startAfter(after)).build();
    }

    GetObjectRequest get(String key, long offset, long lengthBytes) {
        GetObjectRequest.Builder get =
                GetObjectRequest.builder().bucket(settings.bucket()).key(key).overrideConfiguration(reading());
        if (lengthBytes <= Long.MAX_VALUE - offset - 1) {
            get.range("bytes=" + offset + "-" + (offset + lengthBytes - 1));
        } else if (offset > 0) {
            get.range("bytes=" + offset + "-");
        }
        if (settings.encryption() instanceof Encryption.CustomerKey key256) {
            get.sseCustomerAlgorithm(CUSTOMER_ALGORITHM)
                    .sseCustomerKey(key256.key())
                    .sseCustomerKeyMD5(key256.md5());
        }
        return get.build();
    }

    HeadObjectRequest head(String key) {
        HeadObjectRequest.Builder head =
                HeadObjectRequest.builder().bucket(settings.bucket()).key(key).overrideConfiguration(within(SMALL));
        if (settings.encryption() instanceof Encryption.CustomerKey key256) {
            head.sseCustomerAlgorithm(CUSTOMER_ALGORITHM)
                    .sseCustomerKey(key256.key())
                    .sseCustomerKeyMD5(key256.md5());
        }
        return head.build();
    }

    PutObjectRequest put(String key, long lengthBytes, Instant created, Precondition precondition) {
        PutObjectRequest.Builder put = PutObjectRequest.builder()
                .bucket(settings.bucket())
                .key(key)
                .contentType(CONTENT_TYPE)
                .contentLength(lengthBytes)
                .metadata(metadata(created))
                .overrideConfiguration(sending(lengthBytes));
        settings.storageClass().ifPresent(put::storageClass);
        if (precondition instanceof Precondition.IfAbsent) {
            put.ifNoneMatch("*");
        } else if (precondition instanceof Precondition.IfMatch match) {
            put.ifMatch(match.etag());
        }
        Encryption encryption = settings.encryption();
        if (encryption instanceof Encryption.ServiceKey) {
            put.serverSideEncryption(ServerSideEncryption.AES256);
        } else if (encryption instanceof Encryption.Kms kms) {
            put.serverSideEncryption(ServerSideEncryption.AWS_KMS);
            kms.keyId().ifPresent(put::ssekmsKeyId);
        } else if (encryption instanceof Encryption.CustomerKey key256) {
            put.sseCustomerAlgorithm(CUSTOMER_ALGORITHM)
                    .sseCustomerKey(key256.key())
                    .sseCustomerKeyMD5(key256.md5());
        }
        return put.build();
    }

    private static Map<String, String> metadata(Instant created) {
        return Map.of(Timestamps.NAME, Timestamps.format(created));
    }

    CreateMultipartUploadRequest begin(String key, Instant created) {
        CreateMultipartUploadRequest.Builder begin = CreateMultipartUploadRequest.builder()
                .bucket(settings.bucket())
                .key(key)
                .contentType(CONTENT_TYPE)
                .metadata(metadata(created))
                .overrideConfiguration(within(SMALL));
        settings.storageClass().ifPresent(begin::storageClass);
        Encryption encryption = settings.encryption();
        if (encryption instanceof Encryption.ServiceKey) {
            begin.serverSideEncryption(ServerSideEncryption.AES256);
        } else if (encryption instanceof Encryption.Kms kms) {
            begin.serverSideEncryption(ServerSideEncryption.AWS_KMS);
            kms.keyId().ifPresent(begin::ssekmsKeyId);
        } else if (encryption instanceof Encryption.CustomerKey key256) {
            begin.sseCustomerAlgorithm(CUSTOMER_ALGORITHM)
                    .sseCustomerKey(key256.key())
                    .sseCustomerKeyMD5(key256.md5());
        }
        return begin.build();
    }

    UploadPartRequest part(String key, String upload, int number, long lengthBytes) {
        UploadPartRequest.Builder part = UploadPartRequest.builder()
                .bucket(settings.bucket())
                .key(key)
                .uploadId(upload)
                .partNumber(number)
                .contentLength(lengthBytes)
                .overrideConfiguration(sending(lengthBytes));
        if (settings.encryption() instanceof Encryption.CustomerKey key256) {
            part.sseCustomerAlgorithm(CUSTOMER_ALGORITHM)
                    .sseCustomerKey(key256.key())
                    .sseCustomerKeyMD5(key256.md5());
        }
        return part.build();
    }

    CompleteMultipartUploadRequest complete(
            String key, String upload, List<CompletedPart> parts, Precondition precondition) {
        CompleteMultipartUploadRequest.Builder complete = CompleteMultipartUploadRequest.builder()
                .bucket(settings.bucket())
                .key(key)
                .uploadId(upload)
                .multipartUpload(all -> all.parts(parts))
                // Stores put the parts together before they answer.
                .overrideConfiguration(within(LARGE.multipliedBy(4)));
        if (precondition instanceof Precondition.IfAbsent) {
            complete.ifNoneMatch("*");
        } else if (precondition instanceof Precondition.IfMatch match) {
            complete.ifMatch(match.etag());
        }
        if (settings.encryption() instanceof Encryption.CustomerKey key256) {
            complete.sseCustomerAlgorithm(CUSTOMER_ALGORITHM)
                    .sseCustomerKey(key256.key())
                    .sseCustomerKeyMD5(key256.md5());
        }
        return complete.build();
    }

    AbortMultipartUploadRequest abort(String key, String upload) {
        return AbortMultipartUploadRequest.builder()
                .bucket(settings.bucket())
                .key(key)
                .uploadId(upload)
                .overrideConfiguration(within(SMALL))
                .build();
    }

    DeleteObjectRequest delete(String key) {
        return DeleteObjectRequest.builder()
                .bucket(settings.bucket())
                .key(key)
                .overrideConfiguration(within(SMALL))
                .build();
    }

    DeleteObjectsRequest deleteMany(Delete delete) {
        return DeleteObjectsRequest.builder()
                .bucket(settings.bucket())
                .delete(delete)
                .overrideConfiguration(within(SMALL))
                .build();
    }

    static boolean isKms(ServerSideEncryption encryption) {
        return encryption != null && encryption != ServerSideEncryption.AES256;
    }
}
