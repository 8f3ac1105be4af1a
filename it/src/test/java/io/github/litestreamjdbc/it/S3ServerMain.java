package io.github.litestreamjdbc.it;

import io.github.litestreamjdbc.s3testing.S3TestServer;
import java.nio.file.Path;

/** An S3 server as a process of its own: says its address, and ends when its standard input does. */
final class S3ServerMain {
    private S3ServerMain() {}

    /** Argument: where to keep the objects. */
    public static void main(String[] arguments) throws Exception {
        try (S3TestServer server = S3TestServer.http(Path.of(arguments[0]))) {
            System.out.println(server.endpoint());
            while (System.in.read() >= 0) {
                // Nothing is said to it.
            }
        }
    }
}
