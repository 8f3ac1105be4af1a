package io.github.litestreamjdbc.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A transaction that begins by reading and then writes, while we look at the WAL without a pause. */
@Timeout(60)
class WriteGateTest {
    private static final int TRANSACTIONS = 20_000;
    private static final int BUSY = 5;

    @TempDir
    private Path directory;

    private final WriteGate gate = new WriteGate();
    private final AtomicBoolean ended = new AtomicBoolean();
    private final ExecutorService looking = Executors.newSingleThreadExecutor();
    private Connection application;
    private Database database;

    private interface Look {
        void at(Database database) throws SQLException;
    }

    @BeforeEach
    void open() throws Exception {
        Path file = directory.resolve("app.db");
        application = CaptureRig.application(file);
        CaptureRig.run(
                application,
                "PRAGMA busy_timeout=0",
                "PRAGMA synchronous=OFF",
                "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER)",
                "INSERT INTO t VALUES (0, 0)");
        database = Database.open(file, gate);
        database.pins().hold();
    }

    @AfterEach
    void close() throws Exception {
        ended.set(true);
        looking.shutdown();
        assertThat(looking.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        application.close();
        database.close();
    }

    @Test
    void askingForThePublishedEndNeverFailsAnUpgrade() throws Exception {
        assertThat(busyBeside(Database::noop)).isZero();
    }

    @Test
    void newPinNeverFailsAnUpgrade() throws Exception {
        assertThat(busyBeside(look -> {
                    look.pins().openSpare();
                    look.pins().takeOver();
                }))
                .isZero();
    }

    @Test
    void passiveCheckpointNeverFailsAnUpgrade() throws Exception {
        assertThat(busyBeside(Database::passive)).isZero();
    }

    /** Otherwise whoever begins to write would be kept out by chance for as long as there are looks. */
    @Test
    void whoWaitsAtTheGateIsLetInBetweenTwoLooksThatFollowEachOtherAtOnce() throws Exception {
        GatePass pass = gate.newPass();
        for (int i = 0; i < 20; i++) {
            assertThat(gate.pauseUpgrades()).isTrue();
            FutureTask<Void> entering = new FutureTask<>(pass::enterUpgrade, null);
            Thread writer = new Thread(entering);
            writer.start();
            await().until(() -> writer.getState() == Thread.State.WAITING);
            for (int looks = 0; looks < 500 && !entering.isDone(); looks++) {
                gate.resumeUpgrades();
                assertThat(gate.pauseUpgrades()).isTrue();
            }
            assertThat(entering.isDone()).isTrue();
            pass.leaveUpgrade();
            gate.resumeUpgrades();
        }
    }

    private long busyBeside(Look look) throws Exception {
        Future<Void> looks = looking.submit(() -> {
            while (!ended.get()) {
                look.at(database);
            }
            return null;
        });
        long busy = 0;
        GatePass pass = gate.newPass();
        for (int i = 0; i < TRANSACTIONS; i++) {
            CaptureRig.run(application, "BEGIN");
            CaptureRig.numbers(application, "SELECT v FROM t WHERE id = 0");
            pass.enterUpgrade();
            try {
                CaptureRig.run(application, "UPDATE t SET v = v + 1 WHERE id = 0");
            } catch (SQLException e) {
                assertThat(e.getErrorCode() & 0xff).isEqualTo(BUSY);
                busy++;
            } finally {
                pass.leaveUpgrade();
            }
            CaptureRig.run(application, "COMMIT");
        }
        pass.close();
        ended.set(true);
        looks.get();
        return busy;
    }
}
