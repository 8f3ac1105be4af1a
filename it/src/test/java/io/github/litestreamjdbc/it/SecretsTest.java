package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.litestreamjdbc.api.ReplicationEvent;
import io.github.litestreamjdbc.api.ReplicationEvent.Kind;
import io.github.litestreamjdbc.s3testing.Fault;
import io.github.litestreamjdbc.s3testing.S3TestServer;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever the store answers, no line of the log, at any level, no event and no reading repeats a credential or its signature. */
class SecretsTest {
    private static final List<String> SECRETS =
            List.of(S3TestServer.ACCESS_KEY_ID, S3TestServer.SECRET_ACCESS_KEY, "X-Amz-", "Signature=", "Credential=");

    @TempDir
    private Path directory;

    /** Held, for the log manager forgets loggers that nobody holds. */
    private final Logger logger = Logger.getLogger("io.github.litestreamjdbc");

    @Test
    void nothingThatIsSaidHasASecretInIt() throws Exception {
        Level before = logger.getLevel();
        logger.setLevel(Level.ALL);
        List<String> said = new ArrayList<>();
        try (S3TestServer server = S3TestServer.http();
                Scene scene = new Scene(directory)) {
            Connection connection = scene.connectToBucket(server);
            for (Object[] answer : new Object[][] {
                {500, "InternalError"},
                {503, "SlowDown"},
                {403, "AccessDenied"},
                {403, "SignatureDoesNotMatch"},
                {403, "InvalidAccessKeyId"},
                {403, "ExpiredToken"},
                {404, "NoSuchBucket"},
                {400, "AuthorizationHeaderMalformed"}
            }) {
                int told = outagesTold(scene);
                server.add(Fault.refuse(null, Fault.ALWAYS, (int) answer[0], (String) answer[1]));
                Sql.run(connection, "INSERT INTO t VALUES (1)");
                await().until(() -> outagesTold(scene) > told);
                said.addAll(readings(scene));
                server.clearFaults();
                scene.sync();
            }
            server.stop();
            Sql.run(connection, "INSERT INTO t VALUES (1)");
            await().until(() -> !scene.reading("ReplicaError").equals(""));
            said.addAll(readings(scene));
            server.start();
            scene.sync();
            said.addAll(scene.watch().lines());
            for (Kind kind : Kind.values()) {
                scene.watch().events(kind).stream()
                        .map(ReplicationEvent::toString)
                        .forEach(said::add);
                said.addAll(scene.watch().notified(kind));
            }
        } finally {
            logger.setLevel(before);
        }
        assertThat(said)
                .hasSizeGreaterThan(100)
                .allSatisfy(one -> assertThat(one).doesNotContain(SECRETS.toArray(String[]::new)));
    }

    private static int outagesTold(Scene scene) {
        return scene.watch().events(Kind.REPLICA_UNREACHABLE).size()
                + scene.watch().events(Kind.REPLICA_REFUSED).size();
    }

    private static List<String> readings(Scene scene) throws Exception {
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        List<String> readings = new ArrayList<>();
        for (MBeanAttributeInfo attribute :
                server.getMBeanInfo(scene.watch().bean()).getAttributes()) {
            readings.add(attribute.getName() + "=" + scene.reading(attribute.getName()));
        }
        return readings;
    }
}
