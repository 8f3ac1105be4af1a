package io.github.litestreamjdbc.s3;

import java.util.Optional;

/** How the server encrypts what it stores. */
sealed interface Encryption {
    /** Whether the ETag of what is encrypted so may still be the MD5 of the content. */
    default boolean leavesMd5() {
        return this instanceof BucketDefault || this instanceof ServiceKey;
    }

    /** As the bucket says. */
    record BucketDefault() implements Encryption {}

    /** SSE-S3: a key of the service. */
    record ServiceKey() implements Encryption {}

    /**
     * SSE-KMS.
     *
     * @param keyId empty for the account's own key for S3
     */
    record Kms(Optional<String> keyId) implements Encryption {}

    /**
     * SSE-C: a key that the server forgets after each request.
     *
     * @param key 32 bytes in base 64
     * @param md5 of the bytes, in base 64
     */
    record CustomerKey(String key, String md5) implements Encryption {
        @Override
        public String toString() {
            return "CustomerKey";
        }
    }
}
