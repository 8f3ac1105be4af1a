package io.github.litestreamjdbc.s3;

import java.time.Duration;
import java.util.List;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.ProfileCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.core.client.config.SdkAdvancedClientOption;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4FamilyHttpSigner;
import software.amazon.awssdk.http.auth.spi.scheme.AuthSchemeOption;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.StandardRetryStrategy;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.services.s3.LegacyMd5Plugin;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.auth.scheme.S3AuthSchemeParams;
import software.amazon.awssdk.services.s3.auth.scheme.S3AuthSchemeProvider;

/** Builds SDK clients. */
final class S3Clients {
    /** Few and fast: whoever asks has a patience of its own. */
    private static final int ATTEMPTS = 3;

    private static final Duration FIRST_RETRY = Duration.ofMillis(50);
    private static final Duration LAST_RETRY = Duration.ofMillis(500);

    private S3Clients() {}

    static S3Client build(S3Connection connection, String region, SdkHttpClient http) {
        // For AWS the SDK's own trailing checksums protect the body, unless somebody wants it signed.
        boolean plain = !connection.aws() || connection.signPayload();
        S3ClientBuilder builder = S3Client.builder()
                .httpClient(http)
                .region(Region.of(region))
                .credentialsProvider(credentials(connection.credentials()))
                .forcePathStyle(connection.pathStyle())
                .crossRegionAccessEnabled(connection.aws())
                .serviceConfiguration(S3Configuration.builder()
                        .useArnRegionEnabled(true)
                        // Signing the payload brings aws-chunked back unless this is off too.
                        .chunkedEncodingEnabled(!plain)
                        .build())
                .overrideConfiguration(override(connection));
        connection.endpoint().ifPresent(builder::endpointOverride);
        if (plain) {
            builder.requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                    .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED);
        }
        if (connection.signPayload()) {
            builder.authSchemeProvider(new SignedPayload(S3AuthSchemeProvider.defaultProvider()));
        }
        if (connection.contentMd5()) {
            builder.addPlugin(LegacyMd5Plugin.create());
        }
        return builder.build();
    }

    private static ClientOverrideConfiguration override(S3Connection connection) {
        ClientOverrideConfiguration.Builder override = ClientOverrideConfiguration.builder()
                .retryStrategy(retries())
                .addExecutionInterceptor(new RequestCounter.Interceptor())
                .putAdvancedOption(SdkAdvancedClientOption.USER_AGENT_SUFFIX, "litestream-jdbc");
        if (connection.provider() == Provider.TIGRIS) {
            override.putHeader("X-Tigris-Consistent", "true");
        }
        return override.build();
    }

    private static StandardRetryStrategy retries() {
        BackoffStrategy backoff = BackoffStrategy.exponentialDelay(FIRST_RETRY, LAST_RETRY);
        return AwsRetryStrategy.standardRetryStrategy().toBuilder()
                .maxAttempts(ATTEMPTS)
                .backoffStrategy(backoff)
                .throttlingBackoffStrategy(backoff)
                // Its bucket of tokens would make calls after a long outage fail at once.
                .circuitBreakerEnabled(false)
                .retryOnException(S3Clients::isPassing)
                .build();
    }

    /** Load shed and writes that met: the SDK does not repeat these by itself. */
    private static boolean isPassing(Throwable failure) {
        return failure instanceof AwsServiceException answer
                && (answer.statusCode() == S3Failures.REQUEST_TIMEOUT || answer.statusCode() == S3Failures.CONFLICT);
    }

    private static AwsCredentialsProvider credentials(Credentials credentials) {
        if (credentials instanceof Credentials.Keys keys) {
            return StaticCredentialsProvider.create(
                    keys.sessionToken().isPresent()
                            ? AwsSessionCredentials.create(
                                    keys.accessKeyId(),
                                    keys.secretAccessKey(),
                                    keys.sessionToken().get())
                            : AwsBasicCredentials.create(keys.accessKeyId(), keys.secretAccessKey()));
        }
        return new TellingCredentials(
                credentials instanceof Credentials.Profile profile
                        ? ProfileCredentialsProvider.create(profile.name())
                        : DefaultCredentialsProvider.builder().build());
    }

    private record SignedPayload(S3AuthSchemeProvider provider) implements S3AuthSchemeProvider {
        @Override
        public List<AuthSchemeOption> resolveAuthScheme(S3AuthSchemeParams parameters) {
            return provider.resolveAuthScheme(parameters).stream()
                    .map(option -> option.toBuilder()
                            .putSignerProperty(AwsV4FamilyHttpSigner.PAYLOAD_SIGNING_ENABLED, true)
                            .build())
                    .toList();
        }
    }
}
