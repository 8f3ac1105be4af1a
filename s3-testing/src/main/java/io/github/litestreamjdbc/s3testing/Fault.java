package io.github.litestreamjdbc.s3testing;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * Something that goes wrong at the server, a number of times or until it is cleared. Keys are those of the bucket. Safe
 * for use by several threads.
 */
public final class Fault {
    /** What is asked of a store. */
    public enum Operation {
        PUT,
        GET,
        HEAD,
        LIST,
        DELETE,
        PART,
        COMPLETE
    }

    private enum Kind {
        REFUSE,
        DELAY,
        LOSE_ANSWER,
        THEN,
        CUT,
        FLIP,
        HIDE
    }

    /** For as long as it is not cleared. */
    public static final int ALWAYS = Integer.MAX_VALUE;

    private final Kind kind;
    private final Operation operation;
    private final Predicate<String> keys;
    private final AtomicInteger left;
    private final int status;
    private final String code;
    private final long bytes;
    private final Runnable action;

    private Fault(
            Kind kind, Operation operation, Predicate<String> keys, int times, int status, String code, long bytes) {
        this(kind, operation, keys, times, status, code, bytes, () -> {});
    }

    private Fault(
            Kind kind,
            Operation operation,
            Predicate<String> keys,
            int times,
            int status,
            String code,
            long bytes,
            Runnable action) {
        this.kind = kind;
        this.operation = operation;
        this.keys = keys;
        this.left = new AtomicInteger(times);
        this.status = status;
        this.code = code;
        this.bytes = bytes;
        this.action = action;
    }

    /** An operation is answered with an error instead of being done; null for every operation. */
    public static Fault refuse(Operation operation, int times, int status, String code) {
        return new Fault(Kind.REFUSE, operation, key -> true, times, status, code, 0);
    }

    /** Every request takes so much longer, as over a long line. */
    public static Fault delay(Duration latency) {
        return new Fault(
                Kind.DELAY, null, key -> true, ALWAYS, 0, "", 0, () -> LockSupport.parkNanos(latency.toNanos()));
    }

    /** Puts of some keys are done and then answered with an error. */
    public static Fault loseAnswer(Predicate<String> keys, int times) {
        return new Fault(Kind.LOSE_ANSWER, Operation.PUT, keys, times, 500, "InternalError", 0);
    }

    /** Something happens when the operation has been done and before it is answered. */
    public static Fault then(Operation operation, Predicate<String> keys, int times, Runnable action) {
        return new Fault(Kind.THEN, operation, keys, times, 0, "", 0, action);
    }

    /** The connection breaks after so many bytes of an object. */
    public static Fault cut(Predicate<String> keys, int times, long bytes) {
        return new Fault(Kind.CUT, Operation.GET, keys, times, 0, "", bytes);
    }

    /** The byte at this offset of what is read is another one. */
    public static Fault flip(Predicate<String> keys, int times, long offset) {
        return new Fault(Kind.FLIP, Operation.GET, keys, times, 0, "", offset);
    }

    /** Some keys are missing from listings. */
    public static Fault hide(Predicate<String> keys) {
        return new Fault(Kind.HIDE, Operation.LIST, keys, ALWAYS, 0, "", 0);
    }

    void before(Operation asked, String key) {
        if (kind == Kind.REFUSE && (operation == null || operation == asked) && keys.test(key) && take()) {
            throw answer();
        }
        if (kind == Kind.DELAY) {
            action.run();
        }
    }

    void after(Operation asked, String key) {
        boolean applies = kind == Kind.LOSE_ANSWER || kind == Kind.THEN;
        if (applies && operation == asked && keys.test(key) && take()) {
            if (kind == Kind.LOSE_ANSWER) {
                throw answer();
            }
            action.run();
        }
    }

    boolean hides(String key) {
        return kind == Kind.HIDE && keys.test(key);
    }

    InputStream content(String key, InputStream content) {
        boolean applies = (kind == Kind.CUT || kind == Kind.FLIP) && keys.test(key) && take();
        return applies ? new Damaged(content) : content;
    }

    private boolean take() {
        return left.getAndUpdate(n -> n == ALWAYS || n == 0 ? n : n - 1) > 0;
    }

    private RuntimeException answer() {
        return S3Exception.builder()
                .statusCode(status)
                .message(code)
                .awsErrorDetails(AwsErrorDetails.builder()
                        .errorCode(code)
                        .errorMessage(code)
                        .build())
                .build();
    }

    private final class Damaged extends FilterInputStream {
        private long position;

        Damaged(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            if (kind == Kind.CUT && position >= bytes) {
                throw new IOException("cut by a fault");
            }
            int most = kind == Kind.CUT ? (int) Math.min(length, bytes - position) : length;
            int n = super.read(into, offset, most);
            if (kind == Kind.FLIP && n > 0 && bytes >= position && bytes < position + n) {
                into[offset + (int) (bytes - position)] ^= 1;
            }
            position += Math.max(0, n);
            return n;
        }
    }
}
