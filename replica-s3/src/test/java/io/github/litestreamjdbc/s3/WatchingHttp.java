package io.github.litestreamjdbc.s3;

import java.util.List;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpRequest;

/** Notes what is really sent. */
record WatchingHttp(SdkHttpClient http, List<SdkHttpRequest> sent) implements SdkHttpClient {
    @Override
    public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
        sent.add(request.httpRequest());
        return http.prepareRequest(request);
    }

    @Override
    public void close() {
        http.close();
    }
}
