package io.github.litestreamjdbc.bench;

import io.github.litestreamjdbc.s3testing.Fault;
import io.github.litestreamjdbc.s3testing.S3TestServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** An S3 server in a process of its own, so that its heap and its threads are not those that are measured. */
final class LoopbackS3 implements AutoCloseable {
    private final Process process;
    private final String endpoint;

    /**
     * Starts it.
     *
     * @param directory where it keeps its objects; must exist
     * @param latency added to the answer of each request
     */
    LoopbackS3(Path directory, Duration latency) throws IOException {
        process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LoopbackS3.class.getName(),
                        directory.toString(),
                        String.valueOf(latency.toMillis())))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        endpoint =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)).readLine();
        if (endpoint == null) {
            throw new IOException("the S3 server did not start");
        }
    }

    /** The server itself; ends with its standard input. */
    public static void main(String[] arguments) throws IOException {
        try (S3TestServer server = S3TestServer.http(Path.of(arguments[0]))) {
            server.add(Fault.delay(Duration.ofMillis(Long.parseLong(arguments[1]))));
            System.out.println(server.endpoint());
            while (System.in.read() >= 0) {
                // Until the other end is closed.
            }
        }
        System.exit(0);
    }

    /** URL of a path in its bucket. */
    String url(String path) {
        return "s3://" + S3TestServer.BUCKET + "/" + path;
    }

    /** What reaches it. */
    Map<String, String> settings() {
        return Map.of(
                "s3.endpoint", endpoint,
                "s3.access-key-id", S3TestServer.ACCESS_KEY_ID,
                "s3.secret-access-key", S3TestServer.SECRET_ACCESS_KEY);
    }

    @Override
    public void close() throws IOException {
        process.getOutputStream().close();
        process.destroy();
    }
}
