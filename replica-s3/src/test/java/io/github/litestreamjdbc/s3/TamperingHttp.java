package io.github.litestreamjdbc.s3;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.Predicate;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpRequest;

/** Changes the last byte of bodies behind the signature's back. */
record TamperingHttp(SdkHttpClient http, Predicate<SdkHttpRequest> victims) implements SdkHttpClient {
    /** Of every one. */
    TamperingHttp(SdkHttpClient http) {
        this(http, request -> true);
    }

    @Override
    public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
        if (request.contentStreamProvider().isEmpty() || !victims.test(request.httpRequest())) {
            return http.prepareRequest(request);
        }
        ContentStreamProvider whole = request.contentStreamProvider().get();
        return http.prepareRequest(HttpExecuteRequest.builder()
                .request(request.httpRequest())
                .contentStreamProvider(() -> {
                    try {
                        byte[] bytes = whole.newStream().readAllBytes();
                        if (bytes.length > 0) {
                            bytes[bytes.length - 1] ^= 1;
                        }
                        return new ByteArrayInputStream(bytes);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                })
                .build());
    }

    @Override
    public void close() {
        http.close();
    }
}
