package io.github.litestreamjdbc.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.litestreamjdbc.s3testing.Line;
import io.github.litestreamjdbc.s3testing.S3TestServer;
import io.github.litestreamjdbc.spi.FetchedObject;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.Precondition;
import io.github.litestreamjdbc.spi.StoreRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Names that have to be encoded on their way, with signatures that are checked. */
class OddNamesTest {
    private static S3TestServer server;

    @BeforeAll
    static void startServer() throws IOException {
        server = S3TestServer.http();
    }

    @AfterAll
    static void stopServer() throws IOException {
        server.close();
    }

    private static void assertWorks(String path, String stored, String... settings) throws Exception {
        Map<String, String> all = new HashMap<>(server.settings());
        for (int i = 0; i < settings.length; i += 2) {
            all.put(settings[i], settings[i + 1]);
        }
        StoreRequest request =
                new StoreRequest("s3://" + S3TestServer.BUCKET + "/" + path, Path.of("app.db"), false, all);
        S3Settings read = S3Settings.of(request);
        try (S3Store store = new S3Store(read, SharedClient.alone(read, HttpClients::build))) {
            store.put("0000/a.ltx", ObjectBody.of(new byte[] {1, 2}), Instant.EPOCH, Precondition.IF_ABSENT);
            store.put("0000/b.ltx", ObjectBody.of(new byte[] {3}), Instant.EPOCH, Precondition.IF_ABSENT);
            assertThat(server.stored()).contains(stored + "/0000/a.ltx");
            List<String> listed = new ArrayList<>();
            store.list("0000/", "0000/a.ltx", object -> listed.add(object.key()));
            assertThat(listed).containsExactly("0000/b.ltx");
            try (FetchedObject object = store.get("0000/a.ltx", 0, Long.MAX_VALUE)) {
                assertThat(object.content().readAllBytes()).containsExactly(1, 2);
            }
            store.delete(List.of("0000/a.ltx", "0000/b.ltx"));
            listed.clear();
            store.list("", "", object -> listed.add(object.key()));
            assertThat(listed).isEmpty();
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "my app/db one, my app/db one",
        "my%20app/db%20two, my app/db two",
        "größe/数据, größe/数据",
        "gr%C3%B6%C3%9Fe, größe",
        "a+b=c;d@e, a+b=c;d@e",
        "100%25, 100%",
        "/twice//slashed/, twice/slashed",
    })
    void pathBelowTheBucket(String path, String stored) throws Exception {
        assertWorks(path, stored);
    }

    @Test
    void endpointWithAnAddressOfVersionSix() throws Exception {
        InetAddress loopback = InetAddress.getByName("::1");
        assumeTrue(NetworkInterface.getByInetAddress(loopback) != null, "no IPv6 on this machine");
        try (Line line = server.line(loopback)) {
            assertWorks("six", "six", "s3.endpoint", line.endpoint().toString());
            assertWorks("six-short", "six-short", "s3.endpoint", line.endpoint().getAuthority());
        }
    }
}
