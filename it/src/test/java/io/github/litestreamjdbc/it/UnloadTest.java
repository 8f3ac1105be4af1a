package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.s3testing.S3TestServer;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server removes an application that brought its own copy of the driver: nothing of it may stay. */
class UnloadTest {
    @TempDir
    private Path directory;

    private TestDatabase database() {
        return TestDatabase.in(directory);
    }

    private ChildJvm server(String application) throws Exception {
        return ChildJvm.start(
                UnloadingServer.class,
                directory.resolve("errors"),
                application,
                database().url("linger=1h"));
    }

    private void assertThatTheReplicaHas(long sum) throws Exception {
        try (Connection restored =
                database().movedTo(directory.resolve("restored.db")).connectRestoring()) {
            assertThat(Sql.number(restored, "SELECT sum(x) FROM t")).isEqualTo(sum);
        }
    }

    @Test
    void deregisteringEndsReplicationThatLingersAndItsThreadsAndTheClassLoaderGoes() throws Exception {
        try (ChildJvm server = server("orderly")) {
            assertThat(server.readLine()).isEqualTo("THREADS true");
            assertThat(server.readLine()).isEqualTo("THREADS false");
            assertThat(server.readLine()).isEqualTo("COLLECTED true");
            assertThat(server.exitCode()).isZero();
        }
        assertThatTheReplicaHas(3);
    }

    @Test
    void nothingOfTheClientOfS3StaysEither() throws Exception {
        try (S3TestServer s3 = S3TestServer.http()) {
            Path config = directory.resolve("s3.properties");
            Properties settings = new Properties();
            settings.putAll(s3.settings());
            try (Writer file = Files.newBufferedWriter(config)) {
                settings.store(file, null);
            }
            String url = "jdbc:litestream:sqlite:" + database().file() + "?replica=s3://" + S3TestServer.BUCKET
                    + "/app&config=" + config;
            try (ChildJvm server =
                    ChildJvm.start(UnloadingServer.class, directory.resolve("errors"), "patient", url + "&linger=1h")) {
                assertThat(server.readLine()).isEqualTo("THREADS true");
                assertThat(server.readLine()).isEqualTo("THREADS false");
                assertThat(server.readLine()).isEqualTo("COLLECTED true");
                assertThat(server.exitCode()).isZero();
            }
            loseTheMachine();
            try (ChildJvm application = ChildJvm.start(
                    ClosingMain.class, directory.resolve("errors"), url + "&restore=if-missing&linger=500ms")) {
                assertThat(application.readLine()).isEqualTo("SUM 3");
                assertThat(application.readLine()).isEqualTo("THREADS []");
                assertThat(application.readLine()).isEqualTo("FILES []");
                loseTheMachine();
                application.writeLine("end");
                assertThat(application.exitCode()).isZero();
            }
        }
    }

    private void loseTheMachine() throws Exception {
        database().loseFileAndState();
        assertThat(database().file()).doesNotExist();
    }

    @Test
    void replicationGoesOnForConnectionsThatAreStillOpenAndEndsWithThem() throws Exception {
        try (ChildJvm server = server("forgetful")) {
            assertThat(server.readLine()).isEqualTo("THREADS true");
            assertThat(server.readLine()).isEqualTo("THREADS false");
            assertThat(server.readLine()).isEqualTo("COLLECTED true");
            assertThat(server.exitCode()).isZero();
        }
        assertThat(Files.readString(directory.resolve("errors")))
                .contains("the driver was deregistered with 1 connections open");
        assertThatTheReplicaHas(6);
    }

    @Test
    void threadsOfASharedDriverKeepNothingOfAnApplicationThatWasRemoved() throws Exception {
        TestDatabase servers = new TestDatabase(directory.resolve("server.db"), directory.resolve("server-replica"));
        try (ChildJvm server = ChildJvm.start(
                UnloadingServer.class,
                directory.resolve("errors"),
                "sharing",
                database().url("linger=0"),
                servers.url("linger=0"))) {
            assertThat(server.readLine()).isEqualTo("THREADS true");
            assertThat(server.readLine()).isEqualTo("COLLECTED true");
            assertThat(server.exitCode()).isZero();
        }
        assertThatTheReplicaHas(3);
    }
}
