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

    private final Kind puts = new Kind();
    private final Kind gets = new Kind();
    private final Kind lists = new Kind();
    private final Kind heads = new Kind();
    private final Kind deletes = new Kind();
    private final LongAdder retries = new LongAdder();

    private static final class Kind {
        private final LongAdder attempts = new LongAdder();
        private final LongAdder errors = new LongAdder();

        long count() {
            return attempts.sum();
        }

        long failed() {
            return errors.sum();
        }
    }

    StoreCounters counters() {
        return new StoreCounters(
                puts.count(),
                gets.count(),
                lists.count(),
                heads.count(),
                deletes.count(),
                new StoreCounters.Errors(
                        puts.failed(), gets.failed(), lists.failed(), heads.failed(), deletes.failed()),
                retries.sum());
    }

    private Kind kind(SdkRequest request) {
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
            Kind kind = counter.kind(context.request());
            kind.attempts.increment();
            if (attributes.getAttribute(ATTEMPTED) != null) {
                counter.retries.increment();
                kind.errors.increment();
            }
            attributes.putAttribute(ATTEMPTED, true);
        }

        @Override
        public void onExecutionFailure(Context.FailedExecution context, ExecutionAttributes attributes) {
            RequestCounter counter = attributes.getAttribute(OWNER);
            if (counter != null && attributes.getAttribute(ATTEMPTED) != null) {
                counter.kind(context.request()).errors.increment();
            }
        }
    }
}
