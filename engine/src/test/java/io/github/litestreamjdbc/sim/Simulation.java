package io.github.litestreamjdbc.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.api.PageEncoding;
import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.api.RestoreOptions;
import io.github.litestreamjdbc.api.RestoreTarget;
import io.github.litestreamjdbc.capture.RestoreMarker;
import io.github.litestreamjdbc.capture.StateFile;
import io.github.litestreamjdbc.restore.Restorer;
import io.github.litestreamjdbc.sim.Tally.Event;
import io.github.litestreamjdbc.spi.KeyLayout;
import io.github.litestreamjdbc.store.LtxStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/**
 * One seed: a list of actions over machines and a remote store, with everything that must hold checked after each of them.
 * The seed decides every choice; SQLite's salts and the names of temporary files are the only things that differ between
 * two runs.
 */
final class Simulation implements AutoCloseable {
    private static final long QUIET_NANOS = Duration.ofMinutes(20).toNanos();

    /** What may happen. */
    enum Kind {
        COMMIT(30),
        OUTSIDE(14),
        STEP(30),
        TIME(10),
        LINE(6),
        OUTAGE(3),
        DISK(5),
        INTERLEAVE(6),
        CLOCK(2),
        KILL(4),
        KILL_INSIDE(4),
        POWER_CUT(4),
        RESTART(3),
        RESTORE(3),
        LOSE_MACHINE(2),
        RIVAL(2),
        PHANTOM(4);

        private final int weight;

        Kind(int weight) {
            this.weight = weight;
        }
    }

    /** One action, with a seed of its own, so that it does the same when others are left out. */
    record Action(Kind kind, long seed) {}

    private final Path root;
    private final long seed;
    private final VirtualTime time;
    private final MemoryObjectStore remote = new MemoryObjectStore();
    private final Tally tally = new Tally();
    private final RemoteOracle oracle;
    private final Machine.Settings settings;
    private Machine machine;
    private Machine rival;
    private int directories;

    /** Whether anything happened after which a full image may be needed. */
    private boolean disturbed;

    /** Whether there was ever a second writer, a failing disk, a listing that is behind. */
    private boolean rivalled;

    private boolean diskFailed;
    private boolean stale;

    Simulation(Path root, long seed) {
        this.root = root;
        this.seed = seed;
        this.time = new VirtualTime(seed);
        Random random = new Random(seed);
        boolean small = random.nextBoolean();
        settings = new Machine.Settings(
                new int[] {512, 1024, 4096}[random.nextInt(3)],
                random.nextInt(3),
                random.nextBoolean() ? "NORMAL" : "FULL",
                new ReplicationConfig.Capture(
                        Duration.ofMillis(random.nextInt(2) * 1000L),
                        Duration.ofMillis(random.nextInt(3) * 500L),
                        small ? 5 : 40,
                        small ? 20 : 200,
                        Duration.ofSeconds(random.nextInt(2) * 60L),
                        random.nextBoolean() ? PageEncoding.BLOCK : PageEncoding.FRAME),
                new ReplicationConfig.Maintenance(
                        List.of(Duration.ofSeconds(2), Duration.ofSeconds(10)),
                        Duration.ofSeconds(random.nextInt(3) * 7L),
                        Duration.ofSeconds(random.nextInt(3) * 15L),
                        Duration.ofSeconds(random.nextInt(3) * 3L),
                        Duration.ofSeconds(5)));
        oracle = new RemoteOracle(remote, settings.maintenance(), tally);
    }

    /** The actions that a seed stands for. */
    static List<Action> plan(long seed) {
        Random random = new Random(~seed);
        int total = Arrays.stream(Kind.values()).mapToInt(kind -> kind.weight).sum();
        List<Action> actions = new ArrayList<>();
        int count = random.nextInt(8, 28);
        for (int i = 0; i < count; i++) {
            int at = random.nextInt(total);
            for (Kind kind : Kind.values()) {
                at -= kind.weight;
                if (at < 0) {
                    actions.add(new Action(kind, random.nextLong()));
                    break;
                }
            }
        }
        return actions;
    }

    /** Runs them. */
    void run(List<Action> actions) throws Exception {
        machine = newMachine(new Lineage());
        machine.open();
        machine.attach();
        for (Action action : actions) {
            act(action);
            check();
        }
        converge();
    }

    Tally tally() {
        return tally;
    }

    long filesChecked() {
        return oracle.filesChecked();
    }

    private Path newDirectory() {
        return root.resolve("s" + seed + "-" + ++directories);
    }

    private Machine newMachine(Lineage lineage) throws IOException {
        return machineIn(Files.createDirectories(newDirectory()), lineage);
    }

    private Machine machineIn(Path directory, Lineage lineage) {
        FaultyObjectStore line = new FaultyObjectStore(
                remote,
                time,
                seed + directories,
                oracle,
                (key, bytes) -> stored(directory, key, bytes, lineage),
                tally);
        return new Machine(directory, settings, time, line, lineage, seed + directories, tally);
    }

    private void stored(Path directory, String key, byte[] bytes, Lineage lineage) {
        try {
            for (Machine each : machines()) {
                if (each.directory.equals(directory) && each.process() != null) {
                    each.process().observe();
                }
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        oracle.stored(key, bytes, lineage);
    }

    private List<Machine> machines() {
        return rival == null ? List.of(machine) : List.of(machine, rival);
    }

    private void act(Action action) throws Exception {
        Random random = new Random(action.seed());
        Machine one = rival != null && random.nextBoolean() ? rival : machine;
        switch (action.kind()) {
            case COMMIT -> {
                for (int i = random.nextInt(1, 4); i > 0 && one.applicationMayWrite(); i--) {
                    one.commit(random);
                }
            }
            case OUTSIDE -> one.outside(random);
            case STEP -> one.process().run(random, random.nextInt(1, 12));
            case TIME -> {
                pass(random, random.nextLong(1, 12_000_000_000L));
            }
            case LINE -> {
                disturbed = true;
                boolean behind = random.nextInt(3) == 0;
                stale |= behind;
                one.line().faults(random.nextInt(3) * 0.2, behind);
            }
            case OUTAGE -> one.line().down(random.nextBoolean());
            case DISK -> {
                disturbed = true;
                diskFailed = true;
                one.disk().fail(random.nextInt(1, 6));
            }
            case INTERLEAVE -> {
                one.disk().interrupt(random.nextInt(8), () -> interleave(one, random));
                one.process().wake();
                one.process().run(random, 6);
                one.disk().interrupt(0, null);
            }
            case CLOCK -> {
                time.setWall(random.nextInt(-3_600_000, 3_600_000));
                tally.count(Event.CLOCK_SET);
            }
            case PHANTOM -> one.phantom();
            case KILL -> kill(random);
            case KILL_INSIDE -> killInside(random);
            case POWER_CUT -> powerCut(random);
            case RESTART -> restartProcess();
            case RESTORE -> restoreAny(random);
            case LOSE_MACHINE -> loseMachine();
            case RIVAL -> rival(random);
        }
    }

    private void interleave(Machine on, Random random) {
        try {
            on.outside(random);
            tally.count(Event.OUTSIDE_INSIDE_A_STEP);
            if (random.nextInt(8) > 0) {
                // What it wrote is in a later file of the same step, which may be one that is written under the write
                // lock.
                on.disk().interrupt(random.nextInt(5), () -> interleave(on, random));
            }
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    private void pass(Random random, long nanos) throws IOException {
        long until = time.nanoTime() + nanos;
        for (int i = 0; i < 60 && time.nanoTime() < until; i++) {
            long next = Long.MAX_VALUE;
            for (Machine each : machines()) {
                each.process().run(random, 20);
                next = Math.min(next, each.process().untilNextNanos());
            }
            time.advance(Math.max(1, Math.min(next, until - time.nanoTime())));
        }
    }

    private void kill(Random random) throws Exception {
        Path survivors = newDirectory();
        machine.process().observe();
        tally.count(Event.KILLED);
        comeBack(machine.copyAfterKill(survivors), false, machine.process().observedTxid());
    }

    /** In the middle of writing a file, at any step. */
    private void killInside(Random random) throws Exception {
        Machine.Survivors[] survivors = new Machine.Survivors[1];
        long[] newestTxid = new long[1];
        machine.disk().interrupt(random.nextInt(12), () -> {
            machine.process().observe();
            newestTxid[0] = machine.process().observedTxid();
            survivors[0] = machine.copyAfterKill(newDirectory());
            diskFailed = true;
            machine.line().kill();
            throw new IOException("killed");
        });
        if (machine.applicationMayWrite()) {
            machine.commit(random);
        }
        machine.process().wake();
        for (int i = 0; i < 12 && survivors[0] == null; i++) {
            machine.process().run(random, 1);
        }
        if (survivors[0] != null) {
            tally.count(Event.KILLED_INSIDE_A_STEP);
            comeBack(survivors[0], false, newestTxid[0]);
        } else {
            machine.disk().interrupt(0, null);
        }
    }

    private void powerCut(Random random) throws Exception {
        disturbed = true;
        Path survivors = newDirectory();
        machine.process().observe();
        machine.copyAfterPowerCut(survivors, random);
        tally.count(Event.POWER_CUT);
        comeBack(
                new Machine.Survivors(survivors, null, 0, 0),
                true,
                Math.min(oracle.newestTxid(), machine.lineage().newestTxid()));
    }

    /** The machine starts again with what is left. */
    private void comeBack(Machine.Survivors survivors, boolean mayLoseTail, long durableTxid) throws Exception {
        Lineage lineage = machine.lineage();
        machine.close();
        machine = machineIn(survivors.directory(), lineage);
        machine.open();
        if (survivors.files() == null) {
            machine.settle();
        } else {
            machine.inherit(survivors);
        }
        lineage.recovered(machine.image(), mayLoseTail, durableTxid, tally);
        machine.createTable();
        machine.attach();
    }

    /** The process ends and another begins, while others may keep the database open. */
    private void restartProcess() throws Exception {
        Lineage lineage = machine.lineage();
        machine.detach();
        machine.reattach();
        tally.count(Event.RESTARTED);
        assertThat(machine.lineage()).isSameAs(lineage);
    }

    private void restoreAny(Random random) throws Exception {
        List<Long> txids = new ArrayList<>(oracle.images().keySet());
        if (txids.isEmpty()) {
            return;
        }
        long txid = txids.get(random.nextInt(txids.size()));
        RestoreTarget target = random.nextBoolean() ? RestoreTarget.LATEST : new RestoreTarget.AtTxid(txid);
        if (random.nextInt(3) == 0) {
            restoreThroughFaults(target, random);
        } else {
            restoreAndCompare(target);
        }
    }

    /** Gives the state back or fails, leaving nothing under the database's name. */
    private void restoreThroughFaults(RestoreTarget target, Random random) throws Exception {
        FaultyObjectStore line =
                new FaultyObjectStore(remote, time, random.nextLong(), oracle, (key, bytes) -> {}, tally);
        line.faults(0.15, false);
        Path directory = Files.createDirectories(newDirectory());
        Path file = directory.resolve("restored.db");
        try {
            long txid = new Restorer(new LtxStore(line, KeyLayout.DIRECTORY), "simulated:")
                    .restore(file, options(target, ReplicationConfig.IntegrityCheck.NONE), progress -> {}, result -> {})
                    .orElseThrow()
                    .report()
                    .txid();
            assertThat(Images.difference(oracle.at(txid), Files.readAllBytes(file)))
                    .as("restored to TXID %d over a bad line", txid)
                    .isEqualTo("equal");
        } catch (IOException | ReplicationException failed) {
            tally.count(Event.RESTORE_FAILED_ON_THE_LINE);
            assertThat(file).as("left by a restore that failed: %s", failed).doesNotExist();
        } finally {
            deleteTree(directory);
        }
    }

    private static RestoreOptions options(RestoreTarget target, ReplicationConfig.IntegrityCheck check) {
        return new RestoreOptions(target, RestoreOptions.Format.LTX, false, check, 1);
    }

    private LtxStore replica() {
        return new LtxStore(remote, KeyLayout.DIRECTORY);
    }

    private void restoreAndCompare(RestoreTarget target) throws Exception {
        Path directory = Files.createDirectories(newDirectory());
        Path file = directory.resolve("restored.db");
        try {
            Optional<Restorer.Restored> restored = new Restorer(replica(), "simulated:")
                    .restore(
                            file, options(target, ReplicationConfig.IntegrityCheck.FULL), progress -> {}, result -> {});
            long txid = restored.orElseThrow().report().txid();
            assertThat(Images.difference(oracle.at(txid), Files.readAllBytes(file)))
                    .as("restored to TXID %d", txid)
                    .isEqualTo("equal");
            long wanted = target instanceof RestoreTarget.AtTxid at ? at.txid() : oracle.newestTxid();
            assertThat(txid).as("restored TXID").isEqualTo(wanted);
            tally.count(target instanceof RestoreTarget.AtTxid ? Event.RESTORED_TXID : Event.RESTORED_LATEST);
        } catch (ReplicationException.Config noPath) {
            // Retention let it go, or it lies before a chain that began anew.
            assertThat(target).isInstanceOf(RestoreTarget.AtTxid.class);
            assertThat(oracle.reachable())
                    .as("restorable TXIDs, although: %s", noPath)
                    .doesNotContain(((RestoreTarget.AtTxid) target).txid());
            tally.count(Event.RESTORE_REFUSED);
        } finally {
            deleteTree(directory);
        }
    }

    private static void deleteTree(Path directory) throws IOException {
        try (var tree = Files.walk(directory)) {
            for (Path path : tree.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    /** Everything on the machine is gone; a new one restores. */
    private void loseMachine() throws Exception {
        disturbed = true;
        if (oracle.newestTxid() == 0) {
            return;
        }
        tally.count(Event.MACHINE_LOST);
        machine.close();
        machine = restoredMachine();
    }

    private Machine restoredMachine() throws Exception {
        Path directory = Files.createDirectories(newDirectory());
        Path meta = Files.createDirectories(directory.resolve(Machine.META));
        Restorer.Restored restored = new Restorer(replica(), "simulated:")
                .restore(
                        directory.resolve(Machine.DATABASE),
                        RestoreOptions.DEFAULTS,
                        progress -> {},
                        result -> StateFile.write(
                                RestoreMarker.path(meta),
                                new RestoreMarker(
                                                result.report().txid(),
                                                result.newestTxid(),
                                                result.report().databaseBytes(),
                                                result.timestampMillis())
                                        .encode()))
                .orElseThrow();
        long txid = restored.report().txid();
        Machine fresh = machineIn(directory, Lineage.restored(txid, oracle.at(txid)));
        fresh.open();
        fresh.settle();
        assertThat(Images.difference(oracle.at(txid), fresh.image())).isEqualTo("equal");
        fresh.attach();
        return fresh;
    }

    /** A copy of the machine comes up, as when a volume is cloned; or the copy goes away, or takes the machine's place. */
    private void rival(Random random) throws Exception {
        disturbed = true;
        if (rival == null) {
            Path copy = newDirectory();
            machine.process().observe();
            machine.copyAfterKill(copy);
            Machine clone = machineIn(copy, new Lineage(machine.lineage()));
            clone.open();
            clone.settle();
            clone.lineage().recovered(clone.image(), false, clone.lineage().newestTxid(), tally);
            rivalled = true;
            tally.count(Event.RIVAL);
            rival = clone;
            rival.attach();
            return;
        }
        Machine going = random.nextBoolean() ? rival : machine;
        machine = going == rival ? machine : rival;
        rival = null;
        going.close();
    }

    private void check() throws Exception {
        for (Machine each : machines()) {
            each.process().observe();
            assertThat(each.process().state())
                    .as(() -> each.process().reason())
                    .isNotIn(ReplicationState.FAILED, ReplicationState.DETACHED);
            long captured = each.process().progress.captured();
            assertThat(captured == 0 || each.process().progress.uploaded() <= captured)
                    .as("uploaded %d, captured %d", each.process().progress.uploaded(), captured)
                    .isTrue();
            if (!disturbed) {
                assertThat(each.process().state()).isNotIn(ReplicationState.FENCED, ReplicationState.LOCAL_FULL);
            }
        }
        oracle.assertUnbroken();
        assertNoUnexpectedError();
        if (rival == null && machine.process().isFenced()) {
            // Somebody has to decide: the replica's state is what goes on.
            if (oracle.newestTxid() != 0) {
                machine.close();
                machine = restoredMachine();
            }
        }
    }

    private void assertNoUnexpectedError() {
        for (String error : ErrorLog.take()) {
            boolean expected = (error.contains("state=LOCAL_FULL ") && diskFailed)
                    || (error.contains("state=FENCED ") && rivalled)
                    || (error.contains("are gone, and replication did not delete them") && rivalled)
                    || (error.contains("a full image follows under the next TXID") && stale);
            assertThat(expected).as("expected the error: %s", error).isTrue();
            if (error.contains("state=LOCAL_FULL ")) {
                tally.count(Event.LOCAL_FULL);
            }
            if (error.contains("state=FENCED ")) {
                tally.count(Event.FENCED);
            }
        }
    }

    /** Once faults stop, everything that was committed is in the replica within bounded time, and a restore gives it back. */
    private void converge() throws Exception {
        Random random = new Random(seed);
        if (rival != null) {
            rival.close();
            rival = null;
        }
        machine.line().faults(0, false);
        machine.line().down(false);
        machine.disk().fail(0);
        machine.disk().interrupt(0, null);
        machine.calm();
        machine.process().wake();
        long until = time.nanoTime() + QUIET_NANOS;
        while (!isSettled() && time.nanoTime() < until) {
            pass(random, 10_000_000_000L);
            check();
            if (rivalled
                    && machine.process().isQuiet()
                    && oracle.newestTxid() > machine.process().progress.captured()) {
                // It has nothing to upload, so it cannot know yet that the other one went on.
                machine.commit(random);
            }
            machine.process().wake();
        }
        assertThat(isSettled())
                .as(() -> "everything is replicated some time after the faults ended; "
                        + machine.process().state() + ": " + machine.process().reason() + ", captured "
                        + machine.process().progress.captured() + ", uploaded "
                        + machine.process().progress.uploaded() + ", replica at " + oracle.newestTxid())
                .isTrue();
        restoreAndCompare(RestoreTarget.LATEST);
        assertIdle(random);
    }

    /** A rival may have uploaded the same content under a TXID that this machine is yet to give: its own TXID counts. */
    private boolean isSettled() throws SQLException {
        byte[] replicated = oracle.at(oracle.newestTxid());
        return machine.process().isQuiet()
                && machine.process().progress.captured() == oracle.newestTxid()
                && machine.process().state() == ReplicationState.STREAMING
                && replicated != null
                && Arrays.equals(replicated, machine.image());
    }

    private void assertIdle(Random random) throws Exception {
        long captured = machine.process().progress.captured();
        pass(random, Duration.ofMinutes(2).toNanos());
        assertThat(machine.process().progress.captured())
                .as("an idle database makes no files")
                .isEqualTo(captured);
    }

    @Override
    public void close() throws SQLException, IOException {
        for (Machine each : machines()) {
            if (each != null) {
                each.close();
            }
        }
    }
}
