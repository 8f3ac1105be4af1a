package io.github.litestreamjdbc.s3;

import java.util.Optional;

/** Where the keys come from. */
sealed interface Credentials {
    /** The SDK's chain: system properties, environment, web identity, profile, container, instance. */
    record DefaultChain() implements Credentials {}

    /** A profile of the AWS configuration files. */
    record Profile(String name) implements Credentials {}

    /** Given keys. Never printed. */
    record Keys(String accessKeyId, String secretAccessKey, Optional<String> sessionToken) implements Credentials {
        @Override
        public String toString() {
            return "Keys";
        }
    }
}
