package io.github.litestreamjdbc.s3;

import io.github.litestreamjdbc.s3testing.S3TestServer;
import io.github.litestreamjdbc.spi.ObjectStore;
import io.github.litestreamjdbc.testing.ObjectStoreContract;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The contract of every store, over plain HTTP with Apache's client. */
class S3StoreTest extends ObjectStoreContract {
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
        return TestStores.open(server);
    }
}
