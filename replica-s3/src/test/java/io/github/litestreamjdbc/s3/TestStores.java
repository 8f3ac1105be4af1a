package io.github.litestreamjdbc.s3;

import io.github.litestreamjdbc.s3testing.S3TestServer;
import io.github.litestreamjdbc.spi.StoreRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** Stores on a server, each below a path of its own. */
final class TestStores {
    private static final AtomicInteger PATHS = new AtomicInteger();

    private TestStores() {}

    /** A URL that nothing was stored under. */
    static String url() {
        return "s3://" + S3TestServer.BUCKET + "/some path/ä" + PATHS.incrementAndGet();
    }

    static S3Store open(S3TestServer server) throws IOException {
        return open(server, url());
    }

    /** @param settings names and values in turn, over those of the server */
    static S3Store open(S3TestServer server, String url, String... settings) throws IOException {
        return (S3Store) new S3StoreProvider().open(request(server, url, settings));
    }

    static StoreRequest request(S3TestServer server, String url, String... settings) {
        Map<String, String> all = new HashMap<>(server.settings());
        for (int i = 0; i < settings.length; i += 2) {
            all.put(settings[i], settings[i + 1]);
        }
        return new StoreRequest(url, Path.of("app.db"), false, all);
    }
}
