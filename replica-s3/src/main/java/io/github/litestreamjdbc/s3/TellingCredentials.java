package io.github.litestreamjdbc.s3;

import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.utils.IoUtils;
import software.amazon.awssdk.utils.SdkAutoCloseable;

/** Makes a failure to find keys tell itself apart from every other failure of the SDK. */
final class TellingCredentials implements AwsCredentialsProvider, SdkAutoCloseable {
    private final AwsCredentialsProvider provider;

    TellingCredentials(AwsCredentialsProvider provider) {
        this.provider = provider;
    }

    /** No keys were found. */
    static final class Missing extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Missing(RuntimeException cause) {
            super(cause.getMessage(), cause);
        }
    }

    /** Whether this is why a request was not sent. */
    static boolean isMissing(Throwable e) {
        for (Throwable at = e; at != null; at = at.getCause()) {
            if (at instanceof Missing) {
                return true;
            }
        }
        return false;
    }

    @Override
    public AwsCredentials resolveCredentials() {
        try {
            return provider.resolveCredentials();
        } catch (RuntimeException e) {
            throw SdkClientException.create("no credentials", new Missing(e));
        }
    }

    @Override
    public void close() {
        if (provider instanceof AutoCloseable closeable) {
            IoUtils.closeQuietlyV2(closeable, null);
        }
    }
}
