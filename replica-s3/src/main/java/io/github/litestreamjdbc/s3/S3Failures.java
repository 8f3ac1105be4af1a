package io.github.litestreamjdbc.s3;

import io.github.litestreamjdbc.spi.StoreConfigurationException;
import io.github.litestreamjdbc.spi.StoreConfigurationException.Kind;
import java.io.IOException;
import java.net.UnknownHostException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.SdkException;

/** Tells the SDK's exceptions apart: by status first, by code where that says more. */
final class S3Failures {
    static final int NOT_FOUND = 404;
    static final int NOT_ALLOWED = 405;
    static final int REQUEST_TIMEOUT = 408;
    static final int CONFLICT = 409;
    static final int PRECONDITION = 412;
    static final int RANGE = 416;
    static final int NOT_IMPLEMENTED = 501;

    private static final int MOVED = 301;
    private static final int BAD_REQUEST = 400;
    private static final int UNAUTHORIZED = 401;
    private static final int FORBIDDEN = 403;
    private static final int LENGTH_REQUIRED = 411;
    private static final int TOO_MANY = 429;
    private static final int SERVER = 500;
    private static final int NO_SPACE = 507;

    private static final Set<String> FULL =
            Set.of("QuotaExceeded", "InsufficientStorage", "XMinioStorageFull", "EntityTooLargeForQuota");
    private static final Set<String> DAMAGED_ON_THE_WAY = Set.of(
            "BadDigest",
            "IncompleteBody",
            "XAmzContentSHA256Mismatch",
            "RequestTimeout",
            "RequestTimeTooSkewed",
            "InvalidDigest");
    private static final Set<String> OUTDATED_KEYS = Set.of("ExpiredToken", "InvalidToken", "TokenRefreshRequired");
    private static final Set<String> OTHER_REGION =
            Set.of("AuthorizationHeaderMalformed", "PermanentRedirect", "IllegalLocationConstraintException");

    private final String place;
    private final S3Settings settings;

    S3Failures(S3Settings settings) {
        this.settings = settings;
        this.place = settings.place();
    }

    static int status(SdkException e) {
        return e instanceof AwsServiceException answer ? answer.statusCode() : 0;
    }

    static String code(SdkException e) {
        AwsErrorDetails details = e instanceof AwsServiceException answer ? answer.awsErrorDetails() : null;
        return details == null || details.errorCode() == null ? "" : details.errorCode();
    }

    /** Whether the service is there and answers, even if with an error of ours. */
    static boolean isAnswer(SdkException e) {
        int status = status(e);
        return status != 0
                && (status < SERVER || status == NOT_IMPLEMENTED || status == NO_SPACE)
                && status != TOO_MANY
                && status != REQUEST_TIMEOUT
                && !code(e).equals("RequestTimeout");
    }

    /** Whether it says that the service is not there, or cannot; missing keys and a certificate that is not trusted do not. */
    static boolean isOutage(SdkException e) {
        return !isAnswer(e) && !TellingCredentials.isMissing(e) && !isUntrusted(e) && !(e instanceof AbortedException);
    }

    private static boolean isUntrusted(SdkException e) {
        return cause(e, CertificateException.class).isPresent()
                || cause(e, CertPathBuilderException.class).isPresent()
                || cause(e, SSLPeerUnverifiedException.class).isPresent();
    }

    /** Whether a condition is what the service does not know. */
    static boolean refusesHeader(SdkException e) {
        int status = status(e);
        boolean unknown = Set.of("NotImplemented", "InvalidArgument", "InvalidRequest", "")
                .contains(code(e));
        return status == NOT_IMPLEMENTED || status == BAD_REQUEST && unknown;
    }

    /** Whether a deletion of many objects is what the service does not do, or not as the SDK asks for it. */
    static boolean refusesBulkDelete(SdkException e) {
        int status = status(e);
        return status == BAD_REQUEST || status == NOT_ALLOWED || status == LENGTH_REQUIRED || status == NOT_IMPLEMENTED;
    }

    /**
     * What it is to the rest of the driver: {@link StoreConfigurationException} if somebody has to change something, else a
     * transient one.
     *
     * @param what was being done, such as {@code put 0000/…}
     */
    IOException translate(String what, SdkException e) {
        String code = code(e);
        int status = status(e);
        if (status == 0) {
            return withoutAnswer(what, e);
        }
        if (status == NO_SPACE || FULL.contains(code)) {
            return permanent(Kind.FULL, what, e, "the store is full; make room or raise the quota");
        }
        if (DAMAGED_ON_THE_WAY.contains(code) || !isAnswer(e)) {
            return new IOException(message(what, e, "the service did not manage it"), e);
        }
        if (code.equals("NoSuchUpload")) {
            return new IOException(message(what, e, "the upload in parts is complete or was aborted elsewhere"), e);
        }
        if (OTHER_REGION.contains(code) || status == MOVED) {
            return permanent(Kind.CONFIGURATION, what, e, otherRegion(e));
        }
        if (OUTDATED_KEYS.contains(code)) {
            return permanent(Kind.CREDENTIALS, what, e, "the session token is no longer valid; renew the credentials");
        }
        return switch (status) {
            case UNAUTHORIZED, FORBIDDEN -> permanent(Kind.CREDENTIALS, what, e, refused(code));
            case CONFLICT -> new IOException(message(what, e, "another request was in the way"), e);
            case NOT_FOUND -> permanent(Kind.CONFIGURATION, what, e, notFound());
            case BAD_REQUEST, NOT_ALLOWED, NOT_IMPLEMENTED ->
                permanent(Kind.CONFIGURATION, what, e, "the service does not accept it; look at the s3 settings");
            default -> permanent(Kind.CONFIGURATION, what, e, "unexpected answer; look at s3.endpoint");
        };
    }

    private IOException withoutAnswer(String what, SdkException e) {
        if (cause(e, TellingCredentials.Missing.class).isPresent()) {
            String reason = cause(e, TellingCredentials.Missing.class).get().getMessage();
            return new StoreConfigurationException(
                    Kind.CREDENTIALS,
                    place + ": " + what + ": no credentials were found; set s3.access-key-id and s3.secret-access-key"
                            + " (not in the URL), a profile, or a role. (" + reason + ")",
                    e);
        }
        if (isUntrusted(e)) {
            return new StoreConfigurationException(
                    Kind.CONFIGURATION,
                    place + ": " + what + ": the server's certificate is not trusted; add its authority to the JVM's"
                            + " trust store, or set s3.skip-verify=true where nobody can stand between. ("
                            + root(e) + ")",
                    e);
        }
        Optional<UnknownHostException> unknown = cause(e, UnknownHostException.class);
        if (unknown.isPresent()) {
            return new IOException(
                    place + ": " + what + ": network: the name of the service cannot be resolved; look at the network"
                            + " and s3.endpoint. (" + root(e) + ")",
                    e);
        }
        if (cause(e, SSLException.class).isPresent()) {
            return new IOException(
                    place + ": " + what + ": network: no secure connection; where the service speaks plain HTTP, begin"
                            + " s3.endpoint with http://. (" + root(e) + ")",
                    e);
        }
        return new IOException(place + ": " + what + ": network: no answer. (" + root(e) + ")", e);
    }

    private String refused(String code) {
        return switch (code) {
            case "SignatureDoesNotMatch" ->
                "the secret does not belong to the access key; correct" + " s3.secret-access-key";
            case "InvalidAccessKeyId" -> "the access key is not known; correct s3.access-key-id";
            case "InvalidObjectState" -> "the object is in an archive; restore it there first";
            default ->
                "no permission; allow s3:ListBucket on the bucket, and s3:GetObject, s3:PutObject and"
                        + " s3:DeleteObject below the path, for these credentials";
        };
    }

    private String notFound() {
        return "there is no bucket " + settings.bucket() + "; create it, or correct the replica's URL";
    }

    private String otherRegion(SdkException e) {
        return "the bucket is in another region"
                + region(e).map(region -> "; set s3.region=" + region).orElse("; set s3.region to it");
    }

    /** What an answer says about a bucket's region. */
    static Optional<String> region(SdkException e) {
        AwsErrorDetails details = e instanceof AwsServiceException answer ? answer.awsErrorDetails() : null;
        return details == null || details.sdkHttpResponse() == null
                ? Optional.empty()
                : details.sdkHttpResponse().firstMatchingHeader("x-amz-bucket-region");
    }

    private IOException permanent(Kind kind, String what, SdkException e, String reason) {
        return new StoreConfigurationException(kind, message(what, e, reason), e);
    }

    private String message(String what, SdkException e, String reason) {
        String code = code(e);
        AwsErrorDetails details = e instanceof AwsServiceException answer ? answer.awsErrorDetails() : null;
        String said = details == null || details.errorMessage() == null ? "" : ": " + details.errorMessage();
        return place + ": " + what + ": " + reason + ". (Status " + status(e) + (code.isEmpty() ? "" : " " + code)
                + said + ")";
    }

    private static String root(Throwable e) {
        Throwable at = e;
        while (at.getCause() != null && at.getCause() != at) {
            at = at.getCause();
        }
        return at.getClass().getSimpleName() + (at.getMessage() == null ? "" : ": " + at.getMessage());
    }

    private static <T extends Throwable> Optional<T> cause(Throwable e, Class<T> type) {
        for (Throwable at = e; at != null; at = at.getCause() == at ? null : at.getCause()) {
            if (type.isInstance(at)) {
                return Optional.of(type.cast(at));
            }
        }
        return Optional.empty();
    }
}
