package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.api.RestoreOptions;
import io.github.litestreamjdbc.api.RestoreReport;
import io.github.litestreamjdbc.engine.ReplicaView;
import io.github.litestreamjdbc.wal.WalHeader;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An application with four writers, another JVM with plain sqlite-jdbc, and the program {@code sqlite3} if there is one
 * write to the same bank, and each is killed at random moments, again and again; sometimes while it starts, sometimes the
 * machine is lost with it. After each kill the replica as it is gives back a sound bank with everything that was reported
 * replicated. After each start everything that was ever acknowledged is there, and the replica gives back the same bytes.
 *
 * <p>The {@code sqlite3} of most systems is older than 3.51.3, the first without the WAL-reset bug, which a checkpoint of
 * its own can meet. So it is told to make none ({@code wal_autocheckpoint=0}), and as it is always killed it makes none when
 * it closes either. The other JVM has a library without that bug, and makes checkpoints of all kinds.
 */
class KilledWriterTest {
    /** After so many cycles the next bank begins, so that restores stay quick. */
    private static final int CYCLES_OF_A_BANK = 25;

    @TempDir
    private Path directory;

    private final List<BankProcess> processes = new ArrayList<>();

    private TestDatabase database;
    private Ledger ledger;
    /** Waits, warmed up, for its turn. */
    private BankProcess nextApplication;

    private BankProcess outside;
    private Random random;
    private boolean isShellThere;
    private long newestTxid;

    private int killedApplications;
    private int killedStarts;
    private int killedOutsiders;
    private int killedShells;
    private int lostMachines;
    private int comparedFiles;

    /** How often frames stood behind the published end of a WAL. */
    private int unpublished;

    private long transfers;

    @Test
    void nothingReplicatedIsEverMissingAndRestartsLoseNothing() throws Exception {
        killAgainAndAgain(Integer.getInteger("litestreamjdbc.kills", 100));
    }

    @Test
    @Tag("large")
    void nothingReplicatedIsEverMissingInAThousandCycles() throws Exception {
        killAgainAndAgain(1000);
    }

    private void killAgainAndAgain(int cycles) throws Exception {
        long seed = Long.getLong("litestreamjdbc.seed", System.nanoTime());
        System.out.println("seed " + seed + " (-Dlitestreamjdbc.seed=" + seed + ")");
        random = new Random(seed);
        isShellThere = isThere("sqlite3") && isThere("stdbuf");
        nextApplication = started(BankProcess.pooled(directory.resolve("scratch-0")));
        for (int cycle = 0; cycle < cycles; cycle++) {
            if (cycle % CYCLES_OF_A_BANK == 0) {
                openBank(directory.resolve("bank-" + cycle));
            }
            cycle(cycle);
        }
        transfers += ledger.acknowledged();
        System.out.printf(
                "%d cycles without a loss: killed %d applications (%d while they started), %d other JVMs, %d sqlite3%s;"
                        + " lost %d machines; %d databases the same to the byte, %d of which had frames that nobody had published, after %d acknowledged"
                        + " transfers%n",
                cycles,
                killedApplications,
                killedStarts,
                killedOutsiders,
                killedShells,
                isShellThere ? "" : " (not there)",
                lostMachines,
                comparedFiles,
                unpublished,
                transfers);
        assertThat(comparedFiles).as("starts that were compared").isGreaterThan(cycles / 2);
        assertThat(transfers).as("transfers acknowledged over all cycles").isGreaterThan(cycles);
    }

    private static boolean isThere(String program) {
        return List.of(System.getenv("PATH").split(":")).stream()
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    private BankProcess started(BankProcess process) {
        processes.add(process);
        return process;
    }

    private void ended(BankProcess process) throws IOException {
        processes.remove(process);
        process.close();
    }

    @AfterEach
    void endProcesses() throws IOException {
        for (BankProcess process : processes) {
            process.close();
        }
    }

    private void openBank(Path folder) throws Exception {
        killOutside();
        if (database != null) {
            transfers += ledger.acknowledged();
            Replicas.delete(database.file().getParent());
        }
        Files.createDirectories(folder);
        database = TestDatabase.in(folder);
        ledger = new Ledger();
        newestTxid = 0;
    }

    private void cycle(int number) throws Exception {
        BankProcess application = nextApplication;
        nextApplication = started(BankProcess.pooled(directory.resolve("scratch-" + (number + 1))));
        application.answer("READY");
        application.writesTo(ledger);
        boolean killWhileItStarts = random.nextInt(6) == 0;
        if (killWhileItStarts && outside != null) {
            outside.tell("GO " + database.file());
        }
        application.tell(database.url(settings()));
        if (killWhileItStarts) {
            pause(random.nextInt(150));
            killedStarts++;
        } else {
            long txid = Long.parseLong(application.answer("OPENED"));
            assertReplicaIsTheDatabase(txid);
            application.tell("GO");
            writeAndKill(application);
        }
        application.kill();
        killedApplications++;
        ended(application);
        Replicas.delete(directory.resolve("scratch-" + number));
        stopOutside();
        assertReplicaIsSound();
        if (random.nextInt(8) == 0 && Files.exists(database.file())) {
            killOutside();
            database.loseFileAndState();
            ledger.forgetUnreplicated();
            lostMachines++;
        }
    }

    /** Small thresholds, so that kills hit checkpoints, merges, snapshots and deletions too. */
    private String[] settings() {
        List<String> settings = new ArrayList<>(List.of("restore=if-missing", "busy_timeout=10000"));
        settings.addAll(
                switch (random.nextInt(4)) {
                    case 0 -> List.of();
                    case 1 ->
                        List.of("min-checkpoint-page-count=20", "max-checkpoint-page-count=60", "sync-interval=50ms");
                    case 2 ->
                        List.of(
                                "min-checkpoint-page-count=5",
                                "max-checkpoint-page-count=10",
                                "sync-interval=0",
                                "synchronous=NORMAL");
                    default -> List.of("synchronous=NORMAL", "max-checkpoint-page-count=200");
                });
        if (random.nextBoolean()) {
            settings.addAll(List.of(
                    "levels=200ms,600ms",
                    "snapshot-interval=1s",
                    "l0-retention=300ms",
                    "retention=2s",
                    "retention-check-interval=500ms"));
        }
        return settings.toArray(new String[0]);
    }

    /** Returns when it is time for the application to die; the others die before or after it. */
    private void writeAndKill(BankProcess application) throws Exception {
        if (outside == null) {
            outside = started(BankProcess.outside(directory.resolve("outside-errors"), random.nextLong(), 0));
            outside.writesTo(ledger);
        }
        outside.tell("GO " + database.file());
        Optional<BankProcess> shell = isShellThere ? Optional.of(startShell()) : Optional.empty();
        record Death(int afterMillis, BankProcess process) {}
        List<Death> deaths = new ArrayList<>();
        deaths.add(new Death(random.nextInt(500), application));
        shell.ifPresent(process -> deaths.add(new Death(random.nextInt(600), process)));
        if (random.nextInt(3) == 0) {
            deaths.add(new Death(random.nextInt(600), outside));
        }
        deaths.sort(Comparator.comparing(Death::afterMillis));
        int now = 0;
        for (Death death : deaths) {
            pause(death.afterMillis() - now);
            now = death.afterMillis();
            death.process().kill();
        }
        if (shell.isPresent()) {
            killedShells++;
            ended(shell.get());
        }
        if (deaths.stream().anyMatch(death -> death.process() == outside)) {
            killOutside();
        }
    }

    private BankProcess startShell() throws IOException {
        BankProcess shell = started(BankProcess.shell(directory.resolve("shell-errors"), database.file()));
        shell.writesTo(ledger);
        shell.tell("PRAGMA busy_timeout=2000; PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=10;");
        String transfer = Bank.transfer(Bank.SHELL_WRITER) + ";\n";
        String acknowledge = "SELECT 'ACK " + Bank.SHELL_WRITER
                + " ' || coalesce(max(n), 0) FROM transfer WHERE writer = " + Bank.SHELL_WRITER + ";\n";
        shell.feed(transfer + acknowledge + "BEGIN IMMEDIATE;\n" + transfer.repeat(20) + "COMMIT;\n" + acknowledge);
        return shell;
    }

    /** Moments are random here; nothing is waited for. */
    private static void pause(int millis) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
    }

    /** The other JVM may go on for a while alone; then it waits, with the database open or closed. */
    private void stopOutside() throws Exception {
        if (outside != null) {
            pause(random.nextInt(50));
            outside.tell(random.nextBoolean() ? "PAUSE" : "CLOSE");
            outside.answer("PAUSED");
        }
    }

    private void killOutside() throws Exception {
        if (outside != null) {
            outside.kill();
            killedOutsiders++;
            ended(outside);
            outside = null;
        }
    }

    /** Nobody writes now, and the application says that the replica has it all. */
    private void assertReplicaIsTheDatabase(long txid) throws Exception {
        Path folder = Files.createDirectories(directory.resolve("compared"));
        Path live = folder.resolve("live.db");
        Files.copy(database.file(), live);
        if (Files.exists(database.beside("-wal"))) {
            Files.copy(database.beside("-wal"), folder.resolve("live.db-wal"));
            forgetWhatWasNotPublished(folder.resolve("live.db-wal"));
        }
        try (Connection connection = plain(live)) {
            Sql.number(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
            ledger.assertNothingIsMissing(connection);
        }
        Path restored = folder.resolve("restored.db");
        assertThat(restore(restored).orElseThrow().txid()).isGreaterThanOrEqualTo(txid);
        assertThat(Files.mismatch(restored, live)).as("first differing byte").isEqualTo(-1);
        comparedFiles++;
        try (Connection connection = plain(restored)) {
            Bank.assertSound(connection);
        }
        Replicas.delete(folder);
    }

    /**
     * Who is killed between writing a commit and publishing it leaves frames behind that do not count while others have the
     * database open. In a copy nothing tells them from those that do.
     */
    private void forgetWhatWasNotPublished(Path wal) throws Exception {
        long frames;
        int pageSize;
        try (Connection connection = plain(database.file());
                Statement statement = connection.createStatement();
                ResultSet status = statement.executeQuery("PRAGMA wal_checkpoint(NOOP)")) {
            frames = status.getLong(2);
            pageSize = (int) Sql.number(connection, "PRAGMA page_size");
        }
        long published = WalHeader.frameOffset(frames + 1, pageSize);
        byte[] salts = new byte[8];
        try (RandomAccessFile file = new RandomAccessFile(wal.toFile(), "rw")) {
            if (frames == 0 || published + WalHeader.FRAME_HEADER_BYTES > file.length()) {
                return;
            }
            file.seek(16);
            file.readFully(salts);
            byte[] next = new byte[8];
            file.seek(published + 8);
            file.readFully(next);
            if (Arrays.equals(salts, next)) {
                unpublished++;
                file.setLength(published);
            }
        }
    }

    /** What a new machine would find. */
    private void assertReplicaIsSound() throws Exception {
        Path folder = Files.createDirectories(directory.resolve("found"));
        Path restored = folder.resolve("restored.db");
        Optional<RestoreReport> report = Files.isDirectory(database.replica()) ? restore(restored) : Optional.empty();
        if (report.isPresent()) {
            // A kill during the first start leaves a replica without a bank.
            try (Connection connection = plain(restored)) {
                if (Bank.exists(connection)) {
                    Bank.assertSound(connection);
                    ledger.assertNothingReplicatedIsMissing(connection);
                } else {
                    assertThat(ledger.isAnythingReplicated()).isFalse();
                }
            }
        } else {
            assertThat(ledger.isAnythingReplicated()).isFalse();
        }
        long txid = report.map(RestoreReport::txid).orElse(0L);
        assertThat(txid).as("TXID of the replica").isGreaterThanOrEqualTo(newestTxid);
        newestTxid = txid;
        Replicas.delete(folder);
    }

    private Optional<RestoreReport> restore(Path target) throws Exception {
        try (ReplicaView replica = ReplicaView.open(database.replica().toUri().toString(), Map.of())) {
            return replica.restore(target, RestoreOptions.DEFAULTS, progress -> {});
        }
    }

    private static Connection plain(Path file) throws Exception {
        return DriverManager.getConnection("jdbc:sqlite:" + file);
    }
}
