package io.github.litestreamjdbc.s3;

import io.github.litestreamjdbc.spi.StoreConfigurationException;
import io.github.litestreamjdbc.spi.StoreRequest;
import java.net.URI;
import java.util.Optional;

/**
 * What a replica in S3 is reached and written with.
 *
 * @param connection what requests go through
 * @param bucket name or access point ARN
 * @param path below the bucket, without slashes at its ends
 * @param storageClass of new objects; empty for the bucket's default
 * @param partSizeBytes from which on objects are uploaded in parts of this size
 * @param concurrency parts of one object uploaded at once
 * @param encryption by the server
 */
record S3Settings(
        S3Connection connection,
        String bucket,
        String path,
        Optional<String> storageClass,
        long partSizeBytes,
        int concurrency,
        Encryption encryption) {

    /** Smaller parts are refused by S3, but for the last. */
    private static final long LEAST_PART_BYTES = 5L << 20;

    private static final long MOST_PART_BYTES = 5L << 30;

    /**
     * Reads them; nothing is contacted.
     *
     * @throws StoreConfigurationException naming what is wrong
     */
    static S3Settings of(StoreRequest request) throws StoreConfigurationException {
        S3Url url = S3Url.parse(request.url());
        SettingValues values = new SettingValues(url, request.settings());
        Optional<URI> endpoint = values.endpoint();
        boolean arn = url.bucket().startsWith("arn:");
        if (arn && endpoint.isPresent()) {
            throw new StoreConfigurationException(
                    "replica=" + request.url() + " names an access point of AWS, which s3.endpoint=" + endpoint.get()
                            + " does not know; name a bucket or leave s3.endpoint out");
        }
        Provider provider = endpoint.map(uri -> Provider.ofHost(uri.getHost())).orElse(Provider.AWS);
        boolean aws = provider == Provider.AWS;
        S3Connection connection = new S3Connection(
                provider,
                endpoint,
                values.region(provider, endpoint),
                values.flag("s3.path-style").orElse(!aws && provider.pathStyle()),
                values.flag("s3.sign-payload").orElse(!aws),
                values.flag("s3.require-content-md5").orElse(!aws && provider.contentMd5()),
                values.flag("s3.skip-verify").orElse(false),
                values.credentials());
        Encryption encryption = values.encryption();
        if (encryption instanceof Encryption.CustomerKey
                && endpoint.filter(uri -> uri.getScheme().equals("http") && !SettingValues.isPrivate(uri.getHost()))
                        .isPresent()) {
            throw new StoreConfigurationException(
                    "s3.sse-customer-key would travel unencrypted to s3.endpoint=" + endpoint.get() + "; use https://");
        }
        return new S3Settings(
                connection,
                url.bucket(),
                url.path(),
                values.storageClass(),
                values.size("s3.part-size", LEAST_PART_BYTES, LEAST_PART_BYTES, MOST_PART_BYTES),
                values.count("s3.concurrency", provider.concurrency()),
                encryption);
    }

    /** For people: the place without anything secret. */
    String place() {
        return "s3://" + bucket + "/" + path
                + connection.endpoint().map(uri -> " at " + uri).orElse("");
    }
}
