package io.github.litestreamjdbc.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.litestreamjdbc.agent.Agent;
import io.github.litestreamjdbc.api.History;
import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.api.ReplicationEvent;
import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.api.RestoreOptions;
import io.github.litestreamjdbc.api.RestoreTarget;
import io.github.litestreamjdbc.ltx.LtxHeader;
import io.github.litestreamjdbc.ltx.LtxReader;
import io.github.litestreamjdbc.ltx.TxidRange;
import io.github.litestreamjdbc.restore.RestorePoints;
import io.github.litestreamjdbc.restore.Restorer;
import io.github.litestreamjdbc.spi.DirectoryStore;
import io.github.litestreamjdbc.spi.FetchedObject;
import io.github.litestreamjdbc.spi.FileModes;
import io.github.litestreamjdbc.spi.KeyLayout;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.ObjectNotFoundException;
import io.github.litestreamjdbc.spi.ObjectStore;
import io.github.litestreamjdbc.spi.Precondition;
import io.github.litestreamjdbc.spi.StoredObject;
import io.github.litestreamjdbc.store.LtxFile;
import io.github.litestreamjdbc.store.LtxStore;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HistoryTest {
    private static final Duration SLOT = Duration.ofSeconds(5);
    private static final Duration L0_RETENTION = Duration.ofSeconds(30);
    private static final Duration RETENTION = Duration.ofMinutes(5);
    private static final ReplicationConfig.Maintenance SETTINGS = new ReplicationConfig.Maintenance(
            List.of(SLOT, Duration.ofSeconds(20), Duration.ofSeconds(80)),
            Duration.ofMinutes(2),
            RETENTION,
            L0_RETENTION,
            Duration.ofSeconds(30));

    @TempDir
    private Path directory;

    private record State(Instant created, String hash) {}

    @Test
    void restoresAtRandomTimesAndTxidsAreWhatTheApplicationHadThen() throws Exception {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        Map<Long, State> states = new TreeMap<>();
        try (HistoryRig rig = new HistoryRig(directory, SETTINGS)) {
            for (int n = 1; n <= 500; n++) {
                rig.time.advance(Duration.ofMillis(100 + random.nextInt(2500)));
                String change = random.nextInt(10) == 0
                        ? "DELETE FROM counter WHERE n % 3 = 0"
                        : "INSERT INTO counter VALUES (" + n + ", " + rig.time.millis() + ", randomblob("
                                + random.nextInt(8000) + "))";
                rig.run(change);
                rig.settle();
                // What changed nothing has no TXID of its own.
                states.putIfAbsent(rig.progress.captured(), new State(rig.time.instant(), rig.hash()));
            }
            // Everything young is merged and its level-0 files gone, but for what the end of the window still holds.
            Instant now = rig.time.instant();
            List<LtxFile> listing = rig.replica.listAll();
            assertThat(listing).as("no name or time was guessed").containsExactlyInAnyOrderElementsOf(rig.files.all());
            assertThat(listing).extracting(LtxFile::level).contains(0, 1, 2, 3, 9);
            assertThat(listing.size()).as("files; seed %s", seed).isLessThan(250);
            List<Long> points = RestorePoints.of(listing).points().stream()
                    .map(History.Point::txid)
                    .toList();
            Restorer restorer = new Restorer(rig.replica, "file:replica");
            for (int i = 0; i < 100; i++) {
                long txid = points.get(random.nextInt(points.size()));
                Path target = directory.resolve("txid.db");
                restore(restorer, target, new RestoreTarget.AtTxid(txid));
                assertThat(HistoryRig.hash(Files.readAllBytes(target)))
                        .as("TXID %s, seed %s", txid, seed)
                        .isEqualTo(states.get(txid).hash());
                Files.delete(target);
            }
            for (int i = 0; i < 100; i++) {
                Instant time = now.minusMillis(random.nextInt((int) RETENTION.toMillis()));
                Path target = directory.resolve("time.db");
                long txid = restore(restorer, target, new RestoreTarget.AtTime(time));
                State state = states.get(txid);
                assertThat(HistoryRig.hash(Files.readAllBytes(target)))
                        .as("%s, seed %s", time, seed)
                        .isEqualTo(state.hash());
                assertThat(state.created()).as("seed %s", seed).isBefore(time);
                assertThat(txid).as("%s, seed %s", time, seed).isGreaterThanOrEqualTo(promised(states, now, time));
                Files.delete(target);
            }
        }
    }

    /** The newest TXID before an instant; where level 0 has gone, the newest before the slot that the instant is in. */
    private static long promised(Map<Long, State> states, Instant now, Instant time) {
        Instant exactFrom = now.minus(L0_RETENTION);
        Instant limit = time.isAfter(exactFrom) ? time : CompactionPlan.slotEnd(time.minus(SLOT), SLOT);
        return states.entrySet().stream()
                .filter(state -> state.getValue().created().isBefore(limit))
                .mapToLong(Map.Entry::getKey)
                .max()
                .orElseThrow();
    }

    private static long restore(Restorer restorer, Path target, RestoreTarget point) throws Exception {
        RestoreOptions options =
                new RestoreOptions(point, RestoreOptions.Format.AUTO, false, ReplicationConfig.IntegrityCheck.NONE, 4);
        return restorer.restore(target, options, progress -> {}, restored -> {})
                .orElseThrow()
                .report()
                .txid();
    }

    /** Retention comes between the listing and the reads. */
    private static final class LateReader extends HistoryRig.CountingStore {
        private final Runnable meanwhile;
        private boolean late;
        private int missing;

        LateReader(ObjectStore store, Runnable meanwhile) {
            super(store);
            this.meanwhile = meanwhile;
        }

        @Override
        public synchronized FetchedObject get(String key, long offset, long lengthBytes) throws IOException {
            if (!late) {
                late = true;
                meanwhile.run();
            }
            try {
                return super.get(key, offset, lengthBytes);
            } catch (ObjectNotFoundException gone) {
                missing++;
                throw gone;
            }
        }
    }

    @Test
    void restoreIsPlannedAgainWhereRetentionDeletesItsFilesMeanwhile() throws Exception {
        try (HistoryRig rig = new HistoryRig(directory, SETTINGS)) {
            for (int i = 0; i < 4; i++) {
                rig.time.advance(Duration.ofSeconds(1));
                rig.run("INSERT INTO counter VALUES (" + i + ", 1, randomblob(20000))");
                rig.settle();
            }
            String hash = rig.hash();
            List<LtxFile> before = rig.replica.list(0);
            LateReader reader =
                    new LateReader(new DirectoryStore(directory.resolve("replica"), FileModes.PRIVATE, true), () -> {
                        for (int i = 0; i < 12; i++) {
                            rig.time.advance(SLOT);
                            rig.settle();
                        }
                    });
            Restorer restorer = new Restorer(new LtxStore(reader, KeyLayout.DIRECTORY), "file:replica");
            Path target = directory.resolve("restored.db");
            restore(restorer, target, RestoreTarget.LATEST);
            assertThat(rig.replica.list(0)).as("merged and deleted meanwhile").hasSizeLessThan(before.size());
            assertThat(reader.missing).as("files that were gone").isPositive();
            assertThat(reader.lists).as("listed again").isGreaterThan(LtxStore.SNAPSHOT_LEVEL + 2);
            assertThat(HistoryRig.hash(Files.readAllBytes(target))).isEqualTo(hash);
        }
    }

    @Test
    void idleDatabaseAsksNothingOfTheReplica() throws Exception {
        try (HistoryRig rig = new HistoryRig(directory, SETTINGS)) {
            rig.run("INSERT INTO counter VALUES (1, 1, NULL)");
            rig.settle();
            for (int i = 0; i < 400; i++) {
                rig.time.advance(Duration.ofSeconds(10));
                rig.settle();
            }
            int requests = rig.counted.requests;
            assertThat(rig.settle().delayNanos()).as("not even a timer").isEqualTo(Long.MAX_VALUE);
            rig.time.advance(Duration.ofDays(30));
            rig.settle();
            assertThat(rig.counted.requests).isEqualTo(requests);
        }
    }

    @Test
    void mergesTakeTheLocalFilesAndThenLetThemGo() throws Exception {
        try (HistoryRig rig = new HistoryRig(directory, SETTINGS)) {
            for (int i = 0; i < 3; i++) {
                rig.run("INSERT INTO counter VALUES (" + i + ", 1, randomblob(10000))");
                rig.settle();
            }
            long newest = rig.progress.captured();
            assertThat(rig.local.list()).hasSize((int) newest);
            for (LtxFile file : rig.replica.list(0)) {
                if (file.txids().max() != newest) {
                    // A download would find this.
                    Files.write(
                            directory.resolve("replica/ltx/0/" + file.txids().fileName()), new byte[100]);
                }
            }
            rig.time.advance(SLOT);
            rig.settle();
            assertThat(rig.replica.list(1)).extracting(LtxFile::txids).containsExactly(new TxidRange(1, newest));
            assertThat(rig.local.list()).extracting(file -> file.txids().max()).containsExactly(newest);
        }
    }

    @Test
    void mergedFileHasTheTimestampOfItsLastInputAndNothingAboutAWal() throws Exception {
        try (HistoryRig rig = new HistoryRig(directory, SETTINGS)) {
            rig.time.advance(Duration.ofSeconds(1));
            rig.run("INSERT INTO counter VALUES (1, 1, NULL)");
            rig.settle();
            Instant last = rig.time.instant();
            rig.time.advance(SLOT);
            rig.settle();
            LtxFile merged = rig.replica.list(1).get(0);
            assertThat(merged.created()).isEqualTo(last);
            try (InputStream in = rig.replica.open(merged);
                    LtxReader reader = new LtxReader("merged", in)) {
                LtxHeader header = reader.header();
                assertThat(header.timestampMillis()).isEqualTo(last.toEpochMilli());
                assertThat(header.flags()).isEqualTo(LtxHeader.NO_CHECKSUM);
                assertThat(List.of(header.walOffset(), header.walSizeBytes())).containsOnly(0L);
                assertThat(header.walSalt1() | header.walSalt2()).isZero();
            }
        }
    }

    @Test
    void snapshotOnDemandHoldsEverythingCommittedBefore() throws Exception {
        try (HistoryRig rig = new HistoryRig(directory, SETTINGS)) {
            rig.settle();
            CompletableFuture<Long> first = rig.maintenance.snapshot();
            rig.settle();
            assertThat(first).as("the full image is one already").isCompletedWithValue(1L);
            assertThat(rig.replica.list(LtxStore.SNAPSHOT_LEVEL)).isEmpty();

            rig.run("INSERT INTO counter VALUES (1, 1, randomblob(100000))");
            CompletableFuture<Long> second = rig.maintenance.snapshot();
            rig.settle();
            long txid = rig.progress.captured();
            assertThat(second).isCompletedWithValue(txid);
            assertThat(rig.replica.list(LtxStore.SNAPSHOT_LEVEL))
                    .extracting(LtxFile::txids)
                    .containsExactly(new TxidRange(1, txid));
            for (LtxFile file : rig.replica.list(0)) {
                rig.replica.delete(List.of(file));
            }
            Path target = directory.resolve("restored.db");
            restore(new Restorer(rig.replica, "file:replica"), target, RestoreTarget.LATEST);
            assertThat(HistoryRig.hash(Files.readAllBytes(target))).isEqualTo(rig.hash());
        }
    }

    @Test
    void snapshotThatIsGivenUpForAnEndIsTakenIfThatIsCalledOff() throws Exception {
        try (HistoryRig rig = new HistoryRig(directory, SETTINGS)) {
            rig.run("INSERT INTO counter VALUES (1, 1, randomblob(2000000))");
            CompletableFuture<Long> snapshot = rig.maintenance.snapshot();
            rig.progress.settling(true);
            for (int step = 0; step < 20; step++) {
                rig.capture.step(rig.time.nanoTime());
                rig.upload();
                rig.maintenance.step(rig.time.nanoTime());
            }
            assertThat(snapshot).as("who waits goes on waiting").isNotDone();
            assertThat(rig.meta).as("nothing is left").isDirectoryNotContaining("glob:**.tmp");
            rig.progress.settling(false);
            rig.settle();
            assertThat(snapshot).isCompletedWithValue(rig.progress.captured());
        }
    }

    @Test
    void snapshotIsTheStateAtItsTxidThoughFramesWereNotCopiedBackAndCommitsCome() throws Exception {
        try (HistoryRig rig = new HistoryRig(directory, SETTINGS)) {
            rig.run("INSERT INTO counter VALUES (1, 1, randomblob(300000))");
            rig.settle();
            try (var reader = java.sql.DriverManager.getConnection("jdbc:sqlite:" + rig.file);
                    var statement = reader.createStatement()) {
                // Keeps what is committed from here on in the WAL.
                statement.execute("BEGIN");
                statement.executeQuery("SELECT count(*) FROM counter").close();
                rig.run("UPDATE counter SET filler = randomblob(300000)", "INSERT INTO counter VALUES (2, 2, 'x')");
                String hash = rig.hash();
                CompletableFuture<Long> snapshot = rig.maintenance.snapshot();
                // Asked for, opened; not read yet.
                rig.maintenance.step(rig.time.nanoTime());
                rig.capture.step(rig.time.nanoTime());
                rig.run("UPDATE counter SET filler = randomblob(200000)", "DELETE FROM counter WHERE n = 2");
                rig.capture.step(rig.time.nanoTime());
                rig.settle();
                assertThat(rig.progress.captured()).isGreaterThan(snapshot.join());
                Path target = directory.resolve("restored.db");
                restore(new Restorer(rig.replica, "file:replica"), target, new RestoreTarget.AtTxid(snapshot.join()));
                assertThat(HistoryRig.hash(Files.readAllBytes(target))).isEqualTo(hash);
            }
        }
    }

    @Test
    void fileThatIsThereAlreadyWithTheSamePagesIsSuccess() throws Exception {
        try (HistoryRig rig = new HistoryRig(directory, SETTINGS)) {
            byte[] image = Files.readAllBytes(
                    directory.resolve("replica/ltx/0/" + TxidRange.of(1).fileName()));
            rig.replica.put(1, TxidRange.of(1), ObjectBody.of(image), rig.time.instant(), Precondition.IF_ABSENT);
            rig.time.advance(SLOT);
            rig.settle();
            assertThat(rig.progress.merged()).isEqualTo(1);
            assertThat(Files.readAllBytes(
                            directory.resolve("replica/ltx/1/" + TxidRange.of(1).fileName())))
                    .as("not overwritten")
                    .isEqualTo(image);
        }
    }

    @Test
    void damagedFileIsLeftOutAndASnapshotLeadsPastIt() throws Exception {
        try (HistoryRig rig = new HistoryRig(directory, SETTINGS)) {
            for (int i = 0; i < 3; i++) {
                rig.time.advance(SLOT);
                rig.run("INSERT INTO counter VALUES (" + i + ", 1, randomblob(1000))");
                rig.settle();
            }
            LtxFile damaged = rig.replica.list(1).get(1);
            Path path = directory.resolve("replica/ltx/1/" + damaged.txids().fileName());
            byte[] bytes = Files.readAllBytes(path);
            bytes[bytes.length / 2] ^= 1;
            Files.write(path, bytes);
            IntStream.range(0, 30).forEach(i -> {
                rig.time.advance(SLOT);
                rig.settle();
            });
            Path target = directory.resolve("restored.db");
            restore(new Restorer(rig.replica, "file:replica"), target, RestoreTarget.LATEST);
            assertThat(HistoryRig.hash(Files.readAllBytes(target))).isEqualTo(rig.hash());
            assertThat(rig.replica.list(LtxStore.SNAPSHOT_LEVEL)).isNotEmpty();
        }
    }

    @Test
    void retentionOffDeletesNothing() throws Exception {
        ReplicationConfig.Maintenance keep = new ReplicationConfig.Maintenance(
                SETTINGS.levels(), SETTINGS.snapshotInterval(), Duration.ZERO, L0_RETENTION, Duration.ofSeconds(30));
        try (HistoryRig rig = new HistoryRig(directory, keep)) {
            for (int i = 0; i < 60; i++) {
                rig.time.advance(Duration.ofSeconds(20));
                rig.run("INSERT INTO counter VALUES (" + i + ", 1, NULL)");
                rig.settle();
            }
            assertThat(rig.replica.list(0)).hasSize((int) rig.progress.captured());
            assertThat(rig.replica.list(LtxStore.SNAPSHOT_LEVEL)).hasSizeGreaterThan(5);
        }
    }

    @Test
    void nothingIsDeletedWhoseSuccessorHasVanished() throws Exception {
        try (HistoryRig rig = new HistoryRig(directory, SETTINGS)) {
            rig.run("INSERT INTO counter VALUES (1, 1, NULL)");
            rig.settle();
            rig.time.advance(SLOT);
            rig.settle();
            rig.replica.delete(rig.replica.list(1));
            for (int i = 0; i < 3; i++) {
                rig.time.advance(L0_RETENTION);
                rig.settle();
            }
            assertThat(RestorePoints.of(rig.replica.listAll()).points())
                    .extracting(History.Point::txid)
                    .contains(rig.progress.captured());
        }
    }

    @Test
    void nothingIsDeletedBeforeAListingHasShownWhatTakesItsPlace() throws Exception {
        Set<String> hidden = new HashSet<>();
        try (HistoryRig rig =
                new HistoryRig(directory, SETTINGS, store -> hiding(hidden, store), new HistoryRig.Time())) {
            rig.run("INSERT INTO counter VALUES (1, 1, NULL)");
            rig.settle();
            List<LtxFile> levelZero = rig.replica.list(0);
            rig.time.advance(SLOT);
            rig.settle();
            // Put and acknowledged, and not in the listings yet.
            hidden.add("/1/");
            for (int i = 0; i < 3; i++) {
                rig.time.advance(L0_RETENTION);
                rig.settle();
            }
            assertThat(rig.replica.list(0)).containsExactlyElementsOf(levelZero);
            hidden.clear();
            rig.time.advance(L0_RETENTION);
            rig.settle();
            assertThat(rig.replica.list(0)).hasSize(1);
            assertThat(rig.replica.list(1)).hasSize(1);
        }
    }

    /** A store whose listings do not show keys that contain one of these parts. */
    private static ObjectStore hiding(Set<String> parts, ObjectStore store) {
        return through(store, (method, arguments) -> {
            if (method.getName().equals("list")) {
                @SuppressWarnings("unchecked")
                Consumer<StoredObject> visitor = (Consumer<StoredObject>) arguments[2];
                arguments[2] = (Consumer<StoredObject>) object -> {
                    if (parts.stream().noneMatch(object.key()::contains)) {
                        visitor.accept(object);
                    }
                };
            }
        });
    }

    /** Looks at a call, changes it, or makes it fail. */
    private interface Before {
        void call(Method method, Object[] arguments) throws IOException;
    }

    private static ObjectStore through(ObjectStore store, Before before) {
        return (ObjectStore) Proxy.newProxyInstance(
                HistoryTest.class.getClassLoader(), new Class<?>[] {ObjectStore.class}, (proxy, method, arguments) -> {
                    before.call(method, arguments);
                    try {
                        return method.invoke(store, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @Test
    void filesThatSomebodyDeletesAreMissedWithinAnHourOfWritingAndASnapshotLeadsOn() throws Exception {
        List<String> gaps = new ArrayList<>();
        try (HistoryRig rig = new HistoryRig(directory, SETTINGS)) {
            rig.progress.onEvent((kind, reason) -> {
                if (kind == ReplicationEvent.Kind.GAP_FOUND) {
                    gaps.add(reason);
                }
            });
            for (int i = 0; i < 10; i++) {
                rig.time.advance(SLOT);
                rig.run("INSERT INTO counter VALUES (" + i + ", 1, randomblob(1000))");
                rig.settle();
            }
            List<LtxFile> wholes = rig.replica.listAll().stream()
                    .filter(file -> file.txids().isSnapshot())
                    .toList();
            rig.replica.delete(wholes);
            Agent.Next next = rig.settle();
            assertThat(gaps).isEmpty();
            assertThat(Duration.ofNanos(next.delayNanos())).isLessThan(Duration.ofHours(1));
            rig.time.advance(Duration.ofHours(1));
            rig.settle();
            assertThat(gaps).hasSize(1);
            assertThat(gaps.get(0)).contains(wholes.size() + " files");
            Path target = directory.resolve("restored.db");
            restore(new Restorer(rig.replica, "file:replica"), target, RestoreTarget.LATEST);
            assertThat(HistoryRig.hash(Files.readAllBytes(target))).isEqualTo(rig.hash());
        }
    }

    @Test
    void listingThatIsBehindMakesNothingSeemDeleted() throws Exception {
        Set<String> hidden = new HashSet<>();
        try (HistoryRig rig =
                new HistoryRig(directory, SETTINGS, store -> hiding(hidden, store), new HistoryRig.Time())) {
            rig.progress.onEvent((kind, reason) -> assertThat(kind).isNotEqualTo(ReplicationEvent.Kind.GAP_FOUND));
            rig.run("INSERT INTO counter VALUES (1, 1, NULL)");
            rig.settle();
            rig.time.advance(Duration.ofHours(1));
            hidden.add(".ltx");
            rig.run("INSERT INTO counter VALUES (2, 1, NULL)");
            rig.maintenance.step(rig.time.nanoTime());
            rig.take();
            rig.upload();
            rig.maintenance.step(rig.time.nanoTime());
            hidden.clear();
            List<LtxFile> known = rig.files.all();
            assertThat(known).containsExactlyInAnyOrderElementsOf(rig.replica.listAll());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"deleted", "truncated", "changed", "all deleted"})
    void localFilesThatTheReplicaLacksAndThatAreLostAreMadeUpForByAFullImage(String how) throws Exception {
        AtomicBoolean down = new AtomicBoolean();
        UnaryOperator<ObjectStore> line = store -> through(store, (method, arguments) -> {
            if (down.get() && !method.getName().equals("close")) {
                throw new IOException("down");
            }
        });
        try (HistoryRig rig = new HistoryRig(directory, SETTINGS, line, new HistoryRig.Time())) {
            down.set(true);
            for (int i = 0; i < 5; i++) {
                rig.run("INSERT INTO counter VALUES (" + i + ", 1, randomblob(5000))");
                rig.progress.requestSync();
                rig.take();
            }
            assertThat(rig.progress.captured()).isEqualTo(6);
            assertThat(rig.progress.uploaded()).isEqualTo(1);
        }
        Path inTheMiddle = directory.resolve("meta/ltx/0/0000000000000004-0000000000000004.ltx");
        byte[] bytes = Files.readAllBytes(inTheMiddle);
        switch (how) {
            case "deleted" -> Files.delete(inTheMiddle);
            case "truncated" -> Files.write(inTheMiddle, Arrays.copyOf(bytes, bytes.length / 2));
            case "changed" -> {
                bytes[bytes.length / 2] ^= 1;
                Files.write(inTheMiddle, bytes);
            }
            default -> {
                for (int txid = 2; txid <= 6; txid++) {
                    Files.delete(
                            directory.resolve("meta/ltx/0/" + TxidRange.of(txid).fileName()));
                }
            }
        }
        down.set(false);
        try (HistoryRig rig = new HistoryRig(directory, SETTINGS)) {
            assertThat(rig.capture.reading().state()).isEqualTo(ReplicationState.STREAMING);
            rig.run("INSERT INTO counter VALUES (100, 1, NULL)");
            rig.settle();
            assertThat(rig.progress.uploaded()).isEqualTo(rig.progress.captured());
            Path target = directory.resolve("restored.db");
            restore(new Restorer(rig.replica, "file:replica"), target, RestoreTarget.LATEST);
            assertThat(HistoryRig.hash(Files.readAllBytes(target))).isEqualTo(rig.hash());
        }
    }

    @Test
    void restartsOfADatabaseThatNobodyWritesToUploadNothing() throws Exception {
        new HistoryRig(directory, SETTINGS).close();
        for (int start = 0; start < 3; start++) {
            // Its close copies the WAL back and takes it away.
            try (Connection stranger = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("app.db"));
                    Statement statement = stranger.createStatement()) {
                statement.executeQuery("SELECT count(*) FROM counter").close();
            }
            assertThat(directory.resolve("app.db-wal")).doesNotExist();
            try (HistoryRig rig = new HistoryRig(directory, SETTINGS)) {
                assertThat(rig.capture.reading().state()).isEqualTo(ReplicationState.STREAMING);
                assertThat(rig.progress.captured()).isEqualTo(1);
                assertThat(rig.progress.uploaded()).isEqualTo(1);
                assertThat(rig.replica.list(0)).hasSize(1);
            }
        }
        try (HistoryRig rig = new HistoryRig(directory, SETTINGS)) {
            rig.run("INSERT INTO counter VALUES (1, 1, NULL)");
            rig.settle();
            assertThat(rig.progress.uploaded()).isEqualTo(2);
            Path target = directory.resolve("restored.db");
            restore(new Restorer(rig.replica, "file:replica"), target, RestoreTarget.LATEST);
            assertThat(HistoryRig.hash(Files.readAllBytes(target))).isEqualTo(rig.hash());
        }
    }

    @Test
    void anotherWriterWhoseKeysWereEmptiedIsNoticed() throws Exception {
        try (HistoryRig rig = new HistoryRig(directory, SETTINGS)) {
            rig.run("INSERT INTO counter VALUES (1, 1, NULL)");
            rig.settle();
            long newest = rig.progress.captured();
            // It wrote the next TXIDs, merged them, and deleted all but its newest.
            byte[] image = Files.readAllBytes(
                    directory.resolve("replica/ltx/0/" + TxidRange.of(1).fileName()));
            rig.replica.put(
                    0, TxidRange.of(newest + 9), ObjectBody.of(image), rig.time.instant(), Precondition.IF_ABSENT);
            rig.time.advance(L0_RETENTION);
            rig.run("INSERT INTO counter VALUES (2, 1, NULL)");
            rig.settle();
            assertThat(rig.capture.reading().state()).isEqualTo(ReplicationState.FENCED);
            assertThat(Files.exists(directory.resolve(
                            "replica/ltx/0/" + TxidRange.of(newest + 1).fileName())))
                    .isFalse();
        }
    }

    @Test
    void fencedWriterChangesNothingInTheReplica() throws Exception {
        try (HistoryRig rig = new HistoryRig(directory, SETTINGS)) {
            rig.run("INSERT INTO counter VALUES (1, 1, NULL)");
            rig.settle();
            rig.progress.stop("fenced by the test");
            List<LtxFile> before = rig.replica.listAll();
            int requests = rig.counted.requests;
            CompletableFuture<Long> snapshot = rig.maintenance.snapshot();
            for (int i = 0; i < 10; i++) {
                rig.time.advance(Duration.ofMinutes(1));
                rig.maintenance.step(rig.time.nanoTime());
            }
            assertThat(rig.counted.requests).isEqualTo(requests);
            assertThat(rig.replica.listAll()).isEqualTo(before);
            assertThatThrownBy(snapshot::join).hasMessageContaining("has ended");
        }
    }
}
