package io.github.litestreamjdbc.s3;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.SdkHttpResponse;

/** Stands where the network would be for services that tests cannot reach: keeps each request, and answers by script. */
final class RecordingHttp implements SdkHttpClient {
    /** What the service says. */
    record Answer(int status, Map<String, String> headers, String body) {}

    private final List<SdkHttpRequest> requests = new CopyOnWriteArrayList<>();
    private final Script script;
    private volatile byte[] lastBody = new byte[0];

    /** What is answered to what; an exception is a broken connection. */
    @FunctionalInterface
    interface Script {
        Answer answer(SdkHttpRequest request) throws IOException;
    }

    RecordingHttp(Script script) {
        this.script = script;
    }

    List<SdkHttpRequest> requests() {
        return requests;
    }

    SdkHttpRequest last() {
        return requests.get(requests.size() - 1);
    }

    byte[] lastBody() {
        return lastBody;
    }

    @Override
    public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
        return new ExecutableHttpRequest() {
            @Override
            public HttpExecuteResponse call() throws IOException {
                lastBody = request.contentStreamProvider().isPresent()
                        ? request.contentStreamProvider().get().newStream().readAllBytes()
                        : new byte[0];
                requests.add(request.httpRequest());
                Answer answer = script.answer(request.httpRequest());
                SdkHttpResponse.Builder response = SdkHttpResponse.builder().statusCode(answer.status());
                answer.headers().forEach(response::putHeader);
                return HttpExecuteResponse.builder()
                        .response(response.build())
                        .responseBody(AbortableInputStream.create(
                                new ByteArrayInputStream(answer.body().getBytes(StandardCharsets.UTF_8))))
                        .build();
            }

            @Override
            public void abort() {}
        };
    }

    @Override
    public void close() {}
}
