package io.github.litestreamjdbc.s3;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.litestreamjdbc.s3testing.S3TestServer;
import io.github.litestreamjdbc.s3testing.TestCertificate;
import io.github.litestreamjdbc.spi.ObjectStore;
import io.github.litestreamjdbc.spi.StoreConfigurationException;
import io.github.litestreamjdbc.testing.ObjectStoreContract;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same contract over HTTPS, where the SDK by itself would not sign bodies. */
class HttpsStoreTest extends ObjectStoreContract {
    @TempDir
    private static Path directory;

    private static S3TestServer server;

    @BeforeAll
    static void startServer() throws Exception {
        server = S3TestServer.https(TestCertificate.in(directory));
    }

    @AfterAll
    static void stopServer() throws Exception {
        server.close();
    }

    @Override
    protected ObjectStore open() throws Exception {
        return TestStores.open(server, TestStores.url(), "s3.skip-verify", "true");
    }

    @Test
    void certificateOfNobodyIsRefusedInWordsThatHelp() throws Exception {
        try (ObjectStore strict = TestStores.open(server)) {
            assertThatThrownBy(() -> strict.list("", "", object -> {}))
                    .isInstanceOf(StoreConfigurationException.class)
                    .hasMessageContaining("certificate is not trusted")
                    .hasMessageContaining("s3.skip-verify");
        }
    }
}
