package io.github.litestreamjdbc.s3;

import io.github.litestreamjdbc.spi.StoreConfigurationException;
import java.time.Duration;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpConfigurationOption;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.utils.AttributeMap;

/**
 * The HTTP client that is on the class path: Apache's, which this artifact brings, or else the JDK's, whose module is a
 * good deal smaller.
 */
final class HttpClients {
    private static final Duration CONNECT = Duration.ofSeconds(5);

    /** Longest silence within a request. */
    private static final Duration SOCKET = Duration.ofSeconds(30);

    private static final Duration ACQUIRE = Duration.ofSeconds(10);

    /** Shorter than what servers and the boxes between usually grant. */
    private static final Duration IDLE = Duration.ofSeconds(20);

    private static final Duration TIME_TO_LIVE = Duration.ofMinutes(5);
    private static final int CONNECTIONS = 64;

    private HttpClients() {}

    static SdkHttpClient build(boolean skipVerify) throws StoreConfigurationException {
        try {
            return Apache.build(trust(skipVerify));
        } catch (NoClassDefFoundError noApache) {
            return buildSmall(skipVerify);
        }
    }

    static SdkHttpClient buildSmall(boolean skipVerify) throws StoreConfigurationException {
        try {
            return Jdk.build(trust(skipVerify));
        } catch (NoClassDefFoundError none) {
            throw new StoreConfigurationException(
                    "there is no HTTP client for S3 on the class path; add software.amazon.awssdk:apache5-client or"
                            + " software.amazon.awssdk:url-connection-client",
                    none);
        }
    }

    private static AttributeMap trust(boolean skipVerify) {
        return AttributeMap.builder()
                .put(SdkHttpConfigurationOption.TRUST_ALL_CERTIFICATES, skipVerify)
                .build();
    }

    private static final class Apache {
        static SdkHttpClient build(AttributeMap defaults) {
            return Apache5HttpClient.builder()
                    .connectionTimeout(CONNECT)
                    .socketTimeout(SOCKET)
                    .connectionAcquisitionTimeout(ACQUIRE)
                    .connectionMaxIdleTime(IDLE)
                    .connectionTimeToLive(TIME_TO_LIVE)
                    .maxConnections(CONNECTIONS)
                    .tcpKeepAlive(true)
                    .buildWithDefaults(defaults);
        }
    }

    private static final class Jdk {
        static SdkHttpClient build(AttributeMap defaults) {
            return UrlConnectionHttpClient.builder()
                    .connectionTimeout(CONNECT)
                    .socketTimeout(SOCKET)
                    .buildWithDefaults(defaults);
        }
    }
}
