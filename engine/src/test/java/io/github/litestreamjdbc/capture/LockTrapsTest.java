package io.github.litestreamjdbc.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.Driver;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.JDBC;

/**
 * What other code in this JVM can do to a database's files, and which of SQLite's locks are gone after that: the one on the
 * database file, or those of the read marks in {@code -shm}.
 */
class LockTrapsTest {
    @TempDir
    private Path directory;

    private Path file;
    private Path shm;

    @BeforeEach
    void onlyWhereTheKernelShowsLocks() {
        assumeThat(Path.of("/proc/locks")).exists();
        file = directory.resolve("app.db");
        shm = directory.resolve("app.db-shm");
    }

    /** Something that careless code does. */
    private interface Deed {
        void happen() throws Exception;
    }

    private enum Lost {
        NOTHING,
        DATABASE,
        READ_MARKS,
        EVERYTHING
    }

    /** Does it beside a connection with an open read transaction. */
    private void assertLost(Lost lost, Deed deed) throws Exception {
        try (Connection connection = CaptureRig.application(file)) {
            CaptureRig.run(connection, "CREATE TABLE IF NOT EXISTS t (x)", "INSERT INTO t VALUES (1)", "BEGIN");
            CaptureRig.run(connection, "SELECT count(*) FROM t");
            LockCheck check = LockCheck.here(directory);
            assertThat(check.isMissing(file)).isFalse();
            assertThat(check.isReadMarkMissing(file)).isFalse();
            deed.happen();
            assertThat(check.isMissing(file))
                    .as("database's lock")
                    .isEqualTo(lost == Lost.DATABASE || lost == Lost.EVERYTHING);
            assertThat(check.isReadMarkMissing(file))
                    .as("read marks")
                    .isEqualTo(lost == Lost.READ_MARKS || lost == Lost.EVERYTHING);
        }
    }

    private static void openAndClose(Path path) throws IOException {
        FileChannel.open(path, StandardOpenOption.READ).close();
    }

    @Test
    void channelOnTheDatabaseThatIsClosed() throws Exception {
        assertLost(Lost.DATABASE, () -> openAndClose(file));
    }

    @Test
    void copyOfTheDatabase() throws Exception {
        assertLost(
                Lost.DATABASE, () -> Files.copy(file, directory.resolve("copy"), StandardCopyOption.REPLACE_EXISTING));
    }

    @Test
    void channelThatAnInterruptCloses() throws Exception {
        assertLost(Lost.DATABASE, () -> {
            FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> channel.read(ByteBuffer.allocate(1), 0))
                    .isInstanceOf(ClosedByInterruptException.class);
            assertThat(Thread.interrupted()).isTrue();
        });
    }

    @Test
    void handleThatTheGarbageCollectorCloses() throws Exception {
        assertLost(Lost.DATABASE, () -> {
            RandomAccessFile[] forgotten = {new RandomAccessFile(file.toFile(), "r")};
            assertThat(forgotten[0].read()).isNotNegative();
            forgotten[0] = null;
            LockCheck check = LockCheck.here(directory);
            Awaitility.await().pollInterval(20, TimeUnit.MILLISECONDS).until(() -> {
                System.gc();
                return check.isMissing(file);
            });
        });
    }

    @Test
    void channelOnTheSharedMemoryThatIsClosed() throws Exception {
        assertLost(Lost.READ_MARKS, () -> openAndClose(shm));
    }

    @Test
    void mappingOfTheSharedMemoryWhoseChannelIsClosed() throws Exception {
        assertLost(Lost.READ_MARKS, () -> {
            try (FileChannel channel = FileChannel.open(shm, StandardOpenOption.READ)) {
                assertThat(channel.map(FileChannel.MapMode.READ_ONLY, 0, 136).getInt(0))
                        .isNotZero();
            }
        });
    }

    @Test
    void channelOnTheWalThatIsClosed() throws Exception {
        assertLost(Lost.NOTHING, () -> openAndClose(directory.resolve("app.db-wal")));
    }

    @Test
    void looksAtAttributes() throws Exception {
        assertLost(Lost.NOTHING, () -> {
            assertThat(Files.size(file) + Files.size(shm)).isPositive();
            assertThat(Files.getLastModifiedTime(file)).isNotNull();
        });
    }

    @Test
    void handleThatIsKept() throws Exception {
        assertLost(Lost.NOTHING, () -> {
            DatabaseFile handle = DatabaseFile.acquire(file);
            handle.readPage(1, 4096, new byte[4096]);
            handle.release();
            DatabaseFile.acquire(file).release();
        });
    }

    @Test
    void captureFromItsBeginningToItsEnd() throws Exception {
        assertLost(Lost.NOTHING, () -> {
            try (CaptureRig rig = CaptureRig.open(file).begin();
                    Connection application = CaptureRig.application(file)) {
                CaptureRig.run(application, "INSERT INTO t VALUES (2)");
                rig.run();
                assertThat(rig.txids()).hasSize(2);
            }
        });
    }

    /** In web containers, and with development tools that load classes anew. It takes itself for the last one. */
    @Test
    void secondCopyOfSqliteThatOpensAndClosesTheDatabase() throws Exception {
        assertLost(Lost.EVERYTHING, () -> {
            URL jar = JDBC.class.getProtectionDomain().getCodeSource().getLocation();
            ClassLoader platform = ClassLoader.getPlatformClassLoader();
            try (URLClassLoader loader = new URLClassLoader(withLogging(jar), platform)) {
                Driver other = (Driver)
                        loader.loadClass(JDBC.class.getName()).getConstructor().newInstance();
                try (Connection stranger = other.connect("jdbc:sqlite:" + file, new Properties())) {
                    assertThat(CaptureRig.numbers(stranger, "SELECT count(*) FROM t"))
                            .containsExactly(1L);
                }
            }
            assertThat(directory.resolve("app.db-wal"))
                    .as("the WAL under the other copy")
                    .doesNotExist();
        });
    }

    /** SQLite's driver may need a logging facade beside it. */
    private static URL[] withLogging(URL jar) {
        Supplier<URL> facade = () -> {
            try {
                return Class.forName("org.slf4j.Logger")
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation();
            } catch (ClassNotFoundException none) {
                return jar;
            }
        };
        return new URL[] {jar, facade.get()};
    }
}
