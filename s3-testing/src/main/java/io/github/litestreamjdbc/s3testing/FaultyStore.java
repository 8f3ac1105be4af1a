package io.github.litestreamjdbc.s3testing;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.gaul.s3proxy.S3ErrorCode;
import org.gaul.s3proxy.S3ProxyException;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.blobstore.ForwardingBlobStore;
import org.gaul.s3proxy.blobstore.domain.MultipartUpload;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.DeleteObjectRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectResponse;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;
import software.amazon.awssdk.services.s3.model.UploadPartResponse;

/** A store that fails where it is told to, and whose conditional replacement is atomic. Safe for use by several threads. */
final class FaultyStore extends ForwardingBlobStore {
    private final List<Fault> faults = new CopyOnWriteArrayList<>();
    private final List<String> log = new CopyOnWriteArrayList<>();
    private final List<String> stored = new CopyOnWriteArrayList<>();

    /** Whether conditions are honoured, dropped in silence or refused. */
    private volatile S3TestServer.Conditions conditions = S3TestServer.Conditions.HONOURED;

    /** The same for the last request of an upload in parts. */
    private volatile S3TestServer.Conditions partsConditions = S3TestServer.Conditions.HONOURED;

    /** S3Proxy itself looks first and puts later. */
    private final Object replacing = new Object();

    FaultyStore(BlobStore store) {
        super(store);
    }

    void add(Fault fault) {
        faults.add(fault);
    }

    void clear() {
        faults.clear();
    }

    void conditions(S3TestServer.Conditions whole, S3TestServer.Conditions parts) {
        conditions = whole;
        partsConditions = parts;
    }

    List<String> log() {
        return log;
    }

    List<String> stored() {
        return stored;
    }

    private void before(Fault.Operation operation, String key) {
        log.add(operation + " " + key);
        faults.forEach(fault -> fault.before(operation, key));
    }

    private void after(Fault.Operation operation, String key) {
        faults.forEach(fault -> fault.after(operation, key));
    }

    @Override
    public PutObjectResponse putBlob(PutObjectRequest request, InputStream content) {
        before(Fault.Operation.PUT, request.key());
        PutObjectRequest wanted = request;
        if (request.ifMatch() != null || request.ifNoneMatch() != null) {
            if (conditions == S3TestServer.Conditions.REFUSED) {
                throw new S3ProxyException(S3ErrorCode.NOT_IMPLEMENTED);
            }
            if (conditions == S3TestServer.Conditions.IGNORED) {
                wanted = request.toBuilder().ifMatch(null).ifNoneMatch(null).build();
            }
        }
        PutObjectResponse response =
                wanted.ifMatch() == null ? super.putBlob(wanted, content) : replace(wanted, content);
        stored.add(request.key());
        after(Fault.Operation.PUT, request.key());
        return response;
    }

    private PutObjectResponse replace(PutObjectRequest request, InputStream content) {
        byte[] bytes;
        try {
            bytes = content.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        synchronized (replacing) {
            return super.putBlob(request, new ByteArrayInputStream(bytes));
        }
    }

    @Override
    public ResponseInputStream<GetObjectResponse> getBlob(GetObjectRequest request) {
        before(Fault.Operation.GET, request.key());
        ResponseInputStream<GetObjectResponse> whole = super.getBlob(request);
        InputStream content = whole;
        for (Fault fault : faults) {
            content = fault.content(request.key(), content);
        }
        return content == whole
                ? whole
                : new ResponseInputStream<>(
                        whole.response(), AbortableInputStream.create(new FilterInputStream(content) {}));
    }

    @Override
    public HeadObjectResponse blobMetadata(HeadObjectRequest request) {
        before(Fault.Operation.HEAD, request.key());
        return super.blobMetadata(request);
    }

    @Override
    public ListObjectsV2Response list(ListObjectsV2Request request) {
        before(Fault.Operation.LIST, String.valueOf(request.prefix()));
        ListObjectsV2Response page = super.list(request);
        List<S3Object> visible = page.contents().stream()
                .filter(object -> faults.stream().noneMatch(fault -> fault.hides(object.key())))
                .toList();
        return page.toBuilder().contents(visible).keyCount(visible.size()).build();
    }

    @Override
    public DeleteObjectResponse removeBlob(DeleteObjectRequest request) {
        before(Fault.Operation.DELETE, request.key());
        return super.removeBlob(request);
    }

    @Override
    public UploadPartResponse uploadMultipartPart(
            MultipartUpload upload, UploadPartRequest request, InputStream content) {
        before(Fault.Operation.PART, request.key());
        UploadPartResponse response = super.uploadMultipartPart(upload, request, content);
        after(Fault.Operation.PART, request.key());
        return response;
    }

    @Override
    public CompleteMultipartUploadResponse completeMultipartUpload(
            MultipartUpload upload, CompleteMultipartUploadRequest request) {
        before(Fault.Operation.COMPLETE, request.key());
        CompleteMultipartUploadRequest wanted = request;
        if (request.ifMatch() != null || request.ifNoneMatch() != null) {
            if (partsConditions == S3TestServer.Conditions.REFUSED) {
                throw new S3ProxyException(S3ErrorCode.NOT_IMPLEMENTED);
            }
            if (partsConditions == S3TestServer.Conditions.IGNORED) {
                wanted = request.toBuilder().ifMatch(null).ifNoneMatch(null).build();
            }
        }
        CompleteMultipartUploadResponse response = super.completeMultipartUpload(upload, wanted);
        stored.add(request.key());
        after(Fault.Operation.COMPLETE, request.key());
        return response;
    }
}
