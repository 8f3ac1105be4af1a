package io.github.litestreamjdbc.s3;

import java.net.URI;
import java.util.Optional;

/**
 * What a client is built from. Stores for which it is equal share one.
 *
 * @param endpoint empty for AWS
 * @param region empty if the bucket's is to be looked up
 * @param pathStyle the bucket's name in the path instead of the host name
 * @param signPayload whether the signature covers the body
 * @param contentMd5 whether {@code Content-MD5} is sent where S3 once demanded it
 * @param skipVerify whether any certificate is believed
 */
record S3Connection(
        Provider provider,
        Optional<URI> endpoint,
        Optional<String> region,
        boolean pathStyle,
        boolean signPayload,
        boolean contentMd5,
        boolean skipVerify,
        Credentials credentials) {
    boolean aws() {
        return provider == Provider.AWS;
    }
}
