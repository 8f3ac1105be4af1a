package io.github.litestreamjdbc.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.api.ReplicationEvent;
import io.github.litestreamjdbc.api.ValidationResult;
import io.github.litestreamjdbc.api.ValidationResult.Verdict;
import io.github.litestreamjdbc.spi.DirectoryStore;
import io.github.litestreamjdbc.spi.FetchedObject;
import io.github.litestreamjdbc.spi.FileModes;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.Precondition;
import io.github.litestreamjdbc.store.LtxFile;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ValidationTest {
    private static final ReplicationConfig.Maintenance NOTHING_MERGED_OR_DELETED = new ReplicationConfig.Maintenance(
            List.of(), Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ofHours(1));

    @TempDir
    private Path directory;

    private final List<ReplicationEvent.Kind> events = new ArrayList<>();

    private HistoryRig rig() throws Exception {
        return rig(NOTHING_MERGED_OR_DELETED);
    }

    private HistoryRig rig(ReplicationConfig.Maintenance maintenance) throws Exception {
        HistoryRig rig = new HistoryRig(directory, maintenance);
        for (int n = 0; n < 5; n++) {
            rig.run("INSERT INTO counter VALUES (" + n + ", 0, randomblob(20000))");
            rig.settle();
        }
        rig.progress.onEvent((kind, reason) -> events.add(kind));
        rig.validation.step(rig.time.nanoTime());
        return rig;
    }

    private static ValidationResult validate(HistoryRig rig) {
        ValidationResult before = rig.validation.last();
        rig.time.advance(Duration.ofHours(1));
        for (int step = 0; step < 20 && rig.validation.last() == before; step++) {
            rig.validation.step(rig.time.nanoTime());
            rig.settle();
        }
        assertThat(rig.validation.last()).as("a new result").isNotSameAs(before);
        assertThat(rig.spare).as("nothing is left").isEmptyDirectory();
        return rig.validation.last();
    }

    private static Path path(HistoryRig rig, LtxFile file) {
        return rig.file.resolveSibling("replica").resolve(rig.replica.key(file.level(), file.txids()));
    }

    private static void flip(Path file, long offset) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.seek(offset);
            int old = bytes.read();
            bytes.seek(offset);
            bytes.write(old ^ 1);
        }
    }

    @Test
    void replicaThatGivesBackTheDatabaseIsTheSame() throws Exception {
        try (HistoryRig rig = rig()) {
            ValidationResult result = validate(rig);
            assertThat(result.verdict()).as(result.reason()).isEqualTo(Verdict.SAME);
            assertThat(result.txid()).isEqualTo(rig.progress.captured());
            assertThat(result.at()).isEqualTo(rig.time.instant());
            assertThat(events).containsExactly(ReplicationEvent.Kind.VALIDATED);
        }
    }

    @Test
    void comesAtTheIntervalAndOnlyIfSomethingWasWritten() throws Exception {
        try (HistoryRig rig = rig()) {
            int requests = rig.counted.requests;
            rig.time.advance(Duration.ofMinutes(59));
            assertThat(rig.validation.step(rig.time.nanoTime()).delayNanos())
                    .isEqualTo(Duration.ofMinutes(1).toNanos());
            assertThat(rig.counted.requests).isEqualTo(requests);
            ValidationResult first = validate(rig);
            requests = rig.counted.requests;
            for (int hour = 0; hour < 3; hour++) {
                rig.time.advance(Duration.ofHours(1));
                rig.validation.step(rig.time.nanoTime());
                rig.settle();
            }
            assertThat(rig.counted.requests).as("requests while idle").isEqualTo(requests);
            assertThat(rig.validation.last()).isSameAs(first);
            rig.run("INSERT INTO counter VALUES (6, 0, NULL)");
            rig.settle();
            assertThat(validate(rig).txid()).isGreaterThan(first.txid());
            assertThat(events).as("told once").containsExactly(ReplicationEvent.Kind.VALIDATED);
        }
    }

    @Test
    void damagedFileOfTheReplicaIsFoundAndNamedAndToldOnce() throws Exception {
        try (HistoryRig rig = rig()) {
            LtxFile damaged = rig.replica.list(0).get(2);
            flip(path(rig, damaged), damaged.sizeBytes() / 2);
            ValidationResult result = validate(rig);
            assertThat(result.verdict()).as(result.reason()).isEqualTo(Verdict.DIFFERENT);
            assertThat(result.reason()).contains(damaged.txids().fileName());
            assertThat(validate(rig).verdict()).as("still").isEqualTo(Verdict.DIFFERENT);
            assertThat(events).containsExactly(ReplicationEvent.Kind.VALIDATION_FAILED);
            flip(path(rig, damaged), damaged.sizeBytes() / 2);
            assertThat(validate(rig).verdict()).as("repaired").isEqualTo(Verdict.SAME);
            assertThat(events)
                    .containsExactly(ReplicationEvent.Kind.VALIDATION_FAILED, ReplicationEvent.Kind.VALIDATED);
        }
    }

    @Test
    void comparisonThatComesToNothingDoesNotHideADifference() throws Exception {
        try (HistoryRig rig = rig()) {
            LtxFile damaged = rig.replica.list(0).get(2);
            flip(path(rig, damaged), damaged.sizeBytes() / 2);
            ValidationResult different = validate(rig);
            Files.delete(rig.spare);
            Files.createFile(rig.spare);
            assertThat(asked(rig).verdict()).isEqualTo(Verdict.NOT_COMPARED);
            assertThat(rig.validation.last()).isSameAs(different);
            Files.delete(rig.spare);
            assertThat(asked(rig).verdict()).isEqualTo(Verdict.DIFFERENT);
            assertThat(events).as("told once").containsExactly(ReplicationEvent.Kind.VALIDATION_FAILED);
        }
    }

    private static ValidationResult asked(HistoryRig rig) {
        CompletableFuture<ValidationResult> result = rig.validation.request();
        for (int step = 0; step < 20 && !result.isDone(); step++) {
            rig.validation.step(rig.time.nanoTime());
            rig.settle();
        }
        return result.getNow(null);
    }

    @Test
    void comparisonThatIsGivenUpForAnEndIsMadeAgainIfThatIsCalledOff() throws Exception {
        try (HistoryRig rig = rig()) {
            CompletableFuture<ValidationResult> result = rig.validation.request();
            rig.validation.step(rig.time.nanoTime());
            rig.settle();
            rig.validation.step(rig.time.nanoTime());
            assertThat(rig.progress.isHistoryNeeded()).as("one is under way").isTrue();
            rig.progress.settling(true);
            rig.validation.step(rig.time.nanoTime());
            assertThat(result).as("who waits goes on waiting").isNotDone();
            assertThat(rig.validation.last()).isNull();
            assertThat(rig.progress.isHistoryNeeded()).isFalse();
            assertThat(rig.spare).as("nothing is left").isEmptyDirectory();
            rig.progress.settling(false);
            for (int step = 0; step < 20 && !result.isDone(); step++) {
                rig.validation.step(rig.time.nanoTime());
                rig.settle();
            }
            assertThat(result.join().verdict()).isEqualTo(Verdict.SAME);
            assertThat(events).containsExactly(ReplicationEvent.Kind.VALIDATED);
        }
    }

    @Test
    void missingFileIsFoundBeItOneOrAll() throws Exception {
        try (HistoryRig rig = rig()) {
            // After the hourly look that would find it first; nothing is written, so there is no other.
            rig.time.advance(Duration.ofHours(1));
            rig.settle();
            List<LtxFile> all = rig.replica.list(0);
            Files.delete(path(rig, all.get(2)));
            ValidationResult result = validate(rig);
            assertThat(result.verdict()).as(result.reason()).isEqualTo(Verdict.DIFFERENT);
            rig.replica.delete(all);
            assertThat(validate(rig).verdict()).isEqualTo(Verdict.DIFFERENT);
        }
    }

    @Test
    void pageThatNoTransactionChangedIsFoundByItsNumber() throws Exception {
        try (HistoryRig rig = rig()) {
            rig.capture.checkpoint();
            rig.settle();
            long page = Files.size(rig.file) / 4096;
            flip(rig.file, page * 4096 - 1);
            ValidationResult result = validate(rig);
            assertThat(result.verdict()).as(result.reason()).isEqualTo(Verdict.DIFFERENT);
            assertThat(result.reason()).contains("page " + page);
        }
    }

    private static final ReplicationConfig.Maintenance MERGING = new ReplicationConfig.Maintenance(
            List.of(Duration.ofSeconds(5)),
            Duration.ZERO,
            Duration.ofHours(24),
            Duration.ofSeconds(30),
            Duration.ofHours(1));

    private static long merged(HistoryRig rig) throws IOException {
        return rig.replica.list(1).stream()
                .mapToLong(file -> file.txids().max())
                .max()
                .orElse(0);
    }

    @Test
    void retentionWaitsForAComparisonUnderWayHoweverSlow() throws Exception {
        try (HistoryRig rig = rig(MERGING)) {
            rig.time.advance(Duration.ofHours(1));
            rig.run("INSERT INTO counter VALUES (6, 0, NULL)");
            rig.settle();
            long txid = rig.progress.captured();
            rig.validation.step(rig.time.nanoTime());
            rig.settle();
            rig.validation.step(rig.time.nanoTime());
            for (int n = 0; n < 20; n++) {
                rig.time.advance(Duration.ofSeconds(20));
                rig.run("INSERT INTO counter VALUES (8, 0, NULL)");
                rig.settle();
            }
            assertThat(merged(rig)).isGreaterThan(txid);
            assertThat(rig.replica.list(0))
                    .extracting(file -> file.txids().max())
                    .contains(txid);
            rig.validation.step(rig.time.nanoTime());
            ValidationResult result = rig.validation.last();
            assertThat(result.verdict()).as(result.reason()).isEqualTo(Verdict.SAME);
            assertThat(result.txid()).isEqualTo(txid);
            rig.time.advance(Duration.ofSeconds(20));
            rig.settle();
            assertThat(rig.replica.list(0))
                    .as("then it goes on")
                    .extracting(file -> file.txids().max())
                    .doesNotContain(txid);
        }
    }

    @Test
    void stateThatWasMergedAwayMeanwhileIsNoDamage() throws Exception {
        try (HistoryRig rig = rig(MERGING)) {
            rig.time.advance(Duration.ofHours(1));
            rig.run("INSERT INTO counter VALUES (6, 0, NULL)");
            rig.settle();
            long txid = rig.progress.captured();
            rig.validation.step(rig.time.nanoTime());
            rig.settle();
            rig.validation.step(rig.time.nanoTime());
            rig.run("INSERT INTO counter VALUES (7, 0, NULL)");
            rig.settle();
            for (int n = 0; n < 5; n++) {
                rig.time.advance(Duration.ofSeconds(20));
                rig.run("INSERT INTO counter VALUES (8, 0, NULL)");
                rig.settle();
            }
            // Somebody else deletes in the replica.
            long merged = merged(rig);
            rig.replica.delete(rig.replica.list(0).stream()
                    .filter(file -> file.txids().max() <= merged)
                    .toList());
            assertThat(rig.replica.listAll()).noneMatch(file -> file.txids().max() == txid);
            rig.validation.step(rig.time.nanoTime());
            ValidationResult result = rig.validation.last();
            assertThat(result.verdict()).as(result.reason()).isEqualTo(Verdict.NOT_COMPARED);
            assertThat(result.txid()).isEqualTo(txid);
            assertThat(events).isEmpty();
            assertThat(validate(rig).verdict()).isEqualTo(Verdict.SAME);
        }
    }

    @Test
    void whatACrashLeftIsDeletedAtTheStart() throws Exception {
        UUID id = UUID.nameUUIDFromBytes(directory.resolve("meta").toString().getBytes(StandardCharsets.UTF_8));
        Path left = Files.createDirectories(directory.resolve("spare/litestream-validation-" + id));
        Files.writeString(left.resolve("restored.db"), "half");
        Path foreign = Files.writeString(directory.resolve("spare/mine.txt"), "mine");
        try (HistoryRig rig = rig()) {
            assertThat(rig.validation.last()).isNull();
            assertThat(left).doesNotExist();
            assertThat(foreign).exists();
        }
    }

    @Test
    void replicaIsReadNoFasterThanAllowedAndNotOnceReplicationEnds() throws Exception {
        AtomicLong nanos = new AtomicLong();
        AtomicBoolean ending = new AtomicBoolean();
        try (DirectoryStore store = new DirectoryStore(directory.resolve("store"), FileModes.PRIVATE, false)) {
            Path file = Files.write(directory.resolve("body"), new byte[300_000]);
            store.put("object", ObjectBody.of(file), Instant.EPOCH, Precondition.NONE);
            ReadLimit limit = new ReadLimit(store, 100_000, ending::get, nanos::get, nanos::addAndGet);
            try (FetchedObject object = limit.get("object", 0, Long.MAX_VALUE)) {
                assertThat(object.content().readAllBytes()).hasSize(300_000);
            }
            assertThat(Duration.ofNanos(nanos.get())).isEqualTo(Duration.ofSeconds(3));
            try (FetchedObject object = limit.get("object", 0, Long.MAX_VALUE)) {
                ending.set(true);
                assertThatThrownBy(() -> object.content().readAllBytes()).hasMessageContaining("replication has ended");
            }
        }
    }
}
