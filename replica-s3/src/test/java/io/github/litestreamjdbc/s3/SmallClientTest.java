package io.github.litestreamjdbc.s3;

import io.github.litestreamjdbc.s3testing.S3TestServer;
import io.github.litestreamjdbc.spi.ObjectStore;
import io.github.litestreamjdbc.testing.ObjectStoreContract;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The same contract with the JDK's HTTP client, which users may take instead. */
class SmallClientTest extends ObjectStoreContract {
    private static S3TestServer server;

    @BeforeAll
    static void startServer() throws IOException {
        server = S3TestServer.http();
    }

    @AfterAll
    static void stopServer() throws IOException {
        server.close();
    }

    @Override
    protected ObjectStore open() throws IOException {
        S3Settings settings = S3Settings.of(TestStores.request(server, TestStores.url()));
        return new S3Store(settings, SharedClient.alone(settings, HttpClients::buildSmall));
    }
}
