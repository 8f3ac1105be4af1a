/** Replicas in S3 and everything that speaks S3. */
@SuppressWarnings("module") // The service is called so.
module io.github.litestreamjdbc.s3 {
    requires io.github.litestreamjdbc.engine;
    requires software.amazon.awssdk.auth;
    requires software.amazon.awssdk.awscore;
    requires software.amazon.awssdk.core;
    requires software.amazon.awssdk.http;
    requires static software.amazon.awssdk.http.apache5;
    requires software.amazon.awssdk.http.auth.aws;
    requires software.amazon.awssdk.http.auth.spi;
    requires static software.amazon.awssdk.http.urlconnection;
    requires software.amazon.awssdk.identity.spi;
    requires software.amazon.awssdk.profiles;
    requires software.amazon.awssdk.regions;
    requires software.amazon.awssdk.retries;
    requires software.amazon.awssdk.retries.api;
    requires software.amazon.awssdk.services.s3;
    requires software.amazon.awssdk.utils;

    provides io.github.litestreamjdbc.spi.ObjectStoreProvider with
            io.github.litestreamjdbc.s3.S3StoreProvider;
}
