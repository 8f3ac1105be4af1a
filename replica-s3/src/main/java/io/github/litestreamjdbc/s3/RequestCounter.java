package io.github.litestreamjdbc.s3;

import io.github.litestreamjdbc.spi.StoreCounters;
import java.util.concurrent.atomic.LongAdder;
import software.amazon.awssdk.core.SdkRequest;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttribute;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.services.s3.model.DeleteObjectRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectsRequest;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadBucketRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsRequest;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;

/** Counts a store's requests, attempt by attempt. Safe for use by several threads. */
final class RequestCounter {
    /** Says whose request it is: clients are shared. */
    static final ExecutionAttribute<RequestCounter> OWNER =
            new ExecutionAttribute<>("io.github.litestreamjdbc.s3.RequestCounter");

    private final LongAdder puts = new LongAdder();
    private final LongAdder gets = new LongAdder();
    private final LongAdder lists = new LongAdder();
    private final LongAdder heads = new LongAdder();
    private final LongAdder deletes = new LongAdder();
    private final LongAdder errors = new LongAdder();
    private final LongAdder retries = new LongAdder();

    StoreCounters counters() {
        return new StoreCounters(
                puts.sum(), gets.sum(), lists.sum(), heads.sum(), deletes.sum(), errors.sum(), retries.sum());
    }

    private LongAdder kind(SdkRequest request) {
        if (request instanceof GetObjectRequest) {
            return gets;
        } else if (request instanceof ListObjectsV2Request || request instanceof ListMultipartUploadsRequest) {
            return lists;
        } else if (request instanceof HeadObjectRequest || request instanceof HeadBucketRequest) {
            return heads;
        } else if (request instanceof DeleteObjectRequest || request instanceof DeleteObjectsRequest) {
            return deletes;
        }
        return puts;
    }

    /** The SDK's view of it. */
    static final class Interceptor implements ExecutionInterceptor {
        private static final ExecutionAttribute<Boolean> ATTEMPTED =
                new ExecutionAttribute<>("io.github.litestreamjdbc.s3.Attempted");

        @Override
        public void beforeTransmission(Context.BeforeTransmission context, ExecutionAttributes attributes) {
            RequestCounter counter = attributes.getAttribute(OWNER);
            if (counter == null) {
                return;
            }
            counter.kind(context.request()).increment();
            if (attributes.getAttribute(ATTEMPTED) != null) {
                counter.retries.increment();
                counter.errors.increment();
            }
            attributes.putAttribute(ATTEMPTED, true);
        }

        @Override
        public void onExecutionFailure(Context.FailedExecution context, ExecutionAttributes attributes) {
            RequestCounter counter = attributes.getAttribute(OWNER);
            if (counter != null && attributes.getAttribute(ATTEMPTED) != null) {
                counter.errors.increment();
            }
        }
    }
}
